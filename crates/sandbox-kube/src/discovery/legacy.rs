//! The old form: `APIVersions`, `APIGroupList`, `APIGroup`, `APIResourceList`.

use serde_json::{Value, json};

use super::below;
use crate::resource::{Registry, Resource, api_version};

/// `/api`.
pub(super) fn versions() -> Value {
    json!({
        "kind": "APIVersions", "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1:443"}],
    })
}

/// `/apis`.
pub(super) fn groups(registry: &Registry) -> Value {
    let groups = registry.groups();
    let named = groups.iter().filter(|(group, _)| !group.is_empty());
    let groups: Vec<Value> = named
        .map(|(group, versions)| entry(group, versions))
        .collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

/// `/apis/GROUP`.
pub(super) fn group(registry: &Registry, group: &str) -> Option<Value> {
    let groups = registry.groups();
    let (group, versions) = groups.iter().find(|(g, _)| *g == group && !g.is_empty())?;
    let mut document = json!({"kind": "APIGroup", "apiVersion": "v1"});
    let fields = document.as_object_mut()?;
    fields.extend(entry(group, versions).as_object()?.clone());
    Some(document)
}

fn entry(group: &str, versions: &[&str]) -> Value {
    let versions: Vec<Value> = versions
        .iter()
        .map(|v| json!({"groupVersion": api_version(group, v), "version": v}))
        .collect();
    json!({"name": group, "versions": versions, "preferredVersion": versions.first()})
}

/// `/api/VERSION` and `/apis/GROUP/VERSION`.
pub(super) fn resources(registry: &Registry, group: &str, version: &str) -> Option<Value> {
    let kinds: Vec<Value> = registry
        .of_group_version(group, version)
        .flat_map(|resource| entries(resource))
        .collect();
    if kinds.is_empty() {
        return None;
    }
    Some(json!({
        "kind": "APIResourceList", "apiVersion": "v1",
        "groupVersion": api_version(group, version), "resources": kinds,
    }))
}

fn entries(resource: &Resource) -> Vec<Value> {
    let mut own = json!({
        "name": resource.plural, "singularName": resource.singular,
        "namespaced": resource.namespaced, "kind": resource.kind, "verbs": resource.verbs,
    });
    if let Some(fields) = own.as_object_mut() {
        for (name, texts) in [
            ("shortNames", &resource.short_names),
            ("categories", &resource.categories),
        ] {
            if !texts.is_empty() {
                fields.insert(name.to_owned(), json!(texts));
            }
        }
    }
    let below = below(resource);
    let below = below.iter().map(|b| {
        let mut entry = json!({
            "name": format!("{}/{}", resource.plural, b.name), "singularName": "",
            "namespaced": resource.namespaced, "kind": b.kind, "verbs": b.verbs,
        });
        let foreign = (b.group, b.version) != (&resource.group, &resource.version);
        if let (true, Some(fields)) = (foreign, entry.as_object_mut()) {
            fields.insert("group".to_owned(), Value::from(b.group));
            fields.insert("version".to_owned(), Value::from(b.version));
        }
        entry
    });
    std::iter::once(own).chain(below).collect()
}
