//! The snapshot with indexes.
pub(crate) struct World<'a> {
    pub(crate) snapshot: &'a rolecall_facts::Snapshot,
}
