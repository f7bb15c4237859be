//! The kinds of Kubernetes itself, made from their rows.

use std::sync::Arc;

use super::rows::{ROWS, Row, Trait};
use super::{ALL_VERBS, Resource, Selectable, SubResource, Subresources};
use crate::schema::Schema;

const POD_OTHERS: &[SubResource] = &[
    SubResource {
        name: "binding",
        kind: "Binding",
        group: "",
        version: "v1",
        verbs: &["create"],
    },
    SubResource {
        name: "eviction",
        kind: "Eviction",
        group: "policy",
        version: "v1",
        verbs: &["create"],
    },
];

/// The kinds of the core, without those of CRDs.
pub(super) fn resources() -> impl Iterator<Item = Resource> {
    ROWS.iter().map(resource)
}

fn resource(row: &Row) -> Resource {
    let is = |one: Trait| row.traits.contains(&one);
    let scale = is(Trait::Scale).then(|| super::Scale {
        spec_path: ".spec.replicas".into(),
        status_path: ".status.replicas".into(),
        selector_path: None,
    });
    let others = if row.plural == "pods" {
        POD_OTHERS
    } else {
        &[]
    };
    Resource {
        group: row.group.into(),
        version: row.version.into(),
        plural: row.plural.into(),
        singular: row.kind.to_ascii_lowercase(),
        kind: row.kind.into(),
        list_kind: format!("{}List", row.kind),
        short_names: row.short.iter().map(|&name| name.to_owned()).collect(),
        categories: row.categories.iter().map(|&name| name.to_owned()).collect(),
        namespaced: is(Trait::Namespaced),
        subresources: Subresources {
            status: is(Trait::Status),
            scale,
            others,
        },
        verbs: if is(Trait::CreateOnly) {
            &["create"]
        } else {
            ALL_VERBS
        },
        schema: Schema::core(row.group, row.version, row.kind),
        columns: Vec::new(),
        crd: None,
        storage: storage(row),
        generation: is(Trait::Generation),
        selectable: row
            .selectable
            .iter()
            .map(|&name| selectable(name))
            .collect(),
        warning: None,
    }
}

fn storage(row: &Row) -> Arc<str> {
    match (row.group, row.plural) {
        ("events.k8s.io", "events") => "events".into(),
        (group, plural) => crate::status::qualified(group, plural).into(),
    }
}

fn selectable(name: &str) -> Selectable {
    // An event's source is an object of which only the component is selected by.
    let path = if name == "source" {
        "source.component"
    } else {
        name
    };
    Selectable {
        name: name.into(),
        path: path.split('.').map(str::to_owned).collect(),
    }
}
