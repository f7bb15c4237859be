//! Custom resource definitions: their objects, their lifecycle, and those every cluster has.
//!
//! A definition is admitted ([`admit`]), stored like any object, given its status ([`establish`]), and
//! from then on its kinds are served ([`resources`]). The definitions of Auto Mode and Karpenter are
//! data in `crds/`, compiled once for the process and shared by all servers.

mod admit;
mod builtin;
mod establish;
mod structural;

pub use self::admit::admit;
pub use self::builtin::{Bundle, builtin, bundle};
pub use self::establish::establish;

use std::sync::Arc;

use serde_json::Value;

use crate::resource::{ALL_VERBS, Column, Resource, Scale, Selectable, Subresources};
use crate::schema::Schema;

/// The kinds that a definition brings (its served versions); none if it is not established.
pub fn resources(crd: &Value) -> Vec<Resource> {
    if !is_established(crd) {
        return Vec::new();
    }
    if let Some(shared) = self::builtin::shared(crd) {
        return shared.to_vec();
    }
    compile(crd)
}

/// The kinds of a definition, compiled anew.
fn compile(crd: &Value) -> Vec<Resource> {
    let versions = crd.pointer("/spec/versions").and_then(Value::as_array);
    let served = versions.into_iter().flatten().filter(|v| flag(v, "served"));
    served
        .filter_map(|version| resource(crd, version))
        .collect()
}

fn is_established(crd: &Value) -> bool {
    condition(crd, "Established") == Some("True")
}

/// The status of a definition's condition.
fn condition<'a>(crd: &'a Value, kind: &str) -> Option<&'a str> {
    let conditions = crd.pointer("/status/conditions")?.as_array()?;
    let found = conditions.iter().find(|c| text(c, "type") == kind)?;
    found.get("status").and_then(Value::as_str)
}

fn resource(crd: &Value, version: &Value) -> Option<Resource> {
    let spec = crd.get("spec")?;
    let names = spec.get("names")?;
    let (group, plural, kind) = (
        text(spec, "group"),
        text(names, "plural"),
        text(names, "kind"),
    );
    let name = text(version, "name");
    let schema = match version.pointer("/schema/openAPIV3Schema") {
        // A schema that `admit` let through compiles; if not, the kind is kept without one.
        Some(json) => Schema::compile(json).unwrap_or_else(|_| Schema::anything()),
        None => Schema::anything(),
    };
    Some(Resource {
        group: group.to_owned(),
        version: name.to_owned(),
        plural: plural.to_owned(),
        singular: or(text(names, "singular"), &kind.to_ascii_lowercase()),
        kind: kind.to_owned(),
        list_kind: or(text(names, "listKind"), &format!("{kind}List")),
        short_names: strings(names, "shortNames"),
        categories: strings(names, "categories"),
        namespaced: text(spec, "scope") == "Namespaced",
        subresources: subresources(version),
        verbs: ALL_VERBS,
        schema,
        columns: columns(version),
        crd: Some(format!("{plural}.{group}")),
        storage: Arc::from(format!("{plural}.{group}")),
        generation: true,
        selectable: selectable(version),
        warning: deprecation(version, group, kind),
    })
}

fn subresources(version: &Value) -> Subresources {
    let below = version.get("subresources");
    let scale = below.and_then(|b| b.get("scale")).filter(|s| s.is_object());
    Subresources {
        status: below.is_some_and(|b| b.get("status").is_some_and(Value::is_object)),
        scale: scale.map(|s| Scale {
            spec_path: text(s, "specReplicasPath").to_owned(),
            status_path: text(s, "statusReplicasPath").to_owned(),
            selector_path: Some(text(s, "labelSelectorPath").to_owned()).filter(|p| !p.is_empty()),
        }),
        others: &[],
    }
}

fn columns(version: &Value) -> Vec<Column> {
    let listed = version
        .get("additionalPrinterColumns")
        .and_then(Value::as_array);
    let listed = listed.into_iter().flatten();
    let columns: Vec<Column> = listed
        .map(|column| Column {
            name: text(column, "name").to_owned(),
            kind: text(column, "type").to_owned(),
            format: text(column, "format").to_owned(),
            description: text(column, "description").to_owned(),
            priority: column.get("priority").and_then(Value::as_i64).unwrap_or(0),
            json_path: text(column, "jsonPath").to_owned(),
        })
        .collect();
    if !columns.is_empty() {
        return columns;
    }
    vec![Column {
        name: "Age".to_owned(),
        kind: "date".to_owned(),
        json_path: ".metadata.creationTimestamp".to_owned(),
        ..Column::default()
    }]
}

fn selectable(version: &Value) -> Vec<Selectable> {
    let fields = version.get("selectableFields").and_then(Value::as_array);
    let paths = fields
        .into_iter()
        .flatten()
        .map(|field| text(field, "jsonPath"));
    paths
        .map(|path| path.trim_start_matches('.'))
        .filter(|path| !path.is_empty())
        .map(|path| Selectable {
            name: path.to_owned(),
            path: path.split('.').map(str::to_owned).collect(),
        })
        .collect()
}

fn deprecation(version: &Value, group: &str, kind: &str) -> Option<String> {
    if !flag(version, "deprecated") {
        return None;
    }
    let warning = text(version, "deprecationWarning");
    let default = format!("{group}/{} {kind} is deprecated", text(version, "name"));
    Some(or(warning, &default))
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn flag(value: &Value, name: &str) -> bool {
    value.get(name).and_then(Value::as_bool).unwrap_or(false)
}

fn strings(value: &Value, name: &str) -> Vec<String> {
    let entries = value
        .get(name)
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    entries
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

fn or(text: &str, default: &str) -> String {
    if text.is_empty() { default } else { text }.to_owned()
}
