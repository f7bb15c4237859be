use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::Notify;

/// What a connection is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// End after the request under way.
    Finish,
    /// End now.
    Close,
}

/// The open connections.
#[derive(Debug)]
pub(super) struct Connections {
    began: Instant,
    open: Mutex<Open>,
    emptied: Notify,
}

#[derive(Debug, Default)]
struct Open {
    next: u64,
    slots: HashMap<u64, Arc<Slot>>,
}

/// One open connection.
#[derive(Debug)]
pub(super) struct Slot {
    number: u64,
    began: Instant,
    /// Requests under way.
    at_work: AtomicU32,
    /// Milliseconds after `began` since which nothing is under way.
    idle_since: AtomicU64,
    wish: AtomicU8,
    told: Notify,
}

/// A request under way; dropping it ends it.
pub(super) struct Busy<'a>(&'a Slot);

impl Default for Connections {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            open: Mutex::default(),
            emptied: Notify::new(),
        }
    }
}

impl Connections {
    pub(super) fn len(&self) -> usize {
        self.open.lock().slots.len()
    }

    pub(super) fn open(&self) -> Arc<Slot> {
        let mut open = self.open.lock();
        open.next += 1;
        let slot = Arc::new(Slot {
            number: open.next,
            began: self.began,
            at_work: AtomicU32::new(0),
            idle_since: AtomicU64::new(millis(self.began)),
            wish: AtomicU8::new(0),
            told: Notify::new(),
        });
        open.slots.insert(slot.number, Arc::clone(&slot));
        slot
    }

    pub(super) fn closed(&self, slot: &Slot) {
        let mut open = self.open.lock();
        open.slots.remove(&slot.number);
        if open.slots.is_empty() {
            self.emptied.notify_waiters();
        }
    }

    /// Closes the connection that has been idle longest; false when all are at work.
    pub(super) fn make_room(&self) -> bool {
        let mut open = self.open.lock();
        let idle = open
            .slots
            .values()
            .filter(|slot| slot.is_idle())
            .min_by_key(|slot| slot.idle_since.load(Ordering::Relaxed))
            .cloned();
        let Some(slot) = idle else { return false };
        open.slots.remove(&slot.number);
        slot.tell(Wish::Close);
        true
    }

    /// Closes what has been idle for longer than `longest`.
    pub(super) fn close_idle(&self, longest: Duration) {
        let longest = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX);
        let now = millis(self.began);
        for slot in self.open.lock().slots.values() {
            let waited = now.saturating_sub(slot.idle_since.load(Ordering::Relaxed));
            if slot.is_idle() && waited > longest {
                slot.tell(Wish::Close);
            }
        }
    }

    pub(super) fn tell_all(&self, wish: Wish) {
        for slot in self.open.lock().slots.values() {
            slot.tell(wish);
        }
    }

    /// Returns when the last connection is closed.
    pub(super) async fn none_left(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.len() == 0 {
                return;
            }
            emptied.await;
        }
    }
}

impl Slot {
    /// Says that a request is under way until the result is dropped.
    pub(super) fn busy(&self) -> Busy<'_> {
        self.at_work.fetch_add(1, Ordering::Relaxed);
        Busy(self)
    }

    /// What the connection is asked to do, once it is asked.
    pub(super) async fn told(&self) -> Wish {
        self.told.notified().await;
        if self.wish.load(Ordering::Acquire) == 1 {
            Wish::Finish
        } else {
            Wish::Close
        }
    }

    fn tell(&self, wish: Wish) {
        let wish = match wish {
            Wish::Finish => 1,
            Wish::Close => 2,
        };
        self.wish.fetch_max(wish, Ordering::AcqRel);
        self.told.notify_one();
    }

    fn is_idle(&self) -> bool {
        self.at_work.load(Ordering::Relaxed) == 0
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        let slot = self.0;
        slot.idle_since.store(millis(slot.began), Ordering::Relaxed);
        slot.at_work.fetch_sub(1, Ordering::Relaxed);
    }
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
