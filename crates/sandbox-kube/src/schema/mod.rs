//! Structural schemas: what the objects of a kind may look like.

use std::sync::Arc;

use serde_json::Value;

use crate::status::Cause;

/// What the objects of one kind may look like.
#[derive(Debug, Default)]
pub struct Schema {}

impl Schema {
    /// The schema of a core kind.
    pub fn core(_group: &str, _version: &str, _kind: &str) -> Arc<Self> {
        Arc::new(Self {})
    }

    /// Removes fields the schema does not know; returns their paths, as in `spec.foo`
    /// (for `fieldValidation=Strict` and `Warn`).
    pub fn prune(&self, _object: &mut Value) -> Vec<String> {
        Vec::new()
    }

    /// Fills in defaults.
    pub fn apply_defaults(&self, _object: &mut Value) {}

    /// What is wrong with an object; with the one it replaces, transition rules are checked too.
    pub fn validate(&self, _object: &Value, _old: Option<&Value>) -> Vec<Cause> {
        Vec::new()
    }
}
