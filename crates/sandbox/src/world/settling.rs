//! What goes on without being asked for: control planes, what follows a change, CloudTrail's files.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::World;

impl World {
    /// Follows a change of the AWS side: clusters that came or went, and lines EKS puts into `aws-auth`
    /// by itself.
    pub fn changed(&self) {
        // Only rows of a state file can fail to be read, and those were read at the start.
        let _ = self.sync();
        self.write_aws_auth();
    }

    pub(super) fn write_aws_auth(&self) {
        let lines = self.0.aws.write(|state| state.eks.take_aws_auth_lines());
        for line in lines {
            if let Some(running) = self.0.clusters.read().get(&line.cluster) {
                crate::gate::add_line(&running.server, &line);
            }
        }
    }

    /// Runs every control plane until none has anything to do; what is due by the sandbox's clock is
    /// done, timers are not waited for. What the control planes could not do is returned, as the logs
    /// nobody sees in AWS.
    pub fn settle(&self) -> Vec<String> {
        self.changed();
        let mut troubles = Vec::new();
        for cluster in self.clusters() {
            let plane = cluster
                .plane
                .lock()
                .as_ref()
                .map(|plane| Arc::clone(&plane.plane));
            let Some(plane) = plane else { continue };
            match plane.settle() {
                Ok(settled) => troubles.extend(
                    settled
                        .troubles
                        .iter()
                        .map(|(object, trouble)| format!("{object}: {trouble}")),
                ),
                Err(error) => troubles.push(error.to_string()),
            }
        }
        troubles
    }

    /// Lets the control planes run in threads of their own from now on.
    pub fn run_by_itself(&self) {
        self.0.runs_by_itself.store(true, Ordering::SeqCst);
        self.changed();
    }

    /// Stops what runs by itself.
    pub fn stop(&self) {
        self.0.runs_by_itself.store(false, Ordering::SeqCst);
        for cluster in self.clusters() {
            if let Some(plane) = &mut *cluster.plane.lock() {
                plane.running = None;
            }
        }
    }

    /// Writes CloudTrail's files into this folder, too.
    pub fn deliver_to(&self, folder: PathBuf) {
        self.0.delivery.to(folder);
    }

    /// Delivers CloudTrail's files if it is time, and again.
    pub fn tick(&self) {
        self.0.delivery.tick(&self.0.aws);
    }

    /// Delivers CloudTrail's files now; how many were written.
    pub fn deliver(&self) -> usize {
        self.0.delivery.now(&self.0.aws)
    }
}
