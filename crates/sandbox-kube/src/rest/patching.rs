//! Patch, in all its forms.

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{Map, Value, json};

use super::fresh::{self, Origin, Written};
use super::{Ask, admit, body, listing, present, update};
use crate::object;
use crate::patch::{self, ApplyConflict, Operation};
use crate::server::State;
use crate::status::{Cause, Status};

const JSON: &str = "application/json-patch+json";
const MERGE: &str = "application/merge-patch+json";
const STRATEGIC: &str = "application/strategic-merge-patch+json";
const APPLY: &str = "application/apply-patch+yaml";

/// A patch, read.
#[derive(Debug)]
pub(super) enum Patch {
    Json(Bytes),
    Merge(Value),
    Strategic(Value),
    Apply(Value),
}

/// Reads the patch of a request and checks its options.
pub(super) fn read(ask: &Ask<'_>) -> Result<Patch, Status> {
    let media = body::content_type(&ask.parts.headers);
    let strategic = ask.resource.crd.is_none();
    let decode = || -> Result<Value, Status> {
        let value: Value = serde_json::from_slice(ask.body)
            .map_err(|error| Status::bad_request(format!("error decoding patch: {error}")))?;
        if !value.is_object() {
            return Err(Status::bad_request(
                "error decoding patch: json: cannot unmarshal the patch into a map",
            ));
        }
        Ok(value)
    };
    let patch = match media.as_str() {
        JSON => Patch::Json(ask.body.clone()),
        MERGE => Patch::Merge(decode()?),
        STRATEGIC if strategic => Patch::Strategic(decode()?),
        APPLY => Patch::Apply(body::parse(ask.body)?),
        other => {
            let accepted = if strategic {
                [JSON, MERGE, STRATEGIC, APPLY].join(", ")
            } else {
                [JSON, MERGE, APPLY].join(", ")
            };
            return Err(body::unsupported(other, &accepted));
        }
    };
    check_options(ask, matches!(patch, Patch::Apply(_)))?;
    Ok(patch)
}

fn check_options(ask: &Ask<'_>, apply: bool) -> Result<(), Status> {
    let mut causes = Vec::new();
    if apply && ask.query.field_manager.is_empty() {
        causes.push(Cause::required(
            "fieldManager",
            "is required for apply patch",
        ));
    }
    if !apply && ask.query.force.is_some() {
        causes.push(Cause::forbidden(
            "force",
            "may not be specified for non-apply patch",
        ));
    }
    if ask.query.field_manager.chars().count() > 128 {
        causes.push(Cause::new(
            "FieldValueTooLong",
            "fieldManager",
            "Too long: may not be more than 128 bytes",
        ));
    }
    if causes.is_empty() {
        return Ok(());
    }
    Err(Status::invalid("meta.k8s.io", "PatchOptions", "", causes))
}

/// Patches an object or its status.
pub(super) fn patch(ask: &Ask<'_>) -> Result<Response<Bytes>, Status> {
    let patch = read(ask)?;
    let (code, (object, warnings)) = ask.shared.write(|state| match patch {
        Patch::Apply(config) => apply(ask, state, config),
        patch => change(ask, state, patch).map(|written| (StatusCode::OK, written)),
    })?;
    let mut response = present::with_code(ask, code, &object);
    super::warn(&mut response, &warnings);
    Ok(response)
}

fn change(ask: &Ask<'_>, state: &mut State, patch: Patch) -> Result<Written, Status> {
    let old = listing::object(ask, &state.store)?.clone();
    let shown = present::present(&ask.resource, &old);
    let mut new = patched(ask, &shown, patch)?;
    admit::check_identity(ask, &mut new)?;
    update::check_name(ask, &new)?;
    update::replace(ask, state, &old, new, Operation::Update)
}

/// A document with a patch applied (anything but an apply).
pub(super) fn patched(ask: &Ask<'_>, document: &Value, patch: Patch) -> Result<Value, Status> {
    match patch {
        Patch::Json(patch) => patch::json_patch(document, &patch),
        Patch::Merge(patch) => {
            let mut document = document.clone();
            patch::merge_patch(&mut document, patch);
            Ok(document)
        }
        Patch::Strategic(patch) => patch::strategic_merge(document, patch, ask.resource.shape())
            .map_err(Status::bad_request),
        Patch::Apply(_) => Err(Status::method_not_allowed()),
    }
}

