//! Objects as a client wants them: in the version it asked for, whole, as a table, or their metadata only.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{Map, Value, json};

use super::{Ask, Format};
use crate::answer;
use crate::resource::Resource;
use crate::table::{self, Include};

/// The object in the version of this resource.
pub(crate) fn present<'a>(resource: &Resource, object: &'a Arc<Value>) -> Cow<'a, Arc<Value>> {
    let stored = object
        .get("apiVersion")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if is_version(resource, stored) {
        return Cow::Borrowed(object);
    }
    if resource.storage.as_ref() == "events" {
        return Cow::Owned(Arc::new(super::events::event_as(&resource.group, object)));
    }
    // Other kinds differ in nothing but the version (CRDs without conversion webhook).
    let mut other = object.as_ref().clone();
    set(&mut other, "apiVersion", resource.api_version().into());
    Cow::Owned(Arc::new(other))
}

fn is_version(resource: &Resource, api_version: &str) -> bool {
    match api_version.split_once('/') {
        None => resource.group.is_empty() && resource.version == api_version,
        Some((group, version)) => resource.group == group && resource.version == version,
    }
}

fn set(object: &mut Value, field: &str, value: Value) {
    if let Some(map) = object.as_object_mut() {
        map.insert(field.to_owned(), value);
    }
}

/// `includeObject`, as asked for.
pub(super) fn include(text: &str) -> Include {
    match text {
        "Object" => Include::Object,
        "None" => Include::None,
        _ => Include::Metadata,
    }
}

/// One object as a whole response with 200.
pub(super) fn one(ask: &Ask<'_>, object: &Arc<Value>) -> Response<Bytes> {
    with_code(ask, StatusCode::OK, object)
}

/// One object as a whole response.
pub(super) fn with_code(ask: &Ask<'_>, code: StatusCode, object: &Arc<Value>) -> Response<Bytes> {
    let object = present(&ask.resource, object);
    let mut response = match ask.format {
        Format::Object => answer::json(code, &object),
        Format::Partial(version) => answer::json(code, &partial(&object, version)),
        Format::Table(version) => {
            let mut metadata = Map::new();
            let revision = crate::object::meta_text(&object, "resourceVersion").unwrap_or_default();
            metadata.insert("resourceVersion".into(), revision.into());
            answer::json(
                code,
                &as_table(ask, &[object.into_owned()], metadata, version),
            )
        }
    };
    if let Some(warning) = &ask.resource.warning {
        super::warn(&mut response, std::slice::from_ref(warning));
    }
    response
}

fn as_table(
    ask: &Ask<'_>,
    objects: &[Arc<Value>],
    metadata: Map<String, Value>,
    version: &str,
) -> Value {
    let now = (ask.shared.settings.clock)();
    let include = include(&ask.query.include_object);
    table::render(
        &ask.resource,
        objects,
        metadata,
        version,
        include,
        true,
        now,
    )
}

/// The metadata alone.
fn partial(object: &Value, version: &str) -> Value {
    json!({
        "kind": "PartialObjectMetadata",
        "apiVersion": format!("meta.k8s.io/{version}"),
        "metadata": object.get("metadata").cloned().unwrap_or_else(|| json!({})),
    })
}

/// A list of objects as a whole response.
pub(super) fn many(
    ask: &Ask<'_>,
    objects: &[Arc<Value>],
    metadata: Map<String, Value>,
) -> Response<Bytes> {
    let presented: Vec<Cow<'_, Arc<Value>>> = objects
        .iter()
        .map(|object| present(&ask.resource, object))
        .collect();
    let mut response = match ask.format {
        Format::Table(version) => {
            let objects: Vec<Arc<Value>> = presented.into_iter().map(Cow::into_owned).collect();
            answer::json(StatusCode::OK, &as_table(ask, &objects, metadata, version))
        }
        Format::Partial(version) => answer::json(
            StatusCode::OK,
            &json!({
                "kind": "PartialObjectMetadataList",
                "apiVersion": format!("meta.k8s.io/{version}"),
                "metadata": metadata,
                "items": presented.iter().map(|one| partial(one, version)).collect::<Value>(),
            }),
        ),
        Format::Object => {
            let body = list_bytes(&ask.resource, &presented, metadata);
            answer::bytes(StatusCode::OK, "application/json", body)
        }
    };
    if let Some(warning) = &ask.resource.warning {
        super::warn(&mut response, std::slice::from_ref(warning));
    }
    response
}

/// The list without building it as a value: its objects would all have to be copied.
fn list_bytes(
    resource: &Resource,
    objects: &[Cow<'_, Arc<Value>>],
    metadata: Map<String, Value>,
) -> Bytes {
    let head = json!({
        "kind": resource.list_kind,
        "apiVersion": resource.api_version(),
        "metadata": metadata,
    });
    let mut body = serde_json::to_vec(&head).unwrap_or_default();
    body.pop();
    body.extend_from_slice(b",\"items\":[");
    for (index, object) in objects.iter().enumerate() {
        if index > 0 {
            body.push(b',');
        }
        // Writing into memory does not fail.
        let _ = serde_json::to_writer(&mut body, object.as_ref().as_ref());
    }
    body.extend_from_slice(b"]}");
    body.into()
}

/// One event of a watch as a line.
pub(crate) fn shown_event(
    resource: &Resource,
    kind: &str,
    object: &Arc<Value>,
    format: Format,
    include: Include,
    first: bool,
    now: jiff::Timestamp,
) -> Bytes {
    let object = present(resource, object);
    let body = match format {
        Format::Object => None,
        Format::Partial(version) => Some(partial(&object, version)),
        Format::Table(version) => {
            let objects = [object.as_ref().clone()];
            let mut metadata = Map::new();
            let revision = crate::object::meta_text(&object, "resourceVersion").unwrap_or_default();
            metadata.insert("resourceVersion".into(), revision.into());
            Some(table::render(
                resource, &objects, metadata, version, include, first, now,
            ))
        }
    };
    line(
        kind,
        body.as_ref().unwrap_or_else(|| object.as_ref().as_ref()),
    )
}

/// `{"type":KIND,"object":OBJECT}` and a newline.
pub(crate) fn line(kind: &str, object: &Value) -> Bytes {
    let mut line = format!("{{\"type\":\"{kind}\",\"object\":").into_bytes();
    let _ = serde_json::to_writer(&mut line, object);
    line.extend_from_slice(b"}\n");
    line.into()
}
