//! Custom resource definitions: their objects, their lifecycle, and those every cluster has.

use std::sync::Arc;

use serde_json::Value;

use crate::resource::{Registry, Resource};
use crate::status::Cause;

/// The definitions that every cluster has from the start, complete with status; made once for the process.
pub fn builtin() -> &'static [Arc<Value>] {
    &[]
}

/// The kinds that a definition brings (its served versions); none if it is not established.
pub fn resources(_crd: &Value) -> Vec<Resource> {
    Vec::new()
}

/// Defaults and validates a definition that is being written. `old` is the one it replaces.
pub fn admit(_crd: &mut Value, _old: Option<&Value>) -> Vec<Cause> {
    Vec::new()
}

/// The definition with the status the API server's controllers would give it (accepted names, stored
/// versions, `NamesAccepted`, `Established`); nothing if it has it already. `now` is an RFC 3339 timestamp.
pub fn establish(_crd: &Value, _registry: &Registry, _now: &str) -> Option<Value> {
    None
}
