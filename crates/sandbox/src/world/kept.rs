//! What is kept across restarts: the rows of the state file, and what it says of the sandbox itself.

use std::collections::BTreeMap;

use rolecall_sandbox_aws::eks::ClusterKey;
use rolecall_sandbox_kube::serve::{Identity, IdentityError};

use super::World;
use super::clusters::{RunningCluster, cluster_id};
use crate::state::{Row, SavedRow, StateError};

pub(super) const AWS: &str = "aws";
pub(super) const OBJECTS: &str = "objects";
/// What the state file holds about the sandbox itself.
pub(super) const NOW: &str = "now";
pub(super) const STARTS: &str = "starts";
pub(super) const ACCOUNT: &str = "account";
pub(super) const REGION: &str = "region";
pub(super) const CA: &str = "ca";
pub(super) const CERTIFICATE: &str = "certificate";
pub(super) const KEY: &str = "key";

/// Whether a row is something somebody made, and no mere trace of a call.
pub(super) fn was_made(row: &SavedRow) -> bool {
    row.part != AWS || !(row.table.starts_with("sts.") || row.table == "cloudtrail.events")
}

pub(super) fn part_of(key: &ClusterKey) -> String {
    format!("cluster {}", cluster_id(key))
}

pub(super) fn identity_of(about: &BTreeMap<String, String>) -> Option<Identity> {
    Some(Identity {
        ca: about.get(CA)?.clone(),
        certificate: about.get(CERTIFICATE)?.clone(),
        key: about.get(KEY)?.clone(),
    })
}

impl World {
    /// Waits until everything acknowledged so far is on disk; at once without a state file.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn keep(&self) -> Result<(), StateError> {
        let Some(writer) = &self.0.writer else {
            return Ok(());
        };
        if writer.has_written(writer.latest()) {
            return Ok(());
        }
        writer.about(NOW, &self.0.aws.clock().now().to_string());
        writer.wait(writer.latest())
    }

    /// Whether the state file held a world when this one began. Who called and what was recorded of it
    /// make none.
    #[must_use]
    pub fn is_restored(&self) -> bool {
        self.0.restored
    }

    /// Whether there is a state file.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.0.writer.is_some()
    }

    /// The identity the API servers show: the one of the state file, or a new one.
    ///
    /// # Errors
    /// When none can be made.
    pub fn identity(&self) -> Result<Identity, IdentityError> {
        let mut identity = self.0.identity.lock();
        if let Some(identity) = &*identity {
            return Ok(identity.clone());
        }
        let made = Identity::generate(&[])?;
        if let Some(writer) = &self.0.writer {
            writer.about(CA, &made.ca);
            writer.about(CERTIFICATE, &made.certificate);
            writer.about(KEY, &made.key);
        }
        *identity = Some(made.clone());
        Ok(made)
    }

    pub(super) fn restore(&self, rows: &[SavedRow]) -> Result<(), StateError> {
        let restored = self.0.aws.write(|state| {
            rows.iter()
                .try_for_each(|row| state.restore(&row.table, &row.key, &row.value))
        });
        restored.map_err(|error| self.broken(&error))
    }

    /// Takes a cluster's objects out of the state file, so that a later cluster of its name does not
    /// begin with them.
    pub(super) fn forget(&self, cluster: &RunningCluster) {
        let Some(writer) = &self.0.writer else { return };
        for change in cluster.server.dump() {
            writer.push(Row {
                part: part_of(&cluster.key),
                table: OBJECTS.to_owned(),
                key: change.key,
                value: None,
            });
        }
    }

    pub(super) fn broken(&self, problem: &dyn std::fmt::Display) -> StateError {
        StateError::Broken {
            path: self.0.settings.state.clone().unwrap_or_default(),
            problem: problem.to_string(),
        }
    }
}
