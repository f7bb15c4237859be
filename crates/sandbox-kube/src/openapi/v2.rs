//! `/openapi/v2`: all kinds in one Swagger 2.0 document.

use std::sync::LazyLock;

use bytes::Bytes;
use parking_lot::Mutex;
use serde_json::{Map, Value, json};

use super::document::{definitions, name_of};
use super::index::hash;
use crate::resource::{Registry, Resource};

static LAST: LazyLock<Mutex<(String, Bytes)>> = LazyLock::new(Mutex::default);

/// The document; the last one made is kept.
pub(super) fn document(registry: &Registry) -> Bytes {
    let mut key = String::new();
    for (group, versions) in registry.groups() {
        for version in versions {
            key.push_str(&hash(registry, group, version));
        }
    }
    let mut last = LAST.lock();
    if last.0 != key {
        let body = serde_json::to_vec(&make(registry)).unwrap_or_default();
        *last = (key, Bytes::from(body));
    }
    last.1.clone()
}

fn make(registry: &Registry) -> Value {
    let mut all = Map::new();
    let mut paths = Map::new();
    for (group, versions) in registry.groups() {
        for version in versions {
            let resources: Vec<_> = registry.of_group_version(group, version).collect();
            for (name, mut definition) in definitions(&resources, group, version) {
                rewrite(&mut definition);
                // A definition of its own group says which kind it is; others' copies do not.
                let marked = definition.get("x-kubernetes-group-version-kind").is_some();
                if marked || !all.contains_key(&name) {
                    all.insert(name, definition);
                }
            }
            for resource in resources {
                add_path(resource, &mut paths);
            }
        }
    }
    json!({
        "swagger": "2.0",
        "info": {"title": "Kubernetes", "version": "v1.33.1"},
        "paths": paths,
        "definitions": all,
    })
}

fn add_path(resource: &Resource, paths: &mut Map<String, Value>) {
    if !resource.verbs.contains(&"patch") {
        return;
    }
    let prefix = if resource.group.is_empty() {
        format!("/api/{}", resource.version)
    } else {
        format!("/apis/{}/{}", resource.group, resource.version)
    };
    let place = if resource.namespaced {
        "/namespaces/{namespace}"
    } else {
        ""
    };
    let kind = json!({
        "group": resource.group, "version": resource.version, "kind": resource.kind,
    });
    let query =
        |name: &str| json!({"name": name, "in": "query", "type": "string", "uniqueItems": true});
    let answer = json!({"200": {
        "description": "OK", "schema": {"$ref": format!("#/definitions/{}", name_of(resource))},
    }});
    let patch = json!({
        "consumes": ["application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml"],
        "produces": ["application/json"],
        "parameters": [query("dryRun"), query("fieldManager"), query("fieldValidation"), query("force")],
        "responses": answer.clone(),
        "x-kubernetes-action": "patch", "x-kubernetes-group-version-kind": kind.clone(),
    });
    let get = json!({
        "produces": ["application/json"], "responses": answer,
        "x-kubernetes-action": "get", "x-kubernetes-group-version-kind": kind,
    });
    paths.insert(
        format!("{prefix}{place}/{}/{{name}}", resource.plural),
        json!({"get": get, "patch": patch}),
    );
}

/// Brings a v3 definition into the form of v2: other references, no junctors.
fn rewrite(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(target)) = fields.get_mut("$ref") {
                *target = target.replace("#/components/schemas/", "#/definitions/");
            }
            if let Some(Value::Array(members)) = fields.get("allOf")
                && let [Value::Object(only)] = members.as_slice()
                && let Some(target) = only.get("$ref").cloned()
            {
                fields.insert("$ref".to_owned(), target);
                if let Some(Value::String(target)) = fields.get_mut("$ref") {
                    *target = target.replace("#/components/schemas/", "#/definitions/");
                }
            }
            for name in ["allOf", "anyOf", "oneOf", "not", "nullable"] {
                if !fields.get(name).is_some_and(Value::is_object) || name == "not" {
                    fields.shift_remove(name);
                }
            }
            fields.values_mut().for_each(rewrite);
        }
        Value::Array(entries) => entries.iter_mut().for_each(rewrite),
        _ => {}
    }
}
