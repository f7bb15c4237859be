use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use parking_lot::Mutex;
use serde::Serialize;

/// One call as the sandbox saw it, whether it got as far as CloudTrail or not.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallRecord {
    /// Counts up from 1.
    pub number: u64,
    /// The sandbox's time.
    pub time: Timestamp,
    /// `eks`
    pub service: &'static str,
    /// `DescribeAccessEntry`
    pub operation: String,
    /// The caller's ARN, or the service's name; none when it could not be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller: Option<String>,
    /// The AWS service that acted with the caller's session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoked_by: Option<String>,
    /// The HTTP status.
    pub status: u16,
    /// The error code on the wire.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The latest calls, and how many of each kind there were in all.
#[derive(Default)]
pub struct CallLog(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    total: u64,
    latest: VecDeque<CallRecord>,
    counts: BTreeMap<(&'static str, String), u64>,
}

/// Calls kept in full.
const KEPT: usize = 10_000;
/// Kinds counted, so that made-up operation names cannot fill memory.
const KINDS: usize = 5_000;

impl CallLog {
    pub(crate) fn push(&self, mut record: CallRecord) {
        let mut inner = self.0.lock();
        inner.total += 1;
        record.number = inner.total;
        let known = inner.counts.len();
        if let Some(count) = inner
            .counts
            .get_mut(&(record.service, record.operation.clone()))
        {
            *count += 1;
        } else if known < KINDS {
            inner
                .counts
                .insert((record.service, record.operation.clone()), 1);
        }
        if inner.latest.len() == KEPT {
            inner.latest.pop_front();
        }
        inner.latest.push_back(record);
    }

    /// The latest calls after number `after`, oldest first.
    #[must_use]
    pub fn after(&self, after: u64) -> Vec<CallRecord> {
        let inner = self.0.lock();
        inner
            .latest
            .iter()
            .filter(|record| record.number > after)
            .cloned()
            .collect()
    }

    /// How many calls there were of each operation, as `eks:DescribeCluster`.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<String, u64> {
        let inner = self.0.lock();
        inner
            .counts
            .iter()
            .map(|((service, operation), count)| (format!("{service}:{operation}"), *count))
            .collect()
    }

    /// All calls so far.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.lock().total
    }

    /// Forgets them and counts from 1 again.
    pub fn clear(&self) {
        *self.0.lock() = Inner::default();
    }
}
