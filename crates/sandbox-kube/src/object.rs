//! Reading and writing the metadata of an object that is a plain JSON value.

use serde_json::{Map, Value};

/// The metadata.
pub(crate) fn meta(object: &Value) -> Option<&Map<String, Value>> {
    object.get("metadata")?.as_object()
}

/// The metadata, made if there is none.
pub(crate) fn meta_mut(object: &mut Value) -> Option<&mut Map<String, Value>> {
    let metadata = object
        .as_object_mut()?
        .entry("metadata")
        .or_insert_with(|| Value::Object(Map::new()));
    if !metadata.is_object() {
        *metadata = Value::Object(Map::new());
    }
    metadata.as_object_mut()
}

/// A text of the metadata.
pub(crate) fn meta_text<'a>(object: &'a Value, field: &str) -> Option<&'a str> {
    meta(object)?.get(field)?.as_str()
}

/// Sets a field of the metadata.
pub(crate) fn set_meta(object: &mut Value, field: &str, value: impl Into<Value>) {
    if let Some(metadata) = meta_mut(object) {
        match metadata.get_mut(field) {
            Some(slot) => *slot = value.into(),
            None => {
                metadata.insert(field.to_owned(), value.into());
            }
        }
    }
}

/// Removes a field of the metadata.
pub(crate) fn remove_meta(object: &mut Value, field: &str) -> Option<Value> {
    object
        .get_mut("metadata")?
        .as_object_mut()?
        .shift_remove(field)
}

/// The object's name, or nothing.
pub(crate) fn name(object: &Value) -> &str {
    meta_text(object, "name").unwrap_or_default()
}

/// The object's namespace, or nothing.
pub(crate) fn namespace(object: &Value) -> &str {
    meta_text(object, "namespace").unwrap_or_default()
}

/// The object's uid, or nothing.
pub(crate) fn uid(object: &Value) -> &str {
    meta_text(object, "uid").unwrap_or_default()
}

/// The labels.
pub(crate) fn labels(object: &Value) -> Option<&Map<String, Value>> {
    meta(object)?.get("labels")?.as_object()
}

/// The finalizers.
pub(crate) fn finalizers(object: &Value) -> impl Iterator<Item = &str> {
    meta(object)
        .and_then(|metadata| metadata.get("finalizers"))
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

/// Whether deletion has begun.
pub(crate) fn is_deleting(object: &Value) -> bool {
    meta(object).is_some_and(|metadata| {
        metadata
            .get("deletionTimestamp")
            .is_some_and(|at| !at.is_null())
    })
}

/// An owner that an object names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Owner<'a> {
    pub(crate) uid: &'a str,
    /// Whether the owner, deleted in the foreground, waits for this object.
    pub(crate) blocks: bool,
}

/// The owners that an object names.
pub(crate) fn owners(object: &Value) -> Vec<Owner<'_>> {
    let list = meta(object)
        .and_then(|all| all.get("ownerReferences"))
        .and_then(Value::as_array);
    let mut found = Vec::new();
    for reference in list.into_iter().flatten() {
        if let Some(uid) = reference.get("uid").and_then(Value::as_str) {
            let blocks = reference.get("blockOwnerDeletion").and_then(Value::as_bool);
            found.push(Owner {
                uid,
                blocks: blocks.unwrap_or_default(),
            });
        }
    }
    found
}

/// The value at a path of members.
pub(crate) fn at<'a>(object: &'a Value, path: &[impl AsRef<str>]) -> Option<&'a Value> {
    path.iter()
        .try_fold(object, |value, member| value.get(member.as_ref()))
}
