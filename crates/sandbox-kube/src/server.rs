//! [`ApiServer`]: the state of one cluster, and the one function that answers requests.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::{Mutex, RwLock, RwLockReadGuard};

use crate::answer::Answer;
use crate::crd::Bundle;
use crate::rbac::Rules;
use crate::resource::Registry;
use crate::store::Store;
use crate::user::Gate;
use crate::{rest, seed};

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
    /// Which custom resource definitions a new cluster has: Auto Mode's, Karpenter's, both or none.
    pub definitions: Bundle,
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
            definitions: Bundle::default(),
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

/// What of a journal could not be taken in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the stored object `{key}` cannot be read")]
pub struct RestoreError {
    /// The key of the change.
    pub key: String,
}

/// The API server of one cluster. Cheap to clone; clones are the same cluster.
#[derive(Clone)]
pub struct ApiServer {
    shared: Arc<Shared>,
}

impl fmt::Debug for ApiServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiServer")
            .field("settings", &self.shared.settings)
            .finish_non_exhaustive()
    }
}

impl ApiServer {
    /// A new cluster with what every cluster has from the start.
    pub fn new(settings: Settings) -> Self {
        let mut state = State::new(&settings, Registry::of_bundle(settings.definitions));
        seed::plant(
            &mut state,
            settings.definitions,
            &timestamp((settings.clock)()),
        );
        Self::with(state, settings)
    }

    /// The cluster that a journal tells of: the changes it was given, or what is left of them (the last
    /// one of each key). The journal of `settings` is not told of what it already knows.
    ///
    /// # Errors
    /// A change that this version does not understand.
    pub fn restore(
        settings: Settings,
        changes: impl IntoIterator<Item = Change>,
    ) -> Result<Self, RestoreError> {
        let mut state = State::new(&settings, Registry::builtin());
        for change in changes {
            if state.store.restore(&change).is_none() {
                return Err(RestoreError { key: change.key });
            }
        }
        state.store.close_history();
        // Uids must differ from those given out before.
        state.random =
            fastrand::Rng::with_seed(settings.seed ^ state.store.revision().rotate_left(32));
        seed::reconnect(&mut state);
        Ok(Self::with(state, settings))
    }

    fn with(state: State, settings: Settings) -> Self {
        let shared = Shared {
            state: RwLock::new(state),
            settings,
            rules: Mutex::new(None),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// The kinds that are served now.
    pub fn registry(&self) -> Arc<Registry> {
        self.shared.read().registry.clone()
    }

    /// The revision of the last change.
    pub fn revision(&self) -> u64 {
        self.shared.read().store.revision()
    }

    /// Everything that is stored, as the journal would tell it: for [`restore`](Self::restore).
    pub fn dump(&self) -> Vec<Change> {
        self.shared.read().store.dump()
    }

    /// Answers one request. A [`crate::User`] in the request's extensions is believed; only callers in
    /// this process can put one there.
    pub fn handle(&self, request: http::Request<Bytes>) -> Answer {
        rest::handle(&self.shared, request)
    }
}

/// What the lock protects.
pub(crate) struct State {
    pub(crate) store: Store,
    pub(crate) registry: Arc<Registry>,
    pub(crate) random: fastrand::Rng,
}

impl State {
    fn new(settings: &Settings, registry: Arc<Registry>) -> Self {
        Self {
            store: Store::new(settings.history, settings.journal.clone()),
            registry,
            random: fastrand::Rng::with_seed(settings.seed),
        }
    }

    /// A new uid, in the form of a random UUID.
    pub(crate) fn uid(&mut self) -> String {
        uuid(&mut self.random)
    }

    /// The five characters that Kubernetes puts behind `generateName`.
    pub(crate) fn suffix(&mut self) -> String {
        const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
        (0..5)
            .filter_map(|_| ALPHABET.get(self.random.usize(..ALPHABET.len())))
            .map(|&byte| char::from(byte))
            .collect()
    }
}

/// What clones of a server and its watches share.
pub(crate) struct Shared {
    state: RwLock<State>,
    pub(crate) settings: Settings,
    /// RBAC as compiled at a revision.
    rules: Mutex<Option<(u64, Arc<Rules>)>>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl Shared {
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read()
    }

    /// Changes the state, and wakes watchers once that is done.
    pub(crate) fn write<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.write();
        let result = change(&mut state);
        let touched = state.store.take_touched();
        drop(state);
        for signal in touched {
            signal.wake();
        }
        result
    }

    /// Now, as metadata writes it.
    pub(crate) fn now(&self) -> String {
        timestamp((self.settings.clock)())
    }

    /// The RBAC rules in force.
    pub(crate) fn rules(&self) -> Arc<Rules> {
        let state = self.read();
        let revision = Rules::revision(&state.store);
        let mut cached = self.rules.lock();
        if let Some((at, rules)) = &*cached
            && *at == revision
        {
            return rules.clone();
        }
        let rules = Arc::new(Rules::compile(&state.store));
        *cached = Some((revision, rules.clone()));
        rules
    }
}

/// A moment in whole seconds, as in `2025-01-31T12:00:00Z`.
pub(crate) fn timestamp(at: jiff::Timestamp) -> String {
    let seconds = jiff::Timestamp::from_second(at.as_second()).unwrap_or(at);
    seconds.to_string()
}

/// A random UUID (version 4).
pub(crate) fn uuid(random: &mut fastrand::Rng) -> String {
    let bits = random.u128(..);
    let bits = (bits & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    let part = |from, to| hex.get(from..to).unwrap_or_default();
    [
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32),
    ]
    .join("-")
}
