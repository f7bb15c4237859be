//! Which calls are under way and which were made.

use std::future::Future;
use std::sync::Mutex;

use rolecall_facts::Origin;
use tokio::sync::Semaphore;

/// How many calls may be under way at once. AWS throttles an account's readers well above that, and
/// IAM answers hardly faster to more.
const AT_ONCE: usize = 16;

/// Lets calls through, so many at once, and remembers them.
#[derive(Debug)]
pub(crate) struct Ledger {
    permits: Semaphore,
    made: Mutex<Vec<Origin>>,
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            permits: Semaphore::new(AT_ONCE),
            made: Mutex::default(),
        }
    }
}

impl Ledger {
    /// Makes a call when there is room for it.
    pub(crate) async fn call<T>(&self, origin: &Origin, call: impl Future<Output = T>) -> T {
        // The semaphore is never closed; without a permit the call would still be right to make.
        let _permit = self.permits.acquire().await;
        if let Ok(mut made) = self.made.lock() {
            made.push(origin.clone());
        }
        call.await
    }

    /// The calls that were made, in the order they were begun.
    pub(crate) fn made(&self) -> Vec<Origin> {
        self.made
            .lock()
            .map(|made| made.clone())
            .unwrap_or_default()
    }
}
