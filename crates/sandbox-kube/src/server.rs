//! [`ApiServer`]: the state of one cluster, and the one function that answers requests.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::RwLock;

use crate::answer::Answer;
use crate::resource::Registry;
use crate::status::Status;
use crate::user::Gate;

/// What a server is made with.
#[derive(Clone)]
pub struct Settings {
    /// Who may come in.
    pub gate: Arc<dyn Gate>,
    /// The time; all timestamps come from here.
    pub clock: Arc<dyn Fn() -> jiff::Timestamp + Send + Sync>,
    /// What uids and generated names are made from.
    pub seed: u64,
    /// Told of every change, in order, while the store is locked; for persistence.
    pub journal: Option<Arc<dyn Fn(Change) + Send + Sync>>,
    /// How many changes of each resource are kept for watches and for continued lists.
    pub history: usize,
}

impl Settings {
    /// Settings with this gate, the system's clock, seed 0 and no journal.
    pub fn new(gate: Arc<dyn Gate>) -> Self {
        Self {
            gate,
            clock: Arc::new(jiff::Timestamp::now),
            seed: 0,
            journal: None,
            history: 4096,
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

/// One change of what is stored: a key and its new value, or nothing where it was removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// An opaque key, unique to the object.
    pub key: String,
    /// The new bytes.
    pub value: Option<Vec<u8>>,
}

/// The API server of one cluster.
pub struct ApiServer {
    registry: RwLock<Arc<Registry>>,
    settings: Settings,
}

impl fmt::Debug for ApiServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiServer")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl ApiServer {
    /// A new cluster with what every cluster has from the start.
    pub fn new(settings: Settings) -> Self {
        Self {
            registry: RwLock::new(Registry::builtin()),
            settings,
        }
    }

    /// The kinds that are served now.
    pub fn registry(&self) -> Arc<Registry> {
        self.registry.read().clone()
    }

    /// Answers one request. A [`crate::User`] in the request's extensions is believed; only callers in
    /// this process can put one there.
    pub fn handle(&self, request: http::Request<Bytes>) -> Answer {
        let registry = self.registry();
        let (parts, _body) = request.into_parts();
        let found = crate::discovery::respond(&registry, &parts)
            .or_else(|| crate::openapi::respond(&registry, &parts));
        Answer::Whole(found.unwrap_or_else(|| (&Status::no_such_path()).into()))
    }
}
