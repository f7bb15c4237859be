//! What the control plane remembers between passes. It can be forgotten: all of it is found again.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::Timestamp;

use crate::built_in::BuiltIn;
use crate::client::eks::Cluster;
use crate::machine::Machine;

/// What kind of object a reconciler looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    Class,
    Pool,
    Claim,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Class => "NodeClass",
            Self::Pool => "NodePool",
            Self::Claim => "NodeClaim",
        }
    }
}

/// An object's kind and name.
pub(super) type Key = (Kind, String);

#[derive(Default)]
pub(super) struct Memory {
    /// What each object and what it goes by looked like when it was last dealt with.
    seen: HashMap<Key, String>,
    due: BTreeMap<Key, Timestamp>,
    /// The cluster as EKS last described it.
    pub(super) cluster: Option<Cluster>,
    pub(super) built_in: BuiltIn,
    /// Until when pools make no claims, as there was no capacity for the last one.
    pub(super) waiting: BTreeMap<String, Timestamp>,
    /// Instances by id.
    pub(super) machines: BTreeMap<String, Machine>,
}

impl Memory {
    /// Whether an object must be looked at.
    pub(super) fn is_due(&self, key: &Key, looks: &str, now: Timestamp) -> bool {
        self.seen.get(key).is_none_or(|seen| seen != looks)
            || self.due.get(key).is_some_and(|due| *due <= now)
    }

    /// An object was dealt with.
    pub(super) fn done(
        &mut self,
        key: Key,
        looks: String,
        again: Option<Duration>,
        now: Timestamp,
    ) {
        match again.and_then(|wait| now.checked_add(wait).ok()) {
            Some(due) => self.due.insert(key.clone(), due),
            None => self.due.remove(&key),
        };
        self.seen.insert(key, looks);
    }

    /// An object is to be looked at in the next pass.
    pub(super) fn forget(&mut self, key: &Key) {
        self.seen.remove(key);
        self.due.remove(key);
    }

    /// How long a pool still makes no claims.
    pub(super) fn pool_waits(&mut self, pool: &str, now: Timestamp) -> Option<Duration> {
        let until = *self.waiting.get(pool)?;
        let wait = Duration::try_from(until - now).unwrap_or_default();
        if wait.is_zero() {
            self.waiting.remove(pool);
            return None;
        }
        Some(wait)
    }

    /// Forgets what is gone.
    pub(super) fn keep(&mut self, is_there: impl Fn(&Key) -> bool) {
        self.seen.retain(|key, _| is_there(key));
        self.due.retain(|key, _| is_there(key));
    }

    /// The next time something is due.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        let machines = self.machines.values().filter_map(|machine| machine.due);
        self.due.values().copied().chain(machines).min()
    }
}
