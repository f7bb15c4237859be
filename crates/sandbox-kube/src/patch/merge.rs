//! JSON merge patch (RFC 7386).

use serde_json::{Map, Value};

/// Merges a patch into a document.
pub(crate) fn merge_patch(document: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *document = patch;
        return;
    };
    if !document.is_object() {
        *document = Value::Object(Map::new());
    }
    let Some(map) = document.as_object_mut() else {
        return;
    };
    for (name, value) in patch {
        if value.is_null() {
            map.shift_remove(&name);
            continue;
        }
        match map.get_mut(&name) {
            Some(slot) => merge_patch(slot, value),
            None => {
                let mut fresh = Value::Null;
                merge_patch(&mut fresh, value);
                map.insert(name, fresh);
            }
        }
    }
}
