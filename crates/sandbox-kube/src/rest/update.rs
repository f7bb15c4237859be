//! Update, and what all changes of an object have in common.

use std::sync::Arc;

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{Map, Value};

use super::fresh::{self, Origin, Written};
use super::{Ask, admit, body, defaults, events, garbage, kinds, listing, present};
use crate::object;
use crate::patch::{Operation, record_update};
use crate::rbac::restrict_node;
use crate::server::State;
use crate::status::{Cause, Status};
use crate::store::Address;

/// Replaces an object, or its status, by the body.
pub(super) fn put(ask: &Ask<'_>) -> Result<Response<Bytes>, Status> {
    let mut object = body::object(&ask.parts.headers, ask.body)?;
    admit::check_identity(ask, &mut object)?;
    check_name(ask, &object)?;
    let (code, (object, warnings)) = ask.shared.write(|state| {
        let old = match listing::object(ask, &state.store) {
            Ok(old) => old.clone(),
            Err(_) if may_create(ask) && !has_version(&object) => {
                let written = fresh::insert(ask, state, object, Origin::Created)?;
                return Ok((StatusCode::CREATED, written));
            }
            Err(status) => return Err(status),
        };
        if !has_version(&object) && !kinds::allows_unconditional_update(&ask.resource) {
            let why = "Invalid value: 0x0: must be specified for an update";
            let cause = Cause::new("FieldValueInvalid", "metadata.resourceVersion", why);
            return Err(ask.invalid(&ask.target.name, vec![cause]));
        }
        Ok((
            StatusCode::OK,
            replace(ask, state, &old, object, Operation::Update)?,
        ))
    })?;
    let mut response = present::with_code(ask, code, &object);
    super::warn(&mut response, &warnings);
    Ok(response)
}

fn has_version(object: &Value) -> bool {
    object::meta_text(object, "resourceVersion").is_some_and(|text| !text.is_empty())
}

fn may_create(ask: &Ask<'_>) -> bool {
    ask.target.subresource.is_empty() && kinds::creates_on_update(&ask.resource)
}

/// 400 unless the object has the name in the URL.
pub(super) fn check_name(ask: &Ask<'_>, object: &Value) -> Result<(), Status> {
    let (found, wanted) = (object::name(object), ask.target.name.as_str());
    if found == wanted {
        return Ok(());
    }
    if found.is_empty() {
        return Err(Status::bad_request(
            "the name of the object (based on URL) was undeterminable: name must be provided",
        ));
    }
    Err(Status::bad_request(format!(
        "the name of the object ({found}) does not match the name on the URL ({wanted})"
    )))
}

/// Stores the new state of an object. `new` is in the request's version, with identity checked.
pub(super) fn replace(
    ask: &Ask<'_>,
    state: &mut State,
    old: &Arc<Value>,
    mut new: Value,
    operation: Operation,
) -> Result<Written, Status> {
    let resource = &ask.resource;
    check_version(ask, old, &new)?;
    keep_what_is_fixed(ask, old, &mut new, operation)?;
    let warnings = admit::complete(ask, &mut new)?;
    let mut new = events::to_stored(resource, new);
    keep_other_part(ask, old, &mut new);
    defaults::prepare_change(resource, old, &mut new);
    restrict_node(
        &ask.user,
        &resource.plural,
        object::name(old),
        Some(old),
        Some(&new),
    )?;
    admit::validate(ask, &new, Some(old))?;
    admit::check_escalation(ask, state, Some(old), &new)?;
    count_generation(ask, old, &mut new);
    own_fields(ask, old, &mut new, operation);
    if **old == new {
        return Ok((old.clone(), warnings));
    }
    if ask.query.dry_run {
        return Ok((Arc::new(new), warnings));
    }
    let address = Address {
        storage: resource.storage.clone(),
        key: listing::ask_key(ask),
    };
    if object::is_deleting(&new) && garbage::may_go(&new) {
        let last = garbage::finish(state, &address, new, &ask.now);
        return Ok((last, warnings));
    }
    let stored = state.store.put(&address, new);
    Ok((
        garbage::after_write(state, &address, stored, &ask.now),
        warnings,
    ))
}

