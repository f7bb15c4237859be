//! A control plane that keeps going.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::ControlPlane;
use crate::client::{NODE_CLAIMS, NODE_CLASSES, NODE_POOLS, NODES, Signals};

/// How long a watcher waits before it looks whether it is to stop.
const PATIENCE: Duration = Duration::from_millis(100);

/// How long changes are gathered before they are gone through: a manifest of hundreds of objects comes
/// one by one.
const GATHER: Duration = Duration::from_millis(5);

/// How often EKS is asked about the cluster, by the wall clock: whether Auto Mode is on, and its
/// built-in pools, no watch tells. Each time leaves an event in CloudTrail.
const DESCRIBE: Duration = Duration::from_secs(30);

/// How long nothing is tried after nothing could be done at all.
const PAUSE: Duration = Duration::from_secs(5);

/// A control plane in threads of its own. Dropping it stops it.
pub struct Running {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Running {
    pub(super) fn start(plane: Arc<ControlPlane>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (sender, receiver) = channel();
        let mut threads = Vec::new();
        for path in [NODE_CLASSES, NODE_POOLS, NODE_CLAIMS, NODES] {
            let (plane, stop, sender) = (Arc::clone(&plane), Arc::clone(&stop), sender.clone());
            threads.push(std::thread::spawn(move || {
                watch(&plane, path, &stop, &sender)
            }));
        }
        let until = Arc::clone(&stop);
        threads.push(std::thread::spawn(move || drive(&plane, &until, &receiver)));
        Self { stop, threads }
    }

    /// Stops, and waits until all is still.
    pub fn stop(mut self) {
        self.halt();
    }

    fn halt(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        for thread in self.threads.drain(..) {
            // A thread that panicked has nothing left to stop.
            let _ = thread.join();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.halt();
    }
}

/// Tells of changes under a path.
fn watch(plane: &ControlPlane, path: &str, stop: &AtomicBool, changed: &Sender<()>) {
    let mut open: Option<Box<dyn Signals>> = None;
    while !stop.load(Ordering::SeqCst) {
        let signals = match &mut open {
            Some(signals) => signals,
            None => match plane.reach.kube.watch(path) {
                Ok(signals) => {
                    // What changed while nobody watched.
                    let _ = changed.send(());
                    open.insert(signals)
                }
                Err(_) => {
                    std::thread::sleep(PATIENCE);
                    continue;
                }
            },
        };
        match signals.wait(PATIENCE) {
            Some(true) => {
                let _ = changed.send(());
            }
            Some(false) => {}
            None => open = None,
        }
    }
}

/// Settles whenever something changed or is due.
fn drive(plane: &ControlPlane, stop: &AtomicBool, changes: &Receiver<()>) {
    let mut fresh = true;
    let mut described: Option<Instant> = None;
    let mut failed: Option<Instant> = None;
    while !stop.load(Ordering::SeqCst) {
        let is_due = plane.next_due().is_some_and(|due| due <= plane.reach.now());
        let is_known = described.is_some_and(|at| at.elapsed() < DESCRIBE);
        let pauses = failed.is_some_and(|at| at.elapsed() < PAUSE);
        if (fresh || is_due || !is_known) && !pauses {
            // What could not be done is tried again; there is nobody to tell.
            match plane.settle_as_known(is_known) {
                Ok(_) => failed = None,
                Err(_) => failed = Some(Instant::now()),
            }
            if !is_known {
                described = Some(Instant::now());
            }
            fresh = false;
        }
        match changes.recv_timeout(GATHER * 4) {
            Ok(()) => {
                std::thread::sleep(GATHER);
                while changes.try_recv().is_ok() {}
                fresh = true;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}
