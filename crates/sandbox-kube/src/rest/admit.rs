//! What every object goes through before it is stored: its type, its schema, its metadata.

use serde_json::{Map, Value};

use super::query::FieldValidation;
use super::{Ask, checks, defaults, events, metadata};
use crate::object;
use crate::rbac;
use crate::resource::api_version;
use crate::server::State;
use crate::status::Status;

/// Makes sure that an object is of the kind and in the namespace that the request is for.
pub(super) fn check_identity(ask: &Ask<'_>, object: &mut Value) -> Result<(), Status> {
    let resource = &ask.resource;
    let expected = api_version(&resource.group, &resource.version);
    if !object.is_object() {
        return Err(Status::bad_request(
            "couldn't get version/kind; json parse error: json: cannot unmarshal the body into Go value of type struct { APIVersion string; Kind string }",
        ));
    }
    for (field, wanted) in [
        ("apiVersion", expected.as_str()),
        ("kind", resource.kind.as_str()),
    ] {
        let found = object
            .get(field)
            .and_then(Value::as_str)
            .unwrap_or_default();
        if found == wanted {
            continue;
        }
        if !found.is_empty() {
            return Err(wrong_type(ask, field, found, &expected));
        }
        if resource.crd.is_some() {
            let name = if field == "kind" {
                "Kind"
            } else {
                "apiVersion"
            };
            let message = format!("Object '{name}' is missing in '{}'", shortened(object));
            return Err(Status::bad_request(message));
        }
        set_first(object, field, wanted);
    }
    metadata::check_types(ask, object)?;
    let wanted = super::listing::namespace(ask).to_owned();
    let found = object::namespace(object);
    if found.is_empty() && !wanted.is_empty() {
        object::set_meta(object, "namespace", wanted);
    } else if resource.namespaced && found != wanted {
        return Err(Status::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    } else if !resource.namespaced {
        object::remove_meta(object, "namespace");
    }
    Ok(())
}

fn wrong_type(ask: &Ask<'_>, field: &str, found: &str, expected: &str) -> Status {
    if field == "apiVersion" {
        return Status::bad_request(format!(
            "the API version in the data ({found}) does not match the expected API version ({expected})"
        ));
    }
    Status::bad_request(format!(
        "the kind in the data ({found}) does not match the expected kind ({})",
        ask.resource.kind
    ))
}

fn shortened(object: &Value) -> String {
    object.to_string().chars().take(200).collect()
}

fn set_first(object: &mut Value, field: &str, value: &str) {
    if let Some(map) = object.as_object_mut() {
        map.shift_insert(0, field.to_owned(), value.into());
    }
}

/// Takes away what the schema does not know, and fills in defaults. Returns warnings.
///
/// # Errors
/// 400 for unknown fields under `fieldValidation=Strict`.
pub(super) fn complete(ask: &Ask<'_>, object: &mut Value) -> Result<Vec<String>, Status> {
    let unknown = ask.resource.schema.prune(object);
    let mut warnings = Vec::new();
    match ask.query.field_validation {
        FieldValidation::Ignore => {}
        FieldValidation::Warn => {
            warnings.extend(unknown.iter().map(|path| format!("unknown field {path:?}")));
        }
        FieldValidation::Strict if !unknown.is_empty() => {
            let fields: Vec<String> = unknown
                .iter()
                .map(|path| format!("unknown field {path:?}"))
                .collect();
            let (kind, fields) = (&ask.resource.kind, fields.join(", "));
            return Err(Status::bad_request(format!(
                "{kind} in version {:?} cannot be handled as a {kind}: strict decoding error: {fields}",
                ask.resource.version
            )));
        }
        FieldValidation::Strict => {}
    }
    ask.resource.schema.apply_defaults(object);
    defaults::apply_defaults(&ask.resource, object);
    Ok(warnings)
}

/// 422, if anything is wrong with the object.
pub(super) fn validate(ask: &Ask<'_>, object: &Value, old: Option<&Value>) -> Result<(), Status> {
    let mut causes = metadata::validate(ask, object);
    if let Some(old) = old {
        causes.extend(metadata::validate_update(old, object));
    }
    causes.extend(checks::validate(&ask.resource, object, old));
    let schema = &ask.resource.schema;
    causes.extend(match ask.resource.group.as_str() {
        // The schema is that of the request's version, the object that of the stored one.
        "events.k8s.io" => schema.validate(&events::event_as("events.k8s.io", object), None),
        _ => schema.validate(object, old),
    });
    if causes.is_empty() {
        return Ok(());
    }
    Err(ask.invalid(object::name(object), causes))
}

/// 403, if an RBAC object gives away more than its writer has.
pub(super) fn check_escalation(
    ask: &Ask<'_>,
    state: &State,
    old: Option<&Value>,
    new: &Value,
) -> Result<(), Status> {
    if ask.may_escalate {
        return Ok(());
    }
    rbac::check_escalation(&ask.user, &state.store, &ask.resource.plural, old, new)
}

/// The object that a new one is compared with to see what it sets: a typed kind has its parts, empty, from
/// the start.
pub(super) fn blank(ask: &Ask<'_>) -> Value {
    let mut blank = Map::new();
    blank.insert("metadata".into(), Value::Object(Map::new()));
    if ask.resource.crd.is_none() {
        for part in ["spec", "status"] {
            blank.insert(part.into(), Value::Object(Map::new()));
        }
    }
    Value::Object(blank)
}