fn apply(
    ask: &Ask<'_>,
    state: &mut State,
    mut config: Value,
) -> Result<(StatusCode, Written), Status> {
    if config
        .pointer("/metadata/managedFields")
        .is_some_and(|fields| !fields.is_null())
    {
        return Err(Status::bad_request("metadata.managedFields must be nil"));
    }
    if ask.resource.crd.is_none() {
        drop_nulls(&mut config);
    }
    admit::check_identity(ask, &mut config)?;
    if object::name(&config).is_empty() {
        object::set_meta(&mut config, "name", ask.target.name.as_str());
    }
    update::check_name(ask, &config)?;
    let old = listing::object(ask, &state.store).ok().cloned();
    let (uid, version) = (
        taken(&mut config, "uid"),
        taken(&mut config, "resourceVersion"),
    );
    strip(ask, &mut config);
    check_declared(ask, &config)?;
    let identity = fresh::identity(ask, Operation::Apply);
    let force = ask.query.force.unwrap_or_default();
    let shape = ask.resource.shape();
    let Some(old) = old else {
        if !ask.target.subresource.is_empty() {
            return Err(ask.not_found());
        }
        if let Some(uid) = uid {
            let why = format!(
                "uid mismatch: the provided object specified uid {uid}, and no existing object was found"
            );
            let resource = &ask.resource;
            return Err(Status::conflict(
                &resource.group,
                &resource.plural,
                &ask.target.name,
                &why,
            ));
        }
        let live = identity_of(&config);
        let new = patch::apply(&live, &config, shape, identity, force, &ask.now)
            .map_err(|conflicts| refused(&conflicts))?;
        let written = fresh::insert(ask, state, new, Origin::Applied)?;
        return Ok((StatusCode::CREATED, written));
    };
    let shown = present::present(&ask.resource, &old);
    let mut new = patch::apply(&shown, &config, shape, identity, force, &ask.now)
        .map_err(|conflicts| refused(&conflicts))?;
    for (field, value) in [("uid", uid), ("resourceVersion", version)] {
        if let Some(value) = value {
            object::set_meta(&mut new, field, value);
        }
    }
    let written = update::replace(ask, state, &old, new, Operation::Apply)?;
    Ok((StatusCode::OK, written))
}

/// What the schema does not know, or what is said twice, cannot be owned.
fn check_declared(ask: &Ask<'_>, config: &Value) -> Result<(), Status> {
    let unknown = || {
        ask.resource.crd.as_ref()?;
        let unknown = ask.resource.schema.prune(&mut config.clone());
        unknown
            .first()
            .map(|path| format!(".{path}: field not declared in schema"))
    };
    let wrong = unknown().or_else(|| patch::duplicate(config, ask.resource.shape()));
    let Some(wrong) = wrong else {
        return Ok(());
    };
    let message = format!(
        "failed to create typed patch object ({}/{}; {}, Kind={}): {wrong}",
        ask.target.namespace,
        ask.target.name,
        ask.resource.api_version(),
        ask.resource.kind,
    );
    Err(Status::new(500, "", message))
}

fn taken(config: &mut Value, field: &str) -> Option<Value> {
    object::remove_meta(config, field)
        .filter(|value| value.as_str().is_some_and(|text| !text.is_empty()))
}

/// Takes away what this request cannot set.
fn strip(ask: &Ask<'_>, config: &mut Value) {
    for field in [
        "creationTimestamp",
        "deletionTimestamp",
        "generation",
        "selfLink",
        "managedFields",
    ] {
        object::remove_meta(config, field);
    }
    if !ask.resource.subresources.status {
        return;
    }
    let Some(map) = config.as_object_mut() else {
        return;
    };
    if ask.target.subresource == "status" {
        map.retain(|name, _| {
            matches!(name.as_str(), "apiVersion" | "kind" | "metadata" | "status")
        });
        if let (true, Some(metadata)) = (
            ask.resource.crd.is_some(),
            map.get_mut("metadata").and_then(Value::as_object_mut),
        ) {
            metadata.retain(|name, _| matches!(name.as_str(), "name" | "namespace"));
        }
    } else if ask.resource.plural != "nodes" {
        map.shift_remove("status");
    }
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, value| !value.is_null());
            map.values_mut().for_each(drop_nulls);
        }
        Value::Array(list) => list.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

/// What is there before anything was applied.
fn identity_of(config: &Value) -> Value {
    let mut metadata = Map::new();
    for field in ["name", "namespace"] {
        if let Some(value) = object::meta_text(config, field) {
            metadata.insert(field.into(), value.into());
        }
    }
    json!({
        "apiVersion": config.get("apiVersion"),
        "kind": config.get("kind"),
        "metadata": metadata,
    })
}

/// 409 that names who owns what.
fn refused(conflicts: &[ApplyConflict]) -> Status {
    let message = match conflicts {
        [one] => format!(
            "Apply failed with 1 conflict: conflict with {}: {}",
            one.manager, one.path
        ),
        many => {
            let mut managers: Vec<&str> = many.iter().map(|one| one.manager.as_str()).collect();
            managers.sort_unstable();
            managers.dedup();
            let mut lines = Vec::new();
            for manager in managers {
                lines.push(format!("conflicts with {manager}:"));
                let paths = many.iter().filter(|one| one.manager == manager);
                lines.extend(paths.map(|one| format!("- {}", one.path)));
            }
            format!(
                "Apply failed with {} conflicts: {}",
                many.len(),
                lines.join("\n")
            )
        }
    };
    let causes = conflicts.iter().map(|one| {
        let message = format!("conflict with {}", one.manager);
        Cause::new("FieldManagerConflict", one.path.as_str(), message)
    });
    Status::new(409, "Conflict", message).because(causes)
}
