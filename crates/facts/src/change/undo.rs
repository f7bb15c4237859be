use thiserror::Error;

use super::Change;
use crate::Snapshot;

/// Why a change cannot be taken back.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CannotUndo {
    /// EKS or IAM has no way back.
    #[error("there is no way back from {0}")]
    OneWay(String),
    /// What was there before is not known.
    #[error("what was there before is not known: {0}")]
    Unknown(String),
}

impl Change {
    /// The changes that lead back to what `before` says, in the order to make them.
    ///
    /// # Errors
    /// A change that has no way back, or of which `before` does not say what was there.
    pub fn undo(&self, before: &Snapshot) -> Result<Vec<Self>, CannotUndo> {
        let _ = before;
        Err(CannotUndo::Unknown(self.call("").action.to_owned()))
    }
}
