//! A Kubernetes object as the control plane reads it.

use jiff::Timestamp;
use serde_json::Value;

/// An object of any kind.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Object(Value);

impl From<Value> for Object {
    fn from(value: Value) -> Self {
        Self(value)
    }
}

impl Object {
    /// The text at a JSON pointer; empty where there is none.
    pub(crate) fn text(&self, pointer: &str) -> &str {
        self.0
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// The value at a JSON pointer.
    pub(crate) fn at(&self, pointer: &str) -> Option<&Value> {
        self.0.pointer(pointer)
    }

    /// The elements of the list at a JSON pointer.
    pub(crate) fn list(&self, pointer: &str) -> &[Value] {
        let list = self.0.pointer(pointer).and_then(Value::as_array);
        list.map_or(&[], Vec::as_slice)
    }

    /// The texts of the map at a JSON pointer.
    pub(crate) fn map(&self, pointer: &str) -> impl Iterator<Item = (&str, &str)> {
        let map = self.0.pointer(pointer).and_then(Value::as_object);
        map.into_iter()
            .flatten()
            .filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
    }

    /// `metadata.name`
    pub(crate) fn name(&self) -> &str {
        self.text("/metadata/name")
    }

    /// `metadata.uid`
    pub(crate) fn uid(&self) -> &str {
        self.text("/metadata/uid")
    }

    /// `kind`
    pub(crate) fn kind(&self) -> &str {
        self.text("/kind")
    }

    /// `metadata.resourceVersion`
    pub(crate) fn version(&self) -> &str {
        self.text("/metadata/resourceVersion")
    }

    /// `metadata.generation`
    pub(crate) fn generation(&self) -> i64 {
        let generation = self.0.pointer("/metadata/generation");
        generation.and_then(Value::as_i64).unwrap_or_default()
    }

    /// `metadata.creationTimestamp`
    pub(crate) fn created(&self) -> Option<Timestamp> {
        self.text("/metadata/creationTimestamp").parse().ok()
    }

    /// Whether it is being deleted.
    pub(crate) fn is_deleting(&self) -> bool {
        !self.text("/metadata/deletionTimestamp").is_empty()
    }

    /// A label's value; empty where it is not set.
    pub(crate) fn label(&self, key: &str) -> &str {
        let labels = self.0.pointer("/metadata/labels");
        labels
            .and_then(|labels| labels.get(key))
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// Whether a finalizer holds it.
    pub(crate) fn has_finalizer(&self, finalizer: &str) -> bool {
        self.list("/metadata/finalizers")
            .iter()
            .any(|one| one == finalizer)
    }

    /// Its finalizers with this one added.
    pub(crate) fn finalizers_with(&self, finalizer: &str) -> Vec<Value> {
        let mut all = self.list("/metadata/finalizers").to_vec();
        all.push(finalizer.into());
        all
    }

    /// Its finalizers without this one.
    pub(crate) fn finalizers_without(&self, finalizer: &str) -> Vec<Value> {
        let all = self.list("/metadata/finalizers").iter();
        all.filter(|one| *one != finalizer).cloned().collect()
    }

    /// The status of one of its conditions; empty where it has none of that type.
    pub(crate) fn condition(&self, kind: &str) -> &str {
        self.list("/status/conditions")
            .iter()
            .find(|one| one.get("type").and_then(Value::as_str) == Some(kind))
            .and_then(|one| one.get("status").and_then(Value::as_str))
            .unwrap_or_default()
    }

    /// Whether its `nodeClassRef` at this pointer is of Auto Mode's kind. Karpenter's readiness
    /// controller skips references to kinds it does not run.
    pub(crate) fn refers_to_auto_mode(&self, pointer: &str) -> bool {
        self.text(&format!("{pointer}/group")) == "eks.amazonaws.com"
            && self.text(&format!("{pointer}/kind")) == "NodeClass"
    }
}
