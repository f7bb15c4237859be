//! `/scale`: the wanted and the actual number of replicas as an `autoscaling/v1` `Scale`.

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{Map, Value, json};

use super::patching::{self, Patch};
use super::{Ask, body, listing, present, update};
use crate::answer;
use crate::object;
use crate::patch::Operation;
use crate::resource::Scale;
use crate::status::{Cause, Status};

/// Answers a request for `/scale`.
pub(super) fn answer(ask: &Ask<'_>, verb: &str, paths: &Scale) -> Result<Response<Bytes>, Status> {
    let scale = match verb {
        "get" => shown(&*listing::get(ask)?, paths),
        "update" => {
            let sent = body::object(&ask.parts.headers, ask.body)?;
            change(ask, paths, |_| Ok(sent))?
        }
        "patch" => {
            let patch = patching::read(ask)?;
            change(ask, paths, |scale| match patch {
                // A scale has one field to set: applying it is merging it.
                Patch::Apply(config) | Patch::Strategic(config) => {
                    patching::patched(ask, scale, Patch::Merge(config))
                }
                patch => patching::patched(ask, scale, patch),
            })?
        }
        _ => return Err(Status::method_not_allowed()),
    };
    Ok(answer::json(StatusCode::OK, &scale))
}

fn change(
    ask: &Ask<'_>,
    paths: &Scale,
    edit: impl FnOnce(&Value) -> Result<Value, Status>,
) -> Result<Value, Status> {
    ask.shared.write(|state| {
        let old = listing::object(ask, &state.store)?.clone();
        let wanted = edit(&shown(&old, paths))?;
        let name = object::name(&wanted);
        if !name.is_empty() && name != ask.target.name {
            return update::check_name(ask, &wanted).map(|()| wanted);
        }
        let replicas = wanted
            .pointer("/spec/replicas")
            .cloned()
            .unwrap_or_else(|| 0.into());
        let invalid = |why: &str| {
            let cause = Cause::invalid("spec.replicas", &replicas, why);
            Err(Status::invalid(
                "autoscaling",
                "Scale",
                &ask.target.name,
                vec![cause],
            ))
        };
        match replicas.as_i64() {
            None => return invalid("must be an integer"),
            Some(number) if number < 0 => return invalid("must be greater than or equal to 0"),
            Some(_) => {}
        }
        let mut new = present::present(&ask.resource, &old)
            .as_ref()
            .as_ref()
            .clone();
        set(&mut new, &paths.spec_path, replicas.clone());
        if let Some(version) = object::meta_text(&wanted, "resourceVersion") {
            object::set_meta(&mut new, "resourceVersion", version);
        }
        let (stored, _) = update::replace(ask, state, &old, new, Operation::Update)?;
        Ok(shown(&stored, paths))
    })
}

/// The object as a `Scale`.
fn shown(object: &Value, paths: &Scale) -> Value {
    let mut metadata = Map::new();
    for field in [
        "name",
        "namespace",
        "uid",
        "resourceVersion",
        "creationTimestamp",
    ] {
        if let Some(value) = object::meta(object).and_then(|all| all.get(field)) {
            metadata.insert(field.into(), value.clone());
        }
    }
    let number = |path: &str| {
        object::at(object, &members(path))
            .and_then(Value::as_i64)
            .unwrap_or_default()
    };
    let mut status = json!({ "replicas": number(&paths.status_path) });
    let selector = paths
        .selector_path
        .as_deref()
        .and_then(|path| object::at(object, &members(path)));
    let selector = selector
        .and_then(Value::as_str)
        .map(str::to_owned)
        .or_else(|| labels(object));
    if let (Some(selector), Some(map)) = (selector, status.as_object_mut()) {
        map.insert("selector".into(), selector.into());
    }
    json!({
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": metadata,
        "spec": { "replicas": number(&paths.spec_path) },
        "status": status,
    })
}

fn labels(object: &Value) -> Option<String> {
    let labels = object.pointer("/spec/selector/matchLabels")?.as_object()?;
    let pairs = labels
        .iter()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()));
    Some(pairs.collect::<Vec<_>>().join(","))
}

fn members(path: &str) -> Vec<&str> {
    path.split('.')
        .filter(|member| !member.is_empty())
        .collect()
}

fn set(object: &mut Value, path: &str, value: Value) {
    let mut place = object;
    for member in members(path) {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        let Some(map) = place.as_object_mut() else {
            return;
        };
        place = map.entry(member).or_insert(Value::Null);
    }
    *place = value;
}
