//! Rows of state that know when they were changed.
//!
//! Everything an operation reads or writes lives in a [`Table`]. A table writes each change to the
//! [`Journal`], so persistence, saving and loading need nothing from the services, and it can show
//! callers an older value for a while, as eventually consistent services do.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::clock::Clock;
use crate::ids::Ids;

/// One row that was written, or removed when `value` is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The table.
    pub table: &'static str,
    /// The row's key.
    pub key: String,
    /// The row as JSON.
    pub value: Option<Vec<u8>>,
}

/// Receives every change, in order, while the state is locked: it must not block.
pub type Journal = Arc<dyn Fn(Change) + Send + Sync>;

/// How long a write may stay unseen by readers.
#[derive(Debug, Clone)]
pub struct Lag {
    pub(crate) clock: Arc<Clock>,
    pub(crate) ids: Arc<Ids>,
    /// The longest random delay, in milliseconds of sandbox time.
    pub(crate) longest: Arc<AtomicU64>,
    /// A delay every write has at least, in milliseconds of sandbox time: a fault put in force while
    /// the sandbox runs.
    pub(crate) stale: Arc<AtomicU64>,
}

impl Lag {
    /// How long the next write stays unseen, in milliseconds.
    fn next(&self) -> u64 {
        let stale = self.stale.load(Ordering::Relaxed);
        match self.longest.load(Ordering::Relaxed) {
            0 => stale,
            longest => stale.max(self.ids.below(longest + 1)),
        }
    }
}

/// Rows by key, in the order of their keys.
///
/// Keys begin with what a listing is scoped to: `111122223333/noderole` for a role,
/// `111122223333/eu-central-1/demo` for a cluster.
pub(crate) struct Table<V> {
    name: &'static str,
    rows: BTreeMap<Box<str>, V>,
    ghosts: BTreeMap<Box<str>, Ghost<V>>,
    index: Option<Index<V>>,
    journal: Option<Journal>,
    lag: Option<Lag>,
}

/// The keys of rows by something that rows are looked for by.
struct Index<V> {
    of: fn(&V) -> &str,
    keys: HashMap<Box<str>, BTreeSet<Box<str>>>,
}

impl<V> Index<V> {
    fn add(&mut self, key: &str, row: &V) {
        let of = (self.of)(row);
        self.keys.entry(of.into()).or_default().insert(key.into());
    }

    fn take(&mut self, key: &str, row: &V) {
        let of = (self.of)(row);
        if let Some(keys) = self.keys.get_mut(of) {
            keys.remove(key);
            if keys.is_empty() {
                self.keys.remove(of);
            }
        }
    }
}

/// What readers still see of a row that was changed.
struct Ghost<V> {
    value: Option<V>,
    until: Timestamp,
}

