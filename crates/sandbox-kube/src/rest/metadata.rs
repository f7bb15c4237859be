//! Checks of an object's metadata.

use serde_json::{Map, Value};

use super::Ask;
use super::kinds;
use crate::names;
use crate::object;
use crate::status::{Cause, Status};

/// The most bytes that all annotations together may have.
const MAX_ANNOTATIONS: usize = 256 * 1024;

/// The metadata's members by their type, as far as clients write them.
const TEXTS: [&str; 8] = [
    "name",
    "generateName",
    "namespace",
    "uid",
    "resourceVersion",
    "selfLink",
    "creationTimestamp",
    "deletionTimestamp",
];

/// 400 unless every member has the type it must have. Members that are `null` are removed, as they say
/// nothing.
pub(super) fn check_types(ask: &Ask<'_>, object: &mut Value) -> Result<(), Status> {
    let wrong = |found: &Value, field: &str, wanted: &str| {
        let kind = &ask.resource.kind;
        Status::bad_request(format!(
            "{kind} in version {:?} cannot be handled as a {kind}: json: cannot unmarshal {} into Go struct field ObjectMeta.{field} of type {wanted}",
            ask.resource.version,
            go_name(found),
        ))
    };
    let Some(map) = object.as_object_mut() else {
        return Err(Status::bad_request(
            "couldn't get version/kind; json parse error: json: cannot unmarshal the body into an object",
        ));
    };
    let metadata = map
        .entry("metadata")
        .or_insert_with(|| Value::Object(Map::new()));
    if metadata.is_null() {
        *metadata = Value::Object(Map::new());
    }
    if !metadata.is_object() {
        return Err(wrong(metadata, "metadata", "v1.ObjectMeta"));
    }
    let Some(metadata) = metadata.as_object_mut() else {
        return Ok(());
    };
    metadata.retain(|_, value| !value.is_null());
    for field in TEXTS {
        if let Some(value) = metadata.get(field).filter(|value| !value.is_string()) {
            return Err(wrong(value, &format!("metadata.{field}"), "string"));
        }
    }
    for field in ["labels", "annotations"] {
        let Some(value) = metadata.get_mut(field) else {
            continue;
        };
        if !value.is_object() {
            return Err(wrong(
                value,
                &format!("metadata.{field}"),
                "map[string]string",
            ));
        }
        let Some(map) = value.as_object_mut() else {
            continue;
        };
        for value in map.values_mut().filter(|value| value.is_null()) {
            *value = "".into();
        }
        if let Some(value) = map.values().find(|value| !value.is_string()) {
            return Err(wrong(value, &format!("metadata.{field}"), "string"));
        }
    }
    if let Some(value) = metadata.get("finalizers") {
        let list = value
            .as_array()
            .ok_or_else(|| wrong(value, "metadata.finalizers", "[]string"))?;
        if let Some(one) = list.iter().find(|one| !one.is_string()) {
            return Err(wrong(one, "metadata.finalizers", "string"));
        }
    }
    if let Some(value) = metadata.get("ownerReferences") {
        let wanted = "[]v1.OwnerReference";
        let list = value
            .as_array()
            .ok_or_else(|| wrong(value, "metadata.ownerReferences", wanted))?;
        if let Some(one) = list.iter().find(|one| !one.is_object()) {
            return Err(wrong(one, "metadata.ownerReferences", "v1.OwnerReference"));
        }
    }
    Ok(())
}

fn go_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// What is wrong with the metadata of an object that is about to be stored.
pub(super) fn validate(ask: &Ask<'_>, object: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let text = |field: &str| object::meta_text(object, field).unwrap_or_default();
    let name = text("name");
    if name.is_empty() {
        causes.push(Cause::required(
            "metadata.name",
            "name or generateName is required",
        ));
    } else if let Some(why) = kinds::wrong_name(&ask.resource, name) {
        causes.push(Cause::invalid("metadata.name", &name.into(), &why));
    }
    for field in ["labels", "annotations"] {
        let map = object::meta(object)
            .and_then(|all| all.get(field))
            .and_then(Value::as_object);
        for (key, value) in map.into_iter().flatten() {
            // Annotation keys are case-insensitive for this check, as Kubernetes lowers them first.
            let wrong = names::wrong_qualified_name(key);
            if let Some(why) = wrong {
                causes.push(Cause::invalid(
                    format!("metadata.{field}"),
                    &key.as_str().into(),
                    &why,
                ));
            }
            let why = value.as_str().and_then(names::wrong_label_value);
            if let (true, Some(why)) = (field == "labels", why) {
                causes.push(Cause::invalid("metadata.labels", value, &why));
            }
        }
        let size: usize = map
            .into_iter()
            .flatten()
            .map(|(key, value)| key.len() + value.as_str().map(str::len).unwrap_or_default())
            .sum();
        if field == "annotations" && size > MAX_ANNOTATIONS {
            let why = format!("Too long: may not be more than {MAX_ANNOTATIONS} bytes");
            causes.push(Cause::new("FieldValueTooLong", "metadata.annotations", why));
        }
    }
    for finalizer in object::finalizers(object) {
        if let Some(why) = names::wrong_qualified_name(finalizer) {
            causes.push(Cause::invalid(
                "metadata.finalizers",
                &finalizer.into(),
                &why,
            ));
        }
    }
    causes.extend(wrong_owners(object));
    causes
}

fn wrong_owners(object: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let list = object::meta(object).and_then(|all| all.get("ownerReferences"));
    let mut controllers = 0;
    for owner in list.and_then(Value::as_array).into_iter().flatten() {
        for (field, why) in [
            ("apiVersion", "version must not be empty"),
            ("kind", "must not be empty"),
            ("name", "must not be empty"),
            ("uid", "must not be empty"),
        ] {
            let value = owner.get(field).and_then(Value::as_str).unwrap_or_default();
            if value.is_empty() {
                let path = format!("metadata.ownerReferences.{field}");
                causes.push(Cause::invalid(path, &"".into(), why));
            }
        }
        if owner.get("controller").and_then(Value::as_bool) == Some(true) {
            controllers += 1;
        }
    }
    if controllers > 1 {
        let why = "Only one reference can have Controller set to true";
        causes.push(Cause::new(
            "FieldValueInvalid",
            "metadata.ownerReferences",
            format!("Invalid value: {why}"),
        ));
    }
    causes
}

/// What an update may not do to the metadata.
pub(super) fn validate_update(old: &Value, new: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    if !object::is_deleting(old) {
        return causes;
    }
    let before: Vec<&str> = object::finalizers(old).collect();
    let added: Vec<String> = object::finalizers(new)
        .filter(|one| !before.contains(one))
        .map(|one| format!("{one:?}"))
        .collect();
    if !added.is_empty() {
        let why = format!(
            "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
            added.join(", ")
        );
        causes.push(Cause::forbidden("metadata.finalizers", &why));
    }
    causes
}
