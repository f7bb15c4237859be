//! Which calls are under way and which were made.

use std::error::Error;
use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use aws_sdk_eks::error::{ProvideErrorMetadata, SdkError};
use rolecall_facts::Origin;
use tokio::sync::Semaphore;

use crate::Connection;
use crate::limits::Limits;
use crate::missing::Missing;

/// How many calls may be under way at once: more would only wait in line at AWS.
const AT_ONCE: usize = 32;

/// A call that is put aside. A call of the SDK is a future of many kilobytes, and a type of a hundred
/// levels; a reading holds a dozen of them, one inside another.
type Aside<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

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

    /// Makes a call of the SDK when there is room for it. `call` is service and operation, `of` what
    /// it is asked for.
    pub(crate) fn ask<'a, T: 'a, E, R>(
        &'a self,
        call: &'a str,
        of: &'a str,
        sent: impl Future<Output = Result<T, SdkError<E, R>>> + Send + 'a,
    ) -> Aside<'a, Result<T, Missing>>
    where
        E: ProvideErrorMetadata + Error + 'static,
        R: Debug + 'static,
    {
        Box::pin(async move {
            let origin = Origin::api(call, of);
            let answer = self.let_through(&self.region, &origin, sent).await;
            answer.map_err(|error| Missing::of(&error, call, of))
        })
    }

    /// Makes a call when there is room for it.
    pub(crate) fn call<'a, T: 'a>(
        &'a self,
        origin: &'a Origin,
        call: impl Future<Output = T> + Send + 'a,
    ) -> Aside<'a, T> {
        self.call_in(&self.region, origin, call)
    }

    /// Makes a call to another region when there is room for it.
    pub(crate) fn call_in<'a, T: 'a>(
        &'a self,
        region: &'a str,
        origin: &'a Origin,
        call: impl Future<Output = T> + Send + 'a,
    ) -> Aside<'a, T> {
        Box::pin(self.let_through(region, origin, call))
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
