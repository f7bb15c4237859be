//! What wakes the watchers of one resource.

use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Waker;
use std::time::Instant;

use parking_lot::{Condvar, Mutex};

/// Holds the revision of the last change of a resource, and who waits for the next.
#[derive(Debug)]
pub(crate) struct Signal {
    revision: AtomicU64,
    wakers: Mutex<Vec<Waker>>,
    changed: Condvar,
}

impl Signal {
    pub(super) fn new(revision: u64) -> Self {
        Self {
            revision: AtomicU64::new(revision),
            wakers: Mutex::new(Vec::new()),
            changed: Condvar::new(),
        }
    }

    /// Writes down a change; nobody is woken yet, as the store is still locked.
    pub(super) fn note(&self, revision: u64) {
        self.revision.store(revision, Ordering::Release);
    }

    /// The revision of the last change.
    pub(crate) fn revision(&self) -> u64 {
        self.revision.load(Ordering::Acquire)
    }

    /// Wakes everybody.
    pub(crate) fn wake(&self) {
        let wakers = std::mem::take(&mut *self.wakers.lock());
        self.changed.notify_all();
        for waker in wakers {
            waker.wake();
        }
    }

    /// Has this task woken by the next change after `seen`; false if there was one already.
    pub(crate) fn register(&self, seen: u64, waker: &Waker) -> bool {
        let mut wakers = self.wakers.lock();
        if self.revision() > seen {
            return false;
        }
        if !wakers.iter().any(|one| one.will_wake(waker)) {
            wakers.push(waker.clone());
        }
        true
    }

    /// Blocks until a change after `seen`, or until the time is up.
    pub(crate) fn wait(&self, seen: u64, until: Instant) {
        let mut wakers = self.wakers.lock();
        while self.revision() <= seen {
            if self.changed.wait_until(&mut wakers, until).timed_out() {
                return;
            }
        }
    }
}
