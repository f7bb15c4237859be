//! Server-side printing: objects as a `meta.k8s.io/v1` `Table`.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::resource::Resource;

/// What of the object a row carries (`includeObject`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Include {
    /// The metadata only (what kubectl gets by default).
    #[default]
    Metadata,
    /// The whole object.
    Object,
    /// Nothing.
    None,
}

/// The table of these objects. `metadata` is the list's (`resourceVersion`, `continue` …), `version` is
/// `v1` or `v1beta1`; a watch sends `columnDefinitions` with its first event only (`headers`).
pub fn render(
    _resource: &Resource,
    _objects: &[Arc<Value>],
    _metadata: Map<String, Value>,
    _version: &str,
    _include: Include,
    _headers: bool,
    _now: jiff::Timestamp,
) -> Value {
    Value::Null
}