impl<V: Clone + Serialize + DeserializeOwned> Table<V> {
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            rows: BTreeMap::new(),
            ghosts: BTreeMap::new(),
            index: None,
            journal: None,
            lag: None,
        }
    }

    /// A table whose rows are also found by what `of` tells of them: [`indexed`](Self::indexed).
    pub(crate) fn indexed_by(name: &'static str, of: fn(&V) -> &str) -> Self {
        let keys = HashMap::new();
        Self {
            index: Some(Index { of, keys }),
            ..Self::new(name)
        }
    }

    /// The row, as it is.
    pub(crate) fn get(&self, key: &str) -> Option<&V> {
        self.rows.get(key)
    }

    /// The row as a caller sees it, which may be an older one. Use it for what an API call shows and
    /// for what another service looks up on a caller's behalf.
    pub(crate) fn seen(&self, key: &str) -> Option<&V> {
        match self.ghost(key) {
            Some(ghost) => ghost.value.as_ref(),
            None => self.rows.get(key),
        }
    }

    /// The rows of which the index tells `of` and whose keys begin with `prefix`, in order, as they
    /// are; none in a table without an index.
    pub(crate) fn indexed<'a>(&'a self, of: &str, prefix: &str) -> impl Iterator<Item = &'a V> {
        let keys = self.index.as_ref().and_then(|index| index.keys.get(of));
        let from =
            keys.map(|keys| keys.range::<str, _>((Bound::Included(prefix), Bound::Unbounded)));
        from.into_iter()
            .flatten()
            .take_while(move |key| key.starts_with(prefix))
            .filter_map(|key| self.rows.get(key))
    }

    pub(crate) fn contains(&self, key: &str) -> bool {
        self.rows.contains_key(key)
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn insert(&mut self, key: &str, value: V) {
        self.remember(key);
        self.tell(key, Some(&value));
        self.forget(key);
        if let Some(index) = &mut self.index {
            index.add(key, &value);
        }
        self.rows.insert(key.into(), value);
    }

    /// Removes a row and returns it.
    pub(crate) fn remove(&mut self, key: &str) -> Option<V> {
        if !self.rows.contains_key(key) {
            return None;
        }
        self.remember(key);
        self.tell(key, None);
        self.forget(key);
        self.rows.remove(key)
    }

    /// Changes a row in place; `None` when there is no such row.
    pub(crate) fn change<T>(&mut self, key: &str, change: impl FnOnce(&mut V) -> T) -> Option<T> {
        self.remember(key);
        self.forget(key);
        let row = self.rows.get_mut(key)?;
        let result = change(row);
        if let Some(index) = &mut self.index {
            index.add(key, row);
        }
        if self.journal.is_some() {
            let row = self.rows.get(key);
            self.tell(key, row);
        }
        Some(result)
    }

    /// The rows whose keys begin with `prefix`, in order, from after the key `after`.
    pub(crate) fn range<'a>(
        &'a self,
        prefix: &str,
        after: Option<&str>,
    ) -> impl Iterator<Item = (&'a str, &'a V)> {
        let from = match after {
            Some(key) if key >= prefix => Bound::Excluded(key),
            _ => Bound::Included(prefix),
        };
        self.rows
            .range::<str, _>((from, Bound::Unbounded))
            .take_while(move |(key, _)| key.starts_with(prefix))
            .map(|(key, value)| (&**key, value))
    }

    /// As [`range`](Self::range), as a caller sees it.
    pub(crate) fn seen_range<'a>(&'a self, prefix: &str) -> Vec<(&'a str, &'a V)> {
        let mut seen: BTreeMap<&str, &V> = self.range(prefix, None).collect();
        for (key, ghost) in &self.ghosts {
            if !key.starts_with(prefix) || self.ghost(key).is_none() {
                continue;
            }
            match &ghost.value {
                Some(value) => seen.insert(key, value),
                None => seen.remove(&**key),
            };
        }
        seen.into_iter().collect()
    }

    /// As [`seen_range`](Self::seen_range), from after the key `after`. Where nothing lags, rows are
    /// read as they are asked for, so a page of a long list costs no more than the page.
    pub(crate) fn seen_after<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
    ) -> Box<dyn Iterator<Item = (&'a str, &'a V)> + 'a> {
        if self.ghosts.is_empty() {
            return Box::new(self.range(prefix, after));
        }
        let rows = self.seen_range(prefix).into_iter();
        Box::new(rows.filter(move |(key, _)| after.is_none_or(|after| *key > after)))
    }

    fn ghost(&self, key: &str) -> Option<&Ghost<V>> {
        if self.ghosts.is_empty() {
            return None;
        }
        let lag = self.lag.as_ref()?;
        self.ghosts
            .get(key)
            .filter(|ghost| lag.clock.now() < ghost.until)
    }

    /// Keeps the present row for readers, when writes take time to be seen.
    fn remember(&mut self, key: &str) {
        let Some(lag) = &self.lag else { return };
        if self.ghost(key).is_some() {
            return;
        }
        let delay = i64::try_from(lag.next()).unwrap_or(0);
        if delay == 0 {
            return;
        }
        let now = lag.clock.now();
        let until = Timestamp::from_millisecond(now.as_millisecond() + delay).unwrap_or(now);
        self.ghosts.retain(|_, ghost| ghost.until > now);
        let value = self.rows.get(key).cloned();
        self.ghosts.insert(key.into(), Ghost { value, until });
    }

    /// Takes a row out of the index, before it is changed or removed.
    fn forget(&mut self, key: &str) {
        if let (Some(index), Some(row)) = (&mut self.index, self.rows.get(key)) {
            index.take(key, row);
        }
    }

    fn tell(&self, key: &str, value: Option<&V>) {
        if let Some(journal) = &self.journal {
            journal(Change {
                table: self.name,
                key: key.to_owned(),
                // A row is plain data; one that could not be written would be a bug of ours, and
                // null makes the load refuse it loudly instead of losing it in silence.
                value: value
                    .map(|row| serde_json::to_vec(row).unwrap_or_else(|_| b"null".to_vec())),
            });
        }
    }
}

