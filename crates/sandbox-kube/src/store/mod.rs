//! What the cluster remembers: objects by resource and key, one counter of revisions, and for each
//! resource the last changes, from which watches and continued lists are served.

mod collection;
mod owners;
mod signal;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

pub(crate) use collection::{Collection, Event, EventKind};
pub(crate) use signal::Signal;

use crate::object;
use crate::server::Change;
use owners::Dependents;

/// The key under which the journal keeps the revision counter.
const REVISION_KEY: &str = "revision";

/// What is told of changes.
pub(crate) type Journal = Arc<dyn Fn(Change) + Send + Sync>;

/// Which object: its resource's storage name and its key (`NAMESPACE/NAME`, or `NAME`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Address {
    pub(crate) storage: Arc<str>,
    pub(crate) key: String,
}

/// The key of an object inside its collection.
pub(crate) fn key(namespace: &str, name: &str) -> String {
    if namespace.is_empty() {
        return name.to_owned();
    }
    let mut key = String::with_capacity(namespace.len() + name.len() + 1);
    key.push_str(namespace);
    key.push('/');
    key.push_str(name);
    key
}

/// A history that does not reach back far enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Compacted {
    /// The oldest revision that can still be shown.
    pub(crate) oldest: u64,
}

/// All objects of one cluster.
#[derive(Default)]
pub(crate) struct Store {
    revision: u64,
    collections: BTreeMap<Arc<str>, Collection>,
    dependents: Dependents,
    history: usize,
    journal: Option<Journal>,
    /// Whose watchers are to be woken once the lock is free.
    touched: Vec<Arc<Signal>>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("revision", &self.revision)
            .finish_non_exhaustive()
    }
}

impl Store {
    pub(crate) fn new(history: usize, journal: Option<Journal>) -> Self {
        Self {
            history: history.max(1),
            journal,
            ..Self::default()
        }
    }

