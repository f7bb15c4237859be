//! Unknown fields: found, and dropped unless the schema preserves them.

use super::structure::{Additional, Structure};
use serde_json::{Map, Value};

/// The fields of `metadata` that Kubernetes knows (ObjectMeta, apimachinery `meta/v1/types.go`).
const OBJECT_META: [&str; 15] = [
    "annotations",
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "finalizers",
    "generateName",
    "generation",
    "labels",
    "managedFields",
    "name",
    "namespace",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
    "uid",
];

impl Structure {
    /// Drops the fields of a whole object that the schema does not know, and returns their paths,
    /// sorted. Nulls where the schema has neither null nor a default are dropped, too, without a word. `apiVersion`, `kind` and `metadata` are known in every object.
    pub fn prune(&self, object: &mut Value) -> Vec<String> {
        let mut pruner = Pruner::default();
        pruner.object(self, object, true);
        pruner.found.sort();
        pruner.found
    }
}

impl Structure {
    /// Whether null is neither a value nor replaced by a default.
    fn refuses_null(&self) -> bool {
        !self.nullable && self.default.is_none()
    }
}

#[derive(Default)]
struct Pruner {
    path: String,
    found: Vec<String>,
}

impl Pruner {
    fn object(&mut self, schema: &Structure, value: &mut Value, resource: bool) {
        match value {
            Value::Object(fields) => self.fields(schema, fields, resource),
            Value::Array(entries) => {
                let Some(items) = schema.items() else { return };
                for (index, entry) in entries.iter_mut().enumerate() {
                    let length = self.path.len();
                    self.path.push_str(&format!("[{index}]"));
                    self.object(items, entry, items.embedded_resource);
                    self.path.truncate(length);
                }
            }
            _ => {}
        }
    }

    fn fields(&mut self, schema: &Structure, fields: &mut Map<String, Value>, resource: bool) {
        // In a typed map everything is known; without type information nothing can be said.
        let keeps = schema.preserve_unknown || !matches!(schema.additional, Additional::Unknown);
        let mut gone = Vec::new();
        for (name, field) in fields.iter_mut() {
            let length = self.path.len();
            if length > 0 {
                self.path.push('.');
            }
            self.path.push_str(name);
            let keep = match (name.as_str(), schema.field(name)) {
                ("apiVersion" | "kind", _) if resource => true,
                ("metadata", _) if resource => {
                    self.metadata(field);
                    true
                }
                // Kubernetes takes such a null for "not given", and says nothing.
                (_, Some(child)) if field.is_null() && child.refuses_null() => false,
                (_, Some(child)) => {
                    self.object(child, field, child.embedded_resource);
                    true
                }
                (_, None) => {
                    if !keeps {
                        self.found.push(self.path.clone());
                    }
                    keeps
                }
            };
            if !keep {
                gone.push(name.clone());
            }
            self.path.truncate(length);
        }
        for name in gone {
            fields.shift_remove(&name);
        }
    }

    fn metadata(&mut self, metadata: &mut Value) {
        let Value::Object(fields) = metadata else {
            return;
        };
        fields.retain(|name, _| {
            let known = OBJECT_META.contains(&name.as_str());
            if !known {
                self.found.push(format!("{}.{name}", self.path));
            }
            known
        });
    }
}