/// A table whatever its rows are.
pub(crate) trait AnyTable {
    fn name(&self) -> &'static str;
    fn restore(&mut self, key: &str, json: &[u8]) -> Result<(), serde_json::Error>;
    fn dump(&self, into: &mut Vec<Change>);
    fn clear(&mut self);
    fn attach(&mut self, journal: Option<Journal>, lag: Option<Lag>);
}

impl<V: Clone + Serialize + DeserializeOwned> AnyTable for Table<V> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn restore(&mut self, key: &str, json: &[u8]) -> Result<(), serde_json::Error> {
        let value = serde_json::from_slice(json)?;
        self.insert(key, value);
        Ok(())
    }

    fn dump(&self, into: &mut Vec<Change>) {
        into.extend(self.rows.iter().map(|(key, row)| Change {
            table: self.name,
            key: key.to_string(),
            value: serde_json::to_vec(row).ok(),
        }));
    }

    fn clear(&mut self) {
        for key in self.rows.keys().cloned().collect::<Vec<_>>() {
            self.remove(&key);
        }
        self.ghosts.clear();
    }

    fn attach(&mut self, journal: Option<Journal>, lag: Option<Lag>) {
        self.journal = journal;
        self.lag = lag;
        self.ghosts.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parking_lot::Mutex;
    use std::time::Duration;

    #[test]
    fn every_change_is_told_in_order() {
        let told: Arc<Mutex<Vec<Change>>> = Arc::default();
        let mut table: Table<u32> = Table::new("numbers");
        let sink = Arc::clone(&told);
        table.attach(Some(Arc::new(move |change| sink.lock().push(change))), None);
        table.insert("a", 1);
        table.change("a", |number| *number += 1).unwrap();
        table.remove("a").unwrap();
        let values: Vec<_> = told
            .lock()
            .iter()
            .map(|change| change.value.clone())
            .collect();
        assert_eq!(values, [Some(b"1".to_vec()), Some(b"2".to_vec()), None]);
    }

    #[test]
    fn a_write_stays_unseen_for_a_while_when_reads_lag() {
        let clock = Arc::new(Clock::new(Timestamp::UNIX_EPOCH, 0.0));
        let mut table: Table<u32> = Table::new("numbers");
        table.attach(
            None,
            Some(Lag {
                clock: Arc::clone(&clock),
                ids: Arc::new(Ids::new(1)),
                longest: Arc::new(AtomicU64::new(10_000)),
                stale: Arc::default(),
            }),
        );
        table.insert("a/1", 1);
        assert_eq!((table.get("a/1"), table.seen("a/1")), (Some(&1), None));
        assert!(table.seen_range("a/").is_empty());
        clock.step(Duration::from_secs(11));
        assert_eq!(table.seen("a/1"), Some(&1));
        table.remove("a/1");
        assert_eq!((table.get("a/1"), table.seen("a/1")), (None, Some(&1)));
    }

    #[test]
    fn rows_are_found_by_what_is_told_of_them_now() {
        let mut table: Table<String> = Table::indexed_by("words", |word| word);
        for (key, word) in [
            ("a/1", "red"),
            ("a/2", "blue"),
            ("a/3", "red"),
            ("b/1", "red"),
        ] {
            table.insert(key, word.to_owned());
        }
        let found = |table: &Table<String>, word| table.indexed(word, "a/").count();
        assert_eq!((found(&table, "red"), found(&table, "blue")), (2, 1));
        table.insert("a/1", "blue".to_owned());
        table
            .change("a/3", |word| *word = "green".to_owned())
            .unwrap();
        assert_eq!((found(&table, "red"), found(&table, "blue")), (0, 2));
        table.remove("a/3").unwrap();
        assert_eq!(found(&table, "green"), 0);
        table.restore("a/4", br#""green""#).unwrap();
        assert_eq!(found(&table, "green"), 1);
        AnyTable::clear(&mut table);
        assert_eq!(found(&table, "blue"), 0);
        assert_eq!(table.indexed("red", "b/").count(), 0);
    }

    #[test]
    fn a_range_goes_on_after_a_key_and_ends_with_its_prefix() {
        let mut table: Table<u32> = Table::new("numbers");
        for (key, value) in [("a/1", 1), ("a/2", 2), ("b/1", 3)] {
            table.insert(key, value);
        }
        let keys = |after| {
            table
                .range("a/", after)
                .map(|(key, _)| key)
                .collect::<Vec<_>>()
        };
        assert_eq!(keys(None), ["a/1", "a/2"]);
        assert_eq!(keys(Some("a/1")), ["a/2"]);
        assert!(keys(Some("a/2")).is_empty());
    }
}
