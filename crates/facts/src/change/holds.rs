use super::Change;
use crate::Snapshot;

impl Change {
    /// Whether a snapshot shows the change as made; `None` where it does not tell.
    #[must_use]
    pub fn holds(&self, snapshot: &Snapshot) -> Option<bool> {
        let _ = snapshot;
        None
    }
}
