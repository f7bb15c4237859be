//! Who is connected, since when idle, and how they are told to go.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use parking_lot::Mutex;
use tokio::sync::{Notify, watch};

/// All open connections.
#[derive(Debug)]
pub(super) struct Connections {
    open: Mutex<HashMap<u64, Arc<State>>>,
    next: AtomicU64,
    /// Counts what happens, so that idle connections have an order.
    tick: Arc<AtomicU64>,
    finish: watch::Sender<bool>,
    empty: Notify,
}

impl Default for Connections {
    fn default() -> Self {
        Self {
            open: Mutex::default(),
            next: AtomicU64::new(0),
            tick: Arc::default(),
            finish: watch::Sender::new(false),
            empty: Notify::new(),
        }
    }
}

#[derive(Debug, Default)]
struct State {
    requests: AtomicUsize,
    idle_since: AtomicU64,
    close: Notify,
}

/// One open connection; dropping it takes it off the list.
#[derive(Debug)]
pub(super) struct Slot {
    id: u64,
    state: Arc<State>,
    all: Arc<Connections>,
    finish: watch::Receiver<bool>,
}

/// A request under way.
#[derive(Debug)]
pub(super) struct Busy {
    state: Arc<State>,
    tick: Arc<AtomicU64>,
}

impl Connections {
    pub(super) fn len(&self) -> usize {
        self.open.lock().len()
    }

    pub(super) fn open(self: &Arc<Self>) -> Slot {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let state = Arc::new(State::default());
        let now = self.tick.fetch_add(1, Ordering::Relaxed);
        state.idle_since.store(now, Ordering::Relaxed);
        self.open.lock().insert(id, state.clone());
        Slot {
            id,
            state,
            all: self.clone(),
            finish: self.finish.subscribe(),
        }
    }

    /// Closes the connection that has been idle longest; false if all are at work.
    pub(super) fn make_room(&self) -> bool {
        let mut open = self.open.lock();
        let idle = open
            .iter()
            .filter(|(_, s)| s.requests.load(Ordering::Relaxed) == 0);
        let longest = idle.min_by_key(|(_, s)| s.idle_since.load(Ordering::Relaxed));
        let Some(id) = longest.map(|(id, _)| *id) else {
            return false;
        };
        if let Some(state) = open.remove(&id) {
            state.close.notify_one();
        }
        true
    }

    /// Asks all to end with what they are doing.
    pub(super) fn finish(&self) {
        self.finish.send_replace(true);
    }

    /// Becomes true when all are asked to end.
    pub(super) fn finish_signal(&self) -> watch::Receiver<bool> {
        self.finish.subscribe()
    }

    pub(super) fn close_all(&self) {
        self.finish();
        for state in self.open.lock().values() {
            state.close.notify_one();
        }
    }

    pub(super) async fn none_left(&self) {
        loop {
            let emptied = self.empty.notified();
            if self.open.lock().is_empty() {
                return;
            }
            emptied.await;
        }
    }
}

impl Slot {
    /// A request begins; it lasts until the answer's last byte.
    pub(super) fn busy(&self) -> Busy {
        self.state.requests.fetch_add(1, Ordering::Relaxed);
        Busy {
            state: self.state.clone(),
            tick: self.all.tick.clone(),
        }
    }

    /// Waits until this connection is to be closed.
    pub(super) async fn closed(&self) {
        self.state.close.notified().await;
    }

    /// Waits until all connections are to end.
    pub(super) async fn finishing(&self) {
        let mut finish = self.finish.clone();
        if finish.wait_for(|finish| *finish).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut open = self.all.open.lock();
        open.remove(&self.id);
        if open.is_empty() {
            self.all.empty.notify_waiters();
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let now = self.tick.fetch_add(1, Ordering::Relaxed);
        self.state.idle_since.store(now, Ordering::Relaxed);
        self.state.requests.fetch_sub(1, Ordering::Relaxed);
    }
}
