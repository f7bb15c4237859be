//! The aggregated form (`apidiscovery.k8s.io`): all groups with all their kinds in one document.

use serde_json::{Map, Value, json};

use super::below;
use crate::resource::{Registry, Resource};

/// The core group.
pub(super) fn core(registry: &Registry, form: &str) -> Value {
    list(registry, form, |group| group.is_empty())
}

/// The named groups.
pub(super) fn named(registry: &Registry, form: &str) -> Value {
    list(registry, form, |group| !group.is_empty())
}

fn list(registry: &Registry, form: &str, wanted: impl Fn(&str) -> bool) -> Value {
    let groups = registry.groups();
    let groups = groups.iter().filter(|(group, _)| wanted(group));
    let items: Vec<Value> = groups
        .map(|(group, versions)| {
            let mut metadata = Map::new();
            if !group.is_empty() {
                metadata.insert("name".to_owned(), Value::from(*group));
            }
            metadata.insert("creationTimestamp".to_owned(), Value::Null);
            let versions = versions.iter().map(|version| {
                let kinds = registry.of_group_version(group, version);
                let kinds: Vec<Value> = kinds.map(|r| resource(r)).collect();
                json!({"version": version, "resources": kinds, "freshness": "Current"})
            });
            json!({"metadata": metadata, "versions": versions.collect::<Vec<_>>()})
        })
        .collect();
    json!({
        "kind": "APIGroupDiscoveryList", "apiVersion": format!("apidiscovery.k8s.io/{form}"),
        "metadata": {}, "items": items,
    })
}

fn resource(resource: &Resource) -> Value {
    let kind = |group: &str, version: &str, kind: &str| json!({"group": group, "version": version, "kind": kind});
    let mut entry = json!({
        "resource": resource.plural,
        "responseKind": kind(&resource.group, &resource.version, &resource.kind),
        "scope": if resource.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": resource.singular,
        "verbs": resource.verbs,
    });
    let subresources: Vec<Value> = below(resource)
        .iter()
        .map(|b| {
            json!({
                "subresource": b.name, "responseKind": kind(b.group, b.version, b.kind), "verbs": b.verbs,
            })
        })
        .collect();
    if let Some(fields) = entry.as_object_mut() {
        for (name, texts) in [
            ("shortNames", &resource.short_names),
            ("categories", &resource.categories),
        ] {
            if !texts.is_empty() {
                fields.insert(name.to_owned(), json!(texts));
            }
        }
        if !subresources.is_empty() {
            fields.insert("subresources".to_owned(), Value::Array(subresources));
        }
    }
    entry
}
