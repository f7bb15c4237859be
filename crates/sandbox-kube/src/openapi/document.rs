//! The OpenAPI v3 document of one group and version.

use std::collections::VecDeque;
use std::sync::LazyLock;

use bytes::Bytes;
use parking_lot::Mutex;
use serde_json::{Map, Value, json};

use super::core::{self, Definitions, definition_name, mark};
use super::paths;
use crate::resource::{Registry, Resource};

const META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1";

/// How many documents are kept; definitions may come and go without end.
const KEPT: usize = 64;

static CACHE: LazyLock<Mutex<VecDeque<(String, Bytes)>>> = LazyLock::new(Mutex::default);

/// The document, from the cache if it has been made before.
pub(super) fn cached(registry: &Registry, group: &str, version: &str, hash: &str) -> Bytes {
    let key = format!("{group}/{version}/{hash}");
    if let Some((_, body)) = CACHE.lock().iter().find(|(k, _)| *k == key) {
        return body.clone();
    }
    let document = document(registry, group, version);
    let body = Bytes::from(serde_json::to_vec(&document).unwrap_or_default());
    let mut cache = CACHE.lock();
    if cache.len() >= KEPT {
        cache.pop_front();
    }
    cache.push_back((key, body.clone()));
    body
}

fn document(registry: &Registry, group: &str, version: &str) -> Value {
    let resources: Vec<_> = registry.of_group_version(group, version).collect();
    let mut paths = Map::new();
    for resource in &resources {
        paths::add(resource, &mut paths);
    }
    json!({
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "v1.33.1"},
        "paths": paths,
        "components": {"schemas": definitions(&resources, group, version)},
    })
}

/// All definitions that the kinds of a group and version need.
pub(super) fn definitions(
    resources: &[&std::sync::Arc<Resource>],
    group: &str,
    version: &str,
) -> Definitions {
    let mut definitions = core::of_group_version(group, version);
    for resource in resources {
        let name = name_of(resource);
        if resource.crd.is_some() {
            definitions.insert(name.clone(), custom(resource));
        }
        if resource.verbs.contains(&"list") {
            definitions.insert(format!("{name}List"), list(resource, &name));
        }
    }
    definitions
}

/// The name of the definition of a kind: `io.k8s.api.core.v1.Node`, `sh.karpenter.v1.NodePool`.
pub(super) fn name_of(resource: &Resource) -> String {
    let (group, version, kind) = (&resource.group, &resource.version, &resource.kind);
    let core = resource
        .crd
        .is_none()
        .then(|| definition_name(group, version, kind));
    core.flatten().unwrap_or_else(|| {
        let mut parts: Vec<&str> = group.split('.').rev().collect();
        parts.extend([version.as_str(), kind.as_str()]);
        parts.join(".")
    })
}

pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// A definition that refers to another with a description of its own.
fn described(name: &str, description: &str) -> Value {
    json!({"description": description, "allOf": [reference(name)]})
}

const API_VERSION: &str =
    "The group and version of this representation of an object, for example apps/v1.";
const KIND: &str = "The kind of resource this object is, in CamelCase.";

fn custom(resource: &Resource) -> Value {
    let mut definition =
        resource.schema.json().cloned().unwrap_or_else(
            || json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true}),
        );
    if let Some(fields) = definition.as_object_mut() {
        let properties = fields.entry("properties").or_insert_with(|| json!({}));
        if let Some(properties) = properties.as_object_mut() {
            for (name, description) in [("apiVersion", API_VERSION), ("kind", KIND)] {
                let text = json!({"type": "string", "description": description});
                properties.entry(name).or_insert(text);
            }
            let metadata = described(&format!("{META}.ObjectMeta"), "Standard object metadata.");
            properties.insert("metadata".to_owned(), metadata);
        }
    }
    mark(
        &mut definition,
        &resource.group,
        &resource.version,
        &resource.kind,
    );
    definition
}

fn list(resource: &Resource, item: &str) -> Value {
    let mut definition = json!({
        "description": format!("{} is a list of {}", resource.list_kind, resource.kind),
        "type": "object",
        "required": ["items"],
        "properties": {
            "apiVersion": {"type": "string", "description": API_VERSION},
            "kind": {"type": "string", "description": KIND},
            "metadata": described(&format!("{META}.ListMeta"), "Standard list metadata."),
            "items": {
                "type": "array", "description": format!("List of {}.", resource.plural), "items": reference(item),
            },
        },
    });
    mark(
        &mut definition,
        &resource.group,
        &resource.version,
        &resource.list_kind,
    );
    definition
}
