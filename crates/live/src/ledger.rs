//! Which calls are under way and which were made.

use std::future::Future;
use std::sync::{Arc, Mutex};

use rolecall_facts::Origin;
use tokio::sync::Semaphore;

use crate::Connection;
use crate::limits::Limits;

/// How many calls may be under way at once: more would only wait in line at AWS.
const AT_ONCE: usize = 32;

/// Lets calls through, so many at once and a second, and remembers them.
#[derive(Debug)]
pub(crate) struct Ledger {
    permits: Semaphore,
    limits: Arc<Limits>,
    region: String,
    made: Mutex<Vec<Origin>>,
}

impl Ledger {
    pub(crate) fn new(connection: &Connection) -> Self {
        Self {
            permits: Semaphore::new(AT_ONCE),
            limits: Arc::clone(&connection.limits),
            region: connection.region().to_owned(),
            made: Mutex::default(),
        }
    }

    /// Makes a call when there is room for it.
    pub(crate) fn call<T>(
        &self,
        origin: &Origin,
        call: impl Future<Output = T> + Send,
    ) -> impl Future<Output = T> + Send {
        self.call_in(&self.region, origin, call)
    }

    /// Makes a call to another region when there is room for it.
    pub(crate) fn call_in<T>(
        &self,
        region: &str,
        origin: &Origin,
        call: impl Future<Output = T> + Send,
    ) -> impl Future<Output = T> + Send {
        // A call of the SDK is a future of many kilobytes; a reading holds a dozen of them, one inside
        // another, so each is put aside.
        let call = Box::pin(call);
        self.let_through(region, origin, call)
    }

    async fn let_through<T>(
        &self,
        region: &str,
        origin: &Origin,
        call: impl Future<Output = T> + Send,
    ) -> T {
        if let Origin::Api(api) = origin
            && let Some((service, _)) = api.call.split_once(':')
        {
            self.limits.pass(service, region).await;
        }
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
