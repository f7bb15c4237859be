use rolecall_facts::Snapshot;

use crate::Diagnostic;

/// What readers add to: facts, and what kept them from reading.
#[derive(Debug, Default)]
pub(crate) struct Output {
    pub(crate) snapshot: Snapshot,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Output {
    /// Adds all of another output.
    pub(crate) fn append(&mut self, other: Self) {
        self.snapshot.append(other.snapshot);
        self.diagnostics.extend(other.diagnostics);
    }
}
