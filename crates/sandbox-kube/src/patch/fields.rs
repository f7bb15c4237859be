//! Sets of fields, as `fieldsV1` writes them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value};

/// A set of paths into an object. Each step is written as in `fieldsV1`: `f:name`, `k:{"name":"x"}`,
/// `v:"x"`, `i:0`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FieldSet {
    /// Whether the path that leads here is itself in the set.
    pub(super) member: bool,
    pub(super) children: BTreeMap<String, FieldSet>,
}

impl FieldSet {
    pub(crate) fn leaf() -> Self {
        Self {
            member: true,
            children: BTreeMap::new(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        !self.member && self.children.is_empty()
    }

    /// Puts a set below a step, unless it is empty.
    pub(super) fn put(&mut self, step: String, below: Self) {
        if !below.is_empty() {
            self.children.insert(step, below);
        }
    }

    /// Reads `fieldsV1`.
    pub(crate) fn from_json(json: &Value) -> Self {
        let mut set = Self::default();
        for (step, below) in json.as_object().into_iter().flatten() {
            if step == "." {
                set.member = true;
                continue;
            }
            let mut child = Self::from_json(below);
            if child.children.is_empty() {
                child.member = true;
            }
            set.children.insert(step.clone(), child);
        }
        set
    }

    /// Writes `fieldsV1`.
    pub(crate) fn to_json(&self) -> Value {
        let mut map = Map::with_capacity(self.children.len() + 1);
        if self.member && !self.children.is_empty() {
            map.insert(".".into(), Value::Object(Map::new()));
        }
        for (step, below) in &self.children {
            map.insert(step.clone(), below.to_json());
        }
        Value::Object(map)
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.member |= other.member;
        for (step, below) in &other.children {
            match self.children.get_mut(step) {
                Some(mine) => mine.add(below),
                None => {
                    self.children.insert(step.clone(), below.clone());
                }
            }
        }
    }

    pub(crate) fn subtract(&mut self, other: &Self) {
        self.member &= !other.member;
        for (step, below) in &other.children {
            if let Some(mine) = self.children.get_mut(step) {
                mine.subtract(below);
                if mine.is_empty() {
                    self.children.remove(step);
                }
            }
        }
    }

    pub(crate) fn intersection(&self, other: &Self) -> Self {
        let mut both = Self {
            member: self.member && other.member,
            children: BTreeMap::new(),
        };
        for (step, below) in &self.children {
            if let Some(theirs) = other.children.get(step) {
                both.put(step.clone(), below.intersection(theirs));
            }
        }
        both
    }

    /// Whether `fieldsV1` has all of this set.
    pub(super) fn is_within(&self, json: &Value) -> bool {
        (!self.member || is_member(json))
            && self
                .children
                .iter()
                .all(|(step, below)| json.get(step).is_some_and(|json| below.is_within(json)))
    }

    /// Whether `fieldsV1` has any of this set.
    pub(super) fn overlaps(&self, json: &Value) -> bool {
        (self.member && is_member(json))
            || self
                .children
                .iter()
                .any(|(step, below)| json.get(step).is_some_and(|json| below.overlaps(json)))
    }

    pub(super) fn child(&self, step: &str) -> Option<&Self> {
        self.children.get(step)
    }

    /// The paths as error messages print them, as in `.spec.containers[name="x"].image`.
    pub(crate) fn paths(&self) -> Vec<String> {
        let mut found = Vec::new();
        self.collect("", &mut found);
        found
    }

    fn collect(&self, path: &str, found: &mut Vec<String>) {
        if self.member {
            found.push(path.to_owned());
        }
        for (step, below) in &self.children {
            below.collect(&format!("{path}{}", printed(step)), found);
        }
    }
}

/// Whether the path that leads to this part of `fieldsV1` is itself in the set.
fn is_member(json: &Value) -> bool {
    json.as_object()
        .is_some_and(|map| map.is_empty() || map.contains_key("."))
}

/// A step as error messages print it.
pub(super) fn printed(step: &str) -> String {
    match step.split_once(':') {
        Some(("f", name)) => format!(".{name}"),
        Some(("v", value)) => format!("[={value}]"),
        Some(("k", keys)) => {
            let mut text = String::from("[");
            let keys: Value = serde_json::from_str(keys).unwrap_or_default();
            for (index, (name, value)) in keys.as_object().into_iter().flatten().enumerate() {
                let comma = if index > 0 { "," } else { "" };
                let _ = write!(text, "{comma}{name}={value}");
            }
            text.push(']');
            text
        }
        Some(("i", index)) => format!("[{index}]"),
        _ => format!(".{step}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::FieldSet;

    #[test]
    fn what_kubernetes_wrote_is_read_and_written_back() {
        let json = json!({
            "f:metadata": { "f:labels": { ".": {}, "f:app": {} }, "f:finalizers": { "v:\"a/b\"": {} } },
            "f:spec": { "f:ports": { "k:{\"port\":80,\"protocol\":\"TCP\"}": { ".": {}, "f:port": {} } } },
        });
        let set = FieldSet::from_json(&json);
        assert_eq!(set.to_json(), json);
        assert_eq!(
            set.paths(),
            [
                ".metadata.finalizers[=\"a/b\"]",
                ".metadata.labels",
                ".metadata.labels.app",
                ".spec.ports[port=80,protocol=\"TCP\"]",
                ".spec.ports[port=80,protocol=\"TCP\"].port",
            ]
        );
        assert!(set.is_within(&json) && set.overlaps(&json));
        let some = FieldSet::from_json(&json!({ "f:metadata": { "f:labels": { "f:app": {} } } }));
        assert!(some.is_within(&json) && some.overlaps(&json));
        let other = FieldSet::from_json(&json!({ "f:metadata": { "f:labels": { "f:x": {} } } }));
        assert!(!other.is_within(&json) && !other.overlaps(&json));
        // A list that is owned as a whole is not one whose elements are.
        let whole = FieldSet::from_json(&json!({ "f:spec": { "f:ports": {} } }));
        assert!(!whole.is_within(&json) && !whole.overlaps(&json));
    }
}
