//! Create.

use std::sync::Arc;

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::Value;

use super::{Ask, admit, body, defaults, events, garbage, listing, present};
use crate::object;
use crate::patch::{Identity, Operation, record_update};
use crate::rbac::restrict_node;
use crate::server::State;
use crate::status::{Cause, Status};
use crate::store::{Address, key};

/// An object and what its writer should be warned of.
pub(super) type Written = (Arc<Value>, Vec<String>);

/// Creates the object in the body.
pub(super) fn create(ask: &Ask<'_>) -> Result<Response<Bytes>, Status> {
    if !ask.target.name.is_empty() {
        return Err(Status::method_not_allowed());
    }
    let mut object = body::object(&ask.parts.headers, ask.body)?;
    admit::check_identity(ask, &mut object)?;
    // Who owned what elsewhere does not count here.
    object::remove_meta(&mut object, "managedFields");
    let (object, warnings) = ask
        .shared
        .write(|state| insert(ask, state, object, Origin::Created))?;
    let mut response = present::with_code(ask, StatusCode::CREATED, &object);
    super::warn(&mut response, &warnings);
    Ok(response)
}

/// How a new object came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// By a POST or PUT.
    Created,
    /// By server-side apply, which has written down the owners of its fields.
    Applied,
}

/// Puts a new object into the store.
pub(super) fn insert(
    ask: &Ask<'_>,
    state: &mut State,
    mut object: Value,
    origin: Origin,
) -> Result<Written, Status> {
    let resource = &ask.resource;
    check_namespace(ask, state)?;
    let generated = take_name(state, &mut object);
    if object::meta_text(&object, "resourceVersion").is_some_and(|text| !text.is_empty()) {
        let message = "resourceVersion should not be set on objects to be created";
        return Err(Status::new(500, "", message));
    }
    let warnings = admit::complete(ask, &mut object)?;
    let mut object = events::to_stored(resource, object);
    defaults::prepare_new(state, resource, &mut object);
    restrict_node(
        &ask.user,
        &resource.plural,
        object::name(&object),
        None,
        Some(&object),
    )?;
    admit::validate(ask, &object, None)?;
    admit::check_escalation(ask, state, None, &object)?;
    let mut address = address(ask, &object);
    for _ in 0..8 {
        if state.store.at(&address).is_none() {
            break;
        }
        let Some(prefix) = &generated else { break };
        let name = format!("{prefix}{}", state.suffix());
        object::set_meta(&mut object, "name", name);
        address = self::address(ask, &object);
    }
    if state.store.at(&address).is_some() {
        let name = object::name(&object);
        return Err(Status::already_exists(
            &resource.group,
            &resource.plural,
            name,
        ));
    }
    for field in [
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "selfLink",
        "resourceVersion",
    ] {
        object::remove_meta(&mut object, field);
    }
    object::set_meta(&mut object, "uid", state.uid());
    object::set_meta(&mut object, "creationTimestamp", ask.now.as_str());
    if resource.generation {
        object::set_meta(&mut object, "generation", 1);
    } else {
        object::remove_meta(&mut object, "generation");
    }
    if origin == Origin::Created {
        let identity = identity(ask, Operation::Update);
        record_update(
            &admit::blank(ask),
            &mut object,
            resource.shape(),
            identity,
            &ask.now,
        );
    }
    if ask.query.dry_run {
        return Ok((Arc::new(object), warnings));
    }
    let stored = state.store.put(&address, object);
    Ok((
        garbage::after_write(state, &address, stored, &ask.now),
        warnings,
    ))
}

/// Who is written down for a request.
pub(super) fn identity(ask: &Ask<'_>, operation: Operation) -> Identity {
    Identity {
        manager: ask.manager(),
        operation,
        api_version: ask.resource.api_version(),
        subresource: ask.target.subresource.clone(),
    }
}

fn address(ask: &Ask<'_>, object: &Value) -> Address {
    let key = key(listing::namespace(ask), object::name(object));
    Address {
        storage: ask.resource.storage.clone(),
        key,
    }
}

/// Gives the object a name if it only has the beginning of one; returns that beginning.
fn take_name(state: &mut State, object: &mut Value) -> Option<String> {
    if !object::name(object).is_empty() {
        return None;
    }
    let prefix = object::meta_text(object, "generateName").filter(|text| !text.is_empty())?;
    // 63 characters in all, of which the suffix takes five.
    let prefix: String = prefix.chars().take(58).collect();
    let name = format!("{prefix}{}", state.suffix());
    object::set_meta(object, "name", name);
    Some(prefix)
}

fn check_namespace(ask: &Ask<'_>, state: &State) -> Result<(), Status> {
    let name = listing::namespace(ask);
    if name.is_empty() {
        return Ok(());
    }
    let Some(namespace) = state.store.get("namespaces", name) else {
        return Err(Status::not_found("", "namespaces", name));
    };
    if !object::is_deleting(namespace) {
        return Ok(());
    }
    let why =
        format!("unable to create new content in namespace {name} because it is being terminated");
    let resource = &ask.resource;
    let cause = Cause::new(
        "NamespaceTerminating",
        "metadata.namespace",
        format!("namespace {name} is being terminated"),
    );
    Err(
        Status::forbidden(&resource.group, &resource.plural, &ask.target.name, &why)
            .because([cause]),
    )
}