/// 409 for a revision or a uid that is not the object's.
fn check_version(ask: &Ask<'_>, old: &Value, new: &Value) -> Result<(), Status> {
    let resource = &ask.resource;
    let conflict = |why: &str| {
        Err(Status::conflict(
            &resource.group,
            &resource.plural,
            object::name(old),
            why,
        ))
    };
    let uid = object::uid(new);
    if !uid.is_empty() && uid != object::uid(old) {
        return conflict(&format!(
            "Precondition failed: UID in precondition: {uid}, UID in object meta: {}",
            object::uid(old)
        ));
    }
    let version = object::meta_text(new, "resourceVersion").unwrap_or_default();
    if version.is_empty() || Some(version) == object::meta_text(old, "resourceVersion") {
        return Ok(());
    }
    if version.parse::<u64>().is_err() {
        let cause = Cause::invalid(
            "metadata.resourceVersion",
            &version.into(),
            "must be an integer",
        );
        return Err(ask.invalid(object::name(old), vec![cause]));
    }
    conflict(
        "the object has been modified; please apply your changes to the latest version and try again",
    )
}

/// The server's own fields are as they were, whatever the client sends.
fn keep_what_is_fixed(
    ask: &Ask<'_>,
    old: &Value,
    new: &mut Value,
    operation: Operation,
) -> Result<(), Status> {
    for field in [
        "uid",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "generation",
        "resourceVersion",
        "generateName",
        "selfLink",
    ] {
        match object::meta(old).and_then(|all| all.get(field)) {
            Some(value) => object::set_meta(new, field, value.clone()),
            None => {
                object::remove_meta(new, field);
            }
        }
    }
    if operation == Operation::Apply {
        return Ok(());
    }
    let sent = object::meta(new)
        .and_then(|all| all.get("managedFields"))
        .cloned();
    match sent.as_ref().map(Value::as_array) {
        Some(None) => {
            return Err(Status::bad_request(format!(
                "{} in version {:?} cannot be handled: metadata.managedFields must be a list",
                ask.resource.kind, ask.resource.version
            )));
        }
        // One empty entry is how a client asks for the owners to be forgotten.
        Some(Some(list))
            if list.iter().all(|one| one == &Value::Object(Map::new())) && !list.is_empty() =>
        {
            object::remove_meta(new, "managedFields");
        }
        Some(Some(list)) if !list.is_empty() => {}
        _ => {
            if let Some(value) = object::meta(old).and_then(|all| all.get("managedFields")) {
                object::set_meta(new, "managedFields", value.clone());
            }
        }
    }
    Ok(())
}

/// A request for the status changes nothing else, and one for the object does not change its status.
fn keep_other_part(ask: &Ask<'_>, old: &Value, new: &mut Value) {
    if !ask.resource.subresources.status {
        return;
    }
    if ask.target.subresource != "status" {
        set_part(new, "status", old.get("status"));
        return;
    }
    let mut kept = old.clone();
    set_part(&mut kept, "status", new.get("status"));
    if ask.resource.crd.is_some() {
        match object::meta(new).and_then(|all| all.get("managedFields")) {
            Some(fields) => object::set_meta(&mut kept, "managedFields", fields.clone()),
            None => {
                object::remove_meta(&mut kept, "managedFields");
            }
        }
    } else {
        set_part(&mut kept, "metadata", new.get("metadata"));
    }
    *new = kept;
}

fn set_part(object: &mut Value, part: &str, value: Option<&Value>) {
    let Some(map) = object.as_object_mut() else {
        return;
    };
    match value {
        Some(value) => {
            map.insert(part.to_owned(), value.clone());
        }
        None => {
            map.shift_remove(part);
        }
    }
}

/// The generation counts changes of what is wanted: everything but metadata and, where it is a
/// subresource, the status.
fn count_generation(ask: &Ask<'_>, old: &Value, new: &mut Value) {
    if !ask.resource.generation || ask.target.subresource == "status" {
        return;
    }
    let counts =
        |name: &str| name != "metadata" && !(name == "status" && ask.resource.subresources.status);
    let members = |object: &Value| {
        object
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(name, _)| counts(name))
            .count()
    };
    let same = members(old) == members(new)
        && new
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(name, _)| counts(name))
            .all(|(name, value)| old.get(name) == Some(value));
    if !same {
        let generation = object::meta(old).and_then(|all| all.get("generation"));
        let generation = generation.and_then(Value::as_i64).unwrap_or_default();
        object::set_meta(new, "generation", generation + 1);
    }
}

fn own_fields(ask: &Ask<'_>, old: &Value, new: &mut Value, operation: Operation) {
    if operation == Operation::Update {
        let identity = fresh::identity(ask, operation);
        record_update(old, new, ask.resource.shape(), identity, &ask.now);
    }
}