    /// The revision of the last change.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    pub(crate) fn collection(&self, storage: &str) -> Option<&Collection> {
        self.collections.get(storage)
    }

    pub(crate) fn get(&self, storage: &str, key: &str) -> Option<&Arc<Value>> {
        self.collections.get(storage)?.get(key)
    }

    pub(crate) fn at(&self, address: &Address) -> Option<&Arc<Value>> {
        self.get(&address.storage, &address.key)
    }

    /// The objects of a resource, in a namespace or (empty) in all, in order of their keys.
    pub(crate) fn list<'a>(
        &'a self,
        storage: &str,
        namespace: &str,
    ) -> impl Iterator<Item = (&'a str, &'a Arc<Value>)> + use<'a> {
        self.collections.get(storage).into_iter().flat_map({
            let namespace = namespace.to_owned();
            move |collection| collection.range(&namespace, "")
        })
    }

    /// What wakes the watchers of a resource.
    pub(crate) fn signal(&mut self, storage: &Arc<str>) -> Arc<Signal> {
        self.collection_mut(storage).signal()
    }

    fn collection_mut(&mut self, storage: &Arc<str>) -> &mut Collection {
        self.collections.entry(storage.clone()).or_default()
    }

    /// Writes an object under the next revision, which is put into its metadata.
    pub(crate) fn put(&mut self, address: &Address, mut value: Value) -> Arc<Value> {
        self.revision += 1;
        object::set_meta(&mut value, "resourceVersion", self.revision.to_string());
        let value = Arc::new(value);
        self.journal_value(address, Some(&value));
        self.commit(address, Some(value.clone()), None);
        value
    }

    /// Writes an object that is shared with other stores and keeps the revision it has (`1`).
    pub(crate) fn share(&mut self, address: &Address, value: &Arc<Value>) {
        self.revision += 1;
        self.journal_value(address, Some(value));
        self.commit(address, Some(value.clone()), None);
    }

    /// Removes an object; its last state gets the revision of its removal, as watchers see it. That
    /// state is the one given, or the one it has.
    pub(crate) fn remove(&mut self, address: &Address, last: Option<Value>) -> Option<Arc<Value>> {
        let now = self.at(address)?;
        let mut last = last.unwrap_or_else(|| now.as_ref().clone());
        self.revision += 1;
        object::set_meta(&mut last, "resourceVersion", self.revision.to_string());
        let last = Arc::new(last);
        self.journal_value(address, None);
        self.commit(address, None, Some(last.clone()));
        Some(last)
    }

    fn commit(&mut self, address: &Address, new: Option<Arc<Value>>, last: Option<Arc<Value>>) {
        let (revision, history) = (self.revision, self.history);
        let collection = self.collections.entry(address.storage.clone()).or_default();
        let old = collection.change(&address.key, new.clone(), last, revision, history);
        if let Some(signal) = collection.watched() {
            signal.note(revision);
            self.touched.push(signal);
        }
        self.dependents
            .change(address, old.as_deref(), new.as_deref());
    }

    fn journal_value(&self, address: &Address, value: Option<&Value>) {
        let Some(journal) = &self.journal else { return };
        let key = format!("{}/{}", address.storage, address.key);
        journal(Change {
            key,
            value: value.map(|one| serde_json::to_vec(one).unwrap_or_default()),
        });
        let revision = Some(self.revision.to_string().into_bytes());
        journal(Change {
            key: REVISION_KEY.into(),
            value: revision,
        });
    }

    /// Takes in one change of a journal without telling the journal again. The objects may come in any
    /// order, but the changes of one object in theirs. Nothing if it cannot be understood.
    pub(crate) fn restore(&mut self, change: &Change) -> Option<()> {
        let Some(bytes) = &change.value else {
            let (storage, key) = change.key.split_once('/')?;
            let address = Address {
                storage: storage.into(),
                key: key.to_owned(),
            };
            let old = self
                .collection_mut(&address.storage)
                .restore(&address.key, None);
            self.dependents.change(&address, old.as_deref(), None);
            return Some(());
        };
        if change.key == REVISION_KEY {
            let revision: u64 = std::str::from_utf8(bytes).ok()?.parse().ok()?;
            self.revision = self.revision.max(revision);
            return Some(());
        }
        let (storage, key) = change.key.split_once('/')?;
        let value: Value = serde_json::from_slice(bytes).ok()?;
        let revision: u64 = object::meta_text(&value, "resourceVersion")?.parse().ok()?;
        self.revision = self.revision.max(revision);
        let address = Address {
            storage: storage.into(),
            key: key.to_owned(),
        };
        let value = Arc::new(value);
        let old = self
            .collection_mut(&address.storage)
            .restore(&address.key, Some(value.clone()));
        self.dependents
            .change(&address, old.as_deref(), Some(&value));
        Some(())
    }

    /// Everything as a journal would tell it.
    pub(crate) fn dump(&self) -> Vec<Change> {
        let objects = self.collections.iter().flat_map(|(storage, collection)| {
            collection.range("", "").map(move |(key, value)| Change {
                key: format!("{storage}/{key}"),
                value: serde_json::to_vec(value.as_ref()).ok(),
            })
        });
        let revision = Change {
            key: REVISION_KEY.into(),
            value: Some(self.revision.to_string().into_bytes()),
        };
        objects.chain([revision]).collect()
    }

    /// Closes a restored store: nothing before this revision can be watched any more.
    pub(crate) fn close_history(&mut self) {
        let revision = self.revision;
        for collection in self.collections.values_mut() {
            collection.forget_history(revision);
        }
    }

    /// Whom to wake for what was changed since the last call.
    pub(crate) fn take_touched(&mut self) -> Vec<Arc<Signal>> {
        std::mem::take(&mut self.touched)
    }

    /// The objects that name this uid as an owner.
    pub(crate) fn dependents(&self, uid: &str) -> Vec<Address> {
        self.dependents.of(uid)
    }

    /// The storage names in use.
    pub(crate) fn storages(&self) -> Vec<Arc<str>> {
        self.collections.keys().cloned().collect()
    }

    /// The objects of a resource as they were at a revision.
    pub(crate) fn list_at(
        &self,
        storage: &str,
        namespace: &str,
        after: &str,
        revision: u64,
    ) -> Result<Vec<(String, Arc<Value>)>, Compacted> {
        match self.collections.get(storage) {
            Some(collection) => collection.range_at(namespace, after, revision),
            None => Ok(Vec::new()),
        }
    }
}
