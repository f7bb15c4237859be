//! The objects of one resource and their last changes.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::Arc;

use serde_json::Value;

use super::{Compacted, Signal};

/// What happened to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EventKind {
    Added,
    Modified,
    Deleted,
}

/// One change of one object.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) revision: u64,
    pub(crate) kind: EventKind,
    pub(crate) key: Box<str>,
    /// The object after the change; for a removal as it was last.
    pub(crate) object: Arc<Value>,
    /// The object before the change.
    pub(crate) previous: Option<Arc<Value>>,
}

/// The objects of one resource.
#[derive(Debug, Default)]
pub(crate) struct Collection {
    objects: BTreeMap<String, Arc<Value>>,
    events: VecDeque<Event>,
    /// The revision up to which events have been forgotten.
    forgotten: u64,
    changed: u64,
    signal: Option<Arc<Signal>>,
}

impl Collection {
    pub(crate) fn get(&self, key: &str) -> Option<&Arc<Value>> {
        self.objects.get(key)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// The revision of the last change here.
    pub(crate) fn changed(&self) -> u64 {
        self.changed
    }

    /// The objects of a namespace (or of all) after a key, in order.
    pub(crate) fn range<'a>(
        &'a self,
        namespace: &str,
        after: &str,
    ) -> impl Iterator<Item = (&'a str, &'a Arc<Value>)> + use<'a> {
        let (low, high) = bounds(namespace, after);
        self.objects
            .range::<str, _>((
                low.as_ref().map(String::as_str),
                high.as_ref().map(String::as_str),
            ))
            .map(|(key, value)| (key.as_str(), value))
    }

    /// The same as it was at a revision: what has changed since is undone.
    pub(crate) fn range_at(
        &self,
        namespace: &str,
        after: &str,
        revision: u64,
    ) -> Result<Vec<(String, Arc<Value>)>, Compacted> {
        if revision < self.forgotten {
            return Err(Compacted {
                oldest: self.forgotten,
            });
        }
        let now = self
            .range(namespace, after)
            .map(|(key, value)| (key.to_owned(), value.clone()));
        if self.changed <= revision {
            return Ok(now.collect());
        }
        let mut then: BTreeMap<String, Arc<Value>> = now.collect();
        let limits = bounds(namespace, after);
        for event in self
            .events
            .iter()
            .rev()
            .take_while(|event| event.revision > revision)
        {
            if !within(&limits, &event.key) {
                continue;
            }
            match &event.previous {
                Some(previous) => then.insert(event.key.to_string(), previous.clone()),
                None => then.remove(event.key.as_ref()),
            };
        }
        Ok(then.into_iter().collect())
    }

    /// The changes after a revision.
    pub(crate) fn since(&self, revision: u64) -> Result<impl Iterator<Item = &Event>, Compacted> {
        if revision < self.forgotten {
            return Err(Compacted {
                oldest: self.forgotten,
            });
        }
        let from = self
            .events
            .partition_point(|event| event.revision <= revision);
        Ok(self.events.range(from..))
    }

    /// Makes a change and returns what was there before. `last` is a removed object's last state.
    pub(super) fn change(
        &mut self,
        key: &str,
        new: Option<Arc<Value>>,
        last: Option<Arc<Value>>,
        revision: u64,
        history: usize,
    ) -> Option<Arc<Value>> {
        let previous = match &new {
            Some(value) => self.objects.insert(key.to_owned(), value.clone()),
            None => self.objects.remove(key),
        };
        self.changed = revision;
        let (kind, object) = match (new, last, &previous) {
            (Some(new), _, None) => (EventKind::Added, new),
            (Some(new), _, Some(_)) => (EventKind::Modified, new),
            (None, Some(last), _) => (EventKind::Deleted, last),
            (None, None, _) => return previous,
        };
        while self.events.len() >= history {
            if let Some(event) = self.events.pop_front() {
                self.forgotten = event.revision;
            }
        }
        let event = Event {
            revision,
            kind,
            key: key.into(),
            object,
            previous: previous.clone(),
        };
        self.events.push_back(event);
        previous
    }

    /// Puts an object back, or away, without a trace in the history.
    pub(super) fn restore(&mut self, key: &str, value: Option<Arc<Value>>) -> Option<Arc<Value>> {
        match value {
            Some(value) => self.objects.insert(key.to_owned(), value),
            None => self.objects.remove(key),
        }
    }

    pub(super) fn forget_history(&mut self, revision: u64) {
        self.events.clear();
        self.forgotten = revision;
        self.changed = revision;
    }

    pub(super) fn signal(&mut self) -> Arc<Signal> {
        self.signal
            .get_or_insert_with(|| Arc::new(Signal::new(self.changed)))
            .clone()
    }

    /// The signal, if anybody watches.
    pub(super) fn watched(&self) -> Option<Arc<Signal>> {
        self.signal.clone()
    }
}

type Limits = (Bound<String>, Bound<String>);

fn bounds(namespace: &str, after: &str) -> Limits {
    // `0` is the character after `/`, so this ends the namespace's keys.
    let high = if namespace.is_empty() {
        Bound::Unbounded
    } else {
        Bound::Excluded(format!("{namespace}0"))
    };
    let low = match (after.is_empty(), namespace.is_empty()) {
        (false, _) => Bound::Excluded(after.to_owned()),
        (true, false) => Bound::Included(format!("{namespace}/")),
        (true, true) => Bound::Unbounded,
    };
    match (&low, &high) {
        // A range that ends before it begins would not be accepted by the map.
        (Bound::Excluded(from), Bound::Excluded(to)) if from >= to => {
            (Bound::Included(to.clone()), Bound::Excluded(to.clone()))
        }
        _ => (low, high),
    }
}

fn within(limits: &Limits, key: &str) -> bool {
    let above = match &limits.0 {
        Bound::Included(low) => key >= low.as_str(),
        Bound::Excluded(low) => key > low.as_str(),
        Bound::Unbounded => true,
    };
    let below = match &limits.1 {
        Bound::Included(high) => key <= high.as_str(),
        Bound::Excluded(high) => key < high.as_str(),
        Bound::Unbounded => true,
    };
    above && below
}
