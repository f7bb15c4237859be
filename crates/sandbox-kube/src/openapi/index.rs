//! `/openapi/v3`: the list of documents, each with the hash of what it says.

use serde_json::{Map, Value, json};

use crate::discovery::digest;
use crate::resource::Registry;

/// The index.
pub(super) fn document(registry: &Registry) -> Value {
    let mut paths = Map::new();
    for (group, versions) in registry.groups() {
        for version in versions {
            let hash = hash(registry, group, version);
            let address = address(group, version, &hash);
            paths.insert(path(group, version), json!({"serverRelativeURL": address}));
        }
    }
    json!({ "paths": paths })
}

fn path(group: &str, version: &str) -> String {
    if group.is_empty() {
        format!("api/{version}")
    } else {
        format!("apis/{group}/{version}")
    }
}

/// Where the document of a group and version is.
pub(super) fn address(group: &str, version: &str, hash: &str) -> String {
    format!("/openapi/v3/{}?hash={hash}", path(group, version))
}

/// The group and version of `api/v1` or `apis/apps/v1`.
pub(super) fn group_version(path: &str) -> Option<(&str, &str)> {
    match path.split('/').collect::<Vec<_>>().as_slice() {
        ["api", version] => Some(("", version)),
        ["apis", group, version] => Some((group, version)),
        _ => None,
    }
}

/// The hash that a query asks for.
pub(super) fn asked_hash(query: &str) -> Option<&str> {
    query.split('&').find_map(|pair| pair.strip_prefix("hash="))
}

/// The fingerprint of a group and version: of the names of its kinds, and of the schemas of those that
/// come and go (the core's never change within one process).
pub(super) fn hash(registry: &Registry, group: &str, version: &str) -> String {
    let mut text = env!("CARGO_PKG_VERSION").to_owned();
    for resource in registry.of_group_version(group, version) {
        let fingerprint = resource.schema.fingerprint();
        text.push_str(&format!(
            "{} {} {fingerprint:x}\n",
            resource.plural, resource.kind
        ));
        text.push_str(&format!("{:?}", resource.subresources));
    }
    format!("{:016X}", digest(text.as_bytes()))
}
