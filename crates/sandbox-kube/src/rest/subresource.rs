//! The subresources besides `status`.

use std::sync::Arc;

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::{Ask, body, delete, garbage, listing, scale};
use crate::answer;
use crate::object;
use crate::status::Status;
use crate::store::Address;

/// Answers a request for a subresource.
pub(super) fn answer(ask: &Ask<'_>, verb: &str) -> Result<Response<Bytes>, Status> {
    let name = ask.target.subresource.as_str();
    if let (Some(scale), "scale") = (&ask.resource.subresources.scale, name) {
        return scale::answer(ask, verb, scale);
    }
    match (
        ask.resource.group.as_str(),
        ask.resource.plural.as_str(),
        name,
        verb,
    ) {
        ("", "pods", "eviction", "create") => evict(ask),
        ("", "pods", "binding", "create") => bind(ask),
        ("", "namespaces", "finalize", "update") => finalize(ask),
        ("", "pods", "eviction" | "binding", _) | ("", "namespaces", "finalize", _) => {
            Err(Status::method_not_allowed())
        }
        _ => Err(Status::no_such_path()),
    }
}

/// Evicts a pod. There are no disruption budgets to keep here, as no controller fills in their status.
fn evict(ask: &Ask<'_>) -> Result<Response<Bytes>, Status> {
    ask.shared.write(|state| delete::plain(ask, state))?;
    Ok(created())
}

/// Says which node a pod runs on.
fn bind(ask: &Ask<'_>) -> Result<Response<Bytes>, Status> {
    let binding = body::object(&ask.parts.headers, ask.body)?;
    let node = binding
        .pointer("/target/name")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if node.is_empty() {
        return Err(Status::bad_request("target.name is required"));
    }
    ask.shared.write(|state| {
        let old = listing::object(ask, &state.store)?.clone();
        if old
            .pointer("/spec/nodeName")
            .and_then(Value::as_str)
            .is_some_and(|one| !one.is_empty())
        {
            let why = format!(
                "pod {} is already assigned to node {node:?}",
                ask.target.name
            );
            return Err(Status::conflict("", "pods/binding", &ask.target.name, &why));
        }
        let mut pod = old.as_ref().clone();
        if let Some(spec) = pod.get_mut("spec").and_then(Value::as_object_mut) {
            spec.insert("nodeName".into(), node.into());
        }
        let address = Address {
            storage: ask.resource.storage.clone(),
            key: listing::ask_key(ask),
        };
        state.store.put(&address, pod);
        Ok(())
    })?;
    Ok(created())
}

fn created() -> Response<Bytes> {
    let status = json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201 });
    answer::json(StatusCode::CREATED, &status)
}

/// Sets the finalizers in a namespace's specification.
fn finalize(ask: &Ask<'_>) -> Result<Response<Bytes>, Status> {
    let sent = body::object(&ask.parts.headers, ask.body)?;
    let finalizers = sent
        .pointer("/spec/finalizers")
        .cloned()
        .unwrap_or_else(|| json!([]));
    let object = ask.shared.write(|state| -> Result<Arc<Value>, Status> {
        let old = listing::object(ask, &state.store)?.clone();
        let mut next = old.as_ref().clone();
        if let Some(map) = next.as_object_mut() {
            map.insert("spec".into(), json!({ "finalizers": finalizers }));
        }
        let address = Address {
            storage: ask.resource.storage.clone(),
            key: listing::ask_key(ask),
        };
        if object::is_deleting(&next) && garbage::may_go(&next) {
            return Ok(garbage::finish(state, &address, next, &ask.now));
        }
        Ok(state.store.put(&address, next))
    })?;
    Ok(answer::json(StatusCode::OK, &object))
}
