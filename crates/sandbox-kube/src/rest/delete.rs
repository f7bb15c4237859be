//! Delete, of one object and of many.

use std::sync::Arc;

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{Map, Value, json};

use super::garbage::{self, Outcome, Propagation};
use super::{Ask, body, kinds, listing, present, query};
use crate::answer;
use crate::object;
use crate::rbac::restrict_node;
use crate::server::State;
use crate::status::{Cause, Status};
use crate::store::Address;

/// How to delete.
#[derive(Debug, Default)]
struct Options {
    propagation: Propagation,
    uid: Option<String>,
    revision: Option<String>,
    dry_run: bool,
}

fn options(ask: &Ask<'_>) -> Result<Options, Status> {
    let sent = if ask.body.iter().all(u8::is_ascii_whitespace) {
        Value::Null
    } else {
        body::object(&ask.parts.headers, ask.body)?
    };
    let text = |path: &str| {
        sent.pointer(path)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let mut dry_run = ask.query.dry_run;
    for one in sent
        .get("dryRun")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        dry_run |= query::dry_run(one.as_str().unwrap_or_default())?;
    }
    let policy = text("/propagationPolicy").or_else(|| ask.query.propagation.clone());
    let policy = policy.filter(|one| !one.is_empty());
    let orphan = sent
        .get("orphanDependents")
        .and_then(Value::as_bool)
        .or(ask.query.orphan_dependents);
    let wrong = |cause| {
        Err(Status::invalid(
            "meta.k8s.io",
            "DeleteOptions",
            "",
            vec![cause],
        ))
    };
    let propagation = match (policy.as_deref(), orphan) {
        (Some(_), Some(_)) => {
            let why = "Invalid value: orphanDependents and deletionPropagation cannot be both set";
            return wrong(Cause::new("FieldValueInvalid", "propagationPolicy", why));
        }
        (None, Some(true)) | (Some("Orphan"), None) => Propagation::Orphan,
        (None | Some("Background"), _) => Propagation::Background,
        (Some("Foreground"), None) => Propagation::Foreground,
        (Some(other), _) => {
            let supported = ["Foreground", "Background", "Orphan", "nil"];
            return wrong(Cause::unsupported(
                "propagationPolicy",
                &other.into(),
                &supported,
            ));
        }
    };
    Ok(Options {
        propagation,
        uid: text("/preconditions/uid"),
        revision: text("/preconditions/resourceVersion"),
        dry_run,
    })
}

/// Deletes the object of a request.
pub(super) fn one(ask: &Ask<'_>) -> Result<Response<Bytes>, Status> {
    let options = options(ask)?;
    let outcome = ask.shared.write(|state| {
        let address = Address {
            storage: ask.resource.storage.clone(),
            key: listing::ask_key(ask),
        };
        let object = listing::object(ask, &state.store)?.clone();
        check_preconditions(ask, &options, &object)?;
        remove(ask, state, &address, &object, &options)
    })?;
    Ok(match &outcome {
        Outcome::Marked(object) => present::one(ask, object),
        Outcome::Removed(object) if kinds::returns_deleted(&ask.resource) => {
            present::one(ask, object)
        }
        Outcome::Removed(object) => answer::json(StatusCode::OK, &success(ask, object)),
    })
}

/// Deletes one object as the request's options say.
pub(super) fn plain(ask: &Ask<'_>, state: &mut State) -> Result<Outcome, Status> {
    let address = Address {
        storage: ask.resource.storage.clone(),
        key: listing::ask_key(ask),
    };
    let object = listing::object(ask, &state.store)?.clone();
    let options = Options {
        dry_run: ask.query.dry_run,
        ..Options::default()
    };
    remove(ask, state, &address, &object, &options)
}

fn remove(
    ask: &Ask<'_>,
    state: &mut State,
    address: &Address,
    object: &Arc<Value>,
    options: &Options,
) -> Result<Outcome, Status> {
    restrict_node(
        &ask.user,
        &ask.resource.plural,
        object::name(object),
        Some(object),
        None,
    )?;
    kinds::may_delete(&ask.resource, object)?;
    if options.dry_run {
        return Ok(Outcome::Removed(object.clone()));
    }
    garbage::delete(state, address, options.propagation, &ask.now).ok_or_else(|| ask.not_found())
}

fn check_preconditions(ask: &Ask<'_>, options: &Options, object: &Value) -> Result<(), Status> {
    let conflict = |why: String| {
        let resource = &ask.resource;
        Err(Status::conflict(
            &resource.group,
            &resource.plural,
            object::name(object),
            &why,
        ))
    };
    let uid = object::uid(object);
    if let Some(wanted) = options.uid.as_deref().filter(|&wanted| wanted != uid) {
        return conflict(format!(
            "the UID in the precondition ({wanted}) does not match the UID in record ({uid}). The object might have been deleted and then recreated"
        ));
    }
    let revision = object::meta_text(object, "resourceVersion").unwrap_or_default();
    if let Some(wanted) = options
        .revision
        .as_deref()
        .filter(|&wanted| wanted != revision)
    {
        return conflict(format!(
            "the ResourceVersion in the precondition ({wanted}) does not match the ResourceVersion in record ({revision}). The object might have been modified"
        ));
    }
    Ok(())
}

/// What is said of an object that is gone.
pub(super) fn success(ask: &Ask<'_>, object: &Value) -> Value {
    let resource = &ask.resource;
    let mut details = Map::new();
    details.insert("name".into(), object::name(object).into());
    if !resource.group.is_empty() {
        details.insert("group".into(), resource.group.as_str().into());
    }
    details.insert("kind".into(), resource.plural.as_str().into());
    details.insert("uid".into(), object::uid(object).into());
    json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details })
}

/// Deletes all objects of a request's selectors.
pub(super) fn collection(ask: &Ask<'_>) -> Result<Response<Bytes>, Status> {
    if ask.resource.plural == "namespaces" && ask.resource.group.is_empty() {
        return Err(Status::method_not_allowed());
    }
    let options = options(ask)?;
    let selector = listing::selector(ask)?;
    let (objects, revision) = ask.shared.write(|state| -> Result<_, Status> {
        let found: Vec<(Address, Arc<Value>)> = state
            .store
            .list(&ask.resource.storage, listing::namespace(ask))
            .filter(|(_, object)| selector.matches(object))
            .map(|(key, object)| {
                let storage = ask.resource.storage.clone();
                (
                    Address {
                        storage,
                        key: key.to_owned(),
                    },
                    object.clone(),
                )
            })
            .collect();
        let mut objects = Vec::with_capacity(found.len());
        for (address, object) in found {
            // An earlier one may have taken this one with it.
            if state.store.at(&address).is_none() {
                continue;
            }
            objects.push(match remove(ask, state, &address, &object, &options)? {
                Outcome::Removed(object) | Outcome::Marked(object) => object,
            });
        }
        Ok((objects, state.store.revision()))
    })?;
    let mut metadata = Map::new();
    metadata.insert("resourceVersion".into(), revision.to_string().into());
    Ok(present::many(ask, &objects, metadata))
}
