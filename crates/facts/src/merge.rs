//! Joining what two sources say of the same things.

use serde::{Deserialize, Serialize};

use crate::{Origin, Snapshot};

/// Two known facts that differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// The object, such as `role NodeRole`.
    pub object: String,
    /// The field, such as `path`.
    pub field: String,
    /// What the one says; it stays in the snapshot.
    pub kept: String,
    /// Where the one says it.
    pub kept_origin: Option<Origin>,
    /// What the other says.
    pub other: String,
    /// Where the other says it.
    pub other_origin: Option<Origin>,
}

impl Snapshot {
    /// Joins two snapshots of different sources.
    pub fn merge(&mut self, other: Self) {
        self.append(other);
    }
}
