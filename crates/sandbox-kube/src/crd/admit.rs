//! Defaulting and validation of definitions (apiextensions-apiserver, `validation.go`).

use serde_json::{Value, json};

use super::structural;
use super::{condition, flag, text};
use crate::status::Cause;

/// Defaults and validates a definition that is being written. `old` is the one it replaces.
pub fn admit(crd: &mut Value, old: Option<&Value>) -> Vec<Cause> {
    let mut causes = Vec::new();
    if !fill(crd) {
        return vec![Cause::required("spec", "")];
    }
    names(crd, &mut causes);
    versions(crd, old, &mut causes);
    if let Some(old) = old {
        immutable(crd, old, &mut causes);
    }
    causes
}

/// Fills in defaults; false if there is no specification.
pub(super) fn fill(crd: &mut Value) -> bool {
    let Some(spec) = crd.get_mut("spec").and_then(Value::as_object_mut) else {
        return false;
    };
    if let Some(names) = spec.get_mut("names").and_then(Value::as_object_mut) {
        let kind = names
            .get("kind")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        for (field, default) in [
            ("singular", kind.to_lowercase()),
            ("listKind", format!("{kind}List")),
        ] {
            let empty = names
                .get(field)
                .and_then(Value::as_str)
                .is_none_or(str::is_empty);
            if empty && !kind.is_empty() {
                names.insert(field.to_owned(), Value::from(default));
            }
        }
    }
    if spec.get("conversion").is_none_or(Value::is_null) {
        spec.insert("conversion".to_owned(), json!({"strategy": "None"}));
    }
    true
}

fn names(crd: &Value, causes: &mut Vec<Cause>) {
    let empty = Value::Null;
    let spec = crd.get("spec").unwrap_or(&empty);
    let names = spec.get("names").unwrap_or(&empty);
    let (group, plural) = (text(spec, "group"), text(names, "plural"));
    let name = crd
        .pointer("/metadata/name")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if !group.is_empty() && !plural.is_empty() && name != format!("{plural}.{group}") {
        causes.push(Cause::invalid(
            "metadata.name",
            &Value::from(name),
            "must be spec.names.plural+\".\"+spec.group",
        ));
    }
    approval(crd, group, causes);
    if group.is_empty() {
        causes.push(Cause::required("spec.group", ""));
    } else if !is_subdomain(group) || !group.contains('.') {
        causes.push(Cause::invalid(
            "spec.group",
            &Value::from(group),
            "should be a domain with at least one dot",
        ));
    }
    match text(spec, "scope") {
        "Cluster" | "Namespaced" => {}
        "" => causes.push(Cause::required("spec.scope", "")),
        other => causes.push(Cause::unsupported(
            "spec.scope",
            &Value::from(other),
            &["Cluster", "Namespaced"],
        )),
    }
    for field in ["plural", "kind"] {
        if text(names, field).is_empty() {
            causes.push(Cause::required(format!("spec.names.{field}"), ""));
        }
    }
    for (field, lower) in [
        ("plural", true),
        ("singular", true),
        ("kind", false),
        ("listKind", false),
    ] {
        let name = text(names, field);
        let label = if lower {
            name.to_owned()
        } else {
            name.to_lowercase()
        };
        if !name.is_empty() && !is_label(&label) {
            causes.push(Cause::invalid(
                format!("spec.names.{field}"),
                &Value::from(name),
                "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
            ));
        }
    }
}

/// Groups of the Kubernetes community need its approval (kubernetes/enhancements 1111).
fn approval(crd: &Value, group: &str, causes: &mut Vec<Cause>) {
    let protected = ["k8s.io", "kubernetes.io"]
        .iter()
        .any(|domain| group == *domain || group.ends_with(&format!(".{domain}")));
    let annotation = crd.pointer("/metadata/annotations/api-approved.kubernetes.io");
    if protected && annotation.is_none() {
        causes.push(Cause::required(
            "metadata.annotations[api-approved.kubernetes.io]",
            "protected groups must have approval annotation \"api-approved.kubernetes.io\", see https://github.com/kubernetes/enhancements/pull/1111",
        ));
    }
}

fn versions(crd: &Value, old: Option<&Value>, causes: &mut Vec<Cause>) {
    let versions = crd.pointer("/spec/versions").and_then(Value::as_array);
    let versions = versions.map(Vec::as_slice).unwrap_or_default();
    if versions.is_empty() {
        causes.push(Cause::required(
            "spec.versions",
            "must have at least one version",
        ));
        return;
    }
    if versions.iter().filter(|v| flag(v, "storage")).count() != 1 {
        causes.push(Cause::new(
            "FieldValueInvalid",
            "spec.versions",
            "Invalid value: must have exactly one version marked as storage version",
        ));
    }
    let mut seen: Vec<&str> = Vec::new();
    for (index, version) in versions.iter().enumerate() {
        let path = format!("spec.versions[{index}]");
        let name = text(version, "name");
        if !is_label(name) {
            causes.push(Cause::invalid(
                format!("{path}.name"),
                &Value::from(name),
                "must be a DNS-1035 label",
            ));
        }
        if seen.contains(&name) {
            causes.push(Cause::new(
                "FieldValueInvalid",
                "spec.versions",
                "Invalid value: must contain unique version names",
            ));
        }
        seen.push(name);
        let place = format!("{path}.schema.openAPIV3Schema");
        match version.pointer("/schema/openAPIV3Schema") {
            None => causes.push(Cause::required(place, "schemas are required")),
            Some(schema) => {
                let before = old.and_then(|o| o.pointer("/spec/versions"));
                let before = before.and_then(Value::as_array).into_iter().flatten();
                let untouched = before
                    .filter_map(|v| v.pointer("/schema/openAPIV3Schema"))
                    .any(|old| old == schema);
                if !untouched {
                    structural::problems(schema, &place, causes);
                }
            }
        }
        columns(version, &path, causes);
    }
}

fn columns(version: &Value, path: &str, causes: &mut Vec<Cause>) {
    let columns = version
        .get("additionalPrinterColumns")
        .and_then(Value::as_array);
    for (index, column) in columns.into_iter().flatten().enumerate() {
        let place = format!("{path}.additionalPrinterColumns[{index}]");
        for field in ["name", "type", "jsonPath"] {
            if text(column, field).is_empty() {
                causes.push(Cause::required(format!("{place}.{field}"), ""));
            }
        }
        let kinds = ["boolean", "date", "integer", "number", "string"];
        let kind = text(column, "type");
        if !kind.is_empty() && !kinds.contains(&kind) {
            causes.push(Cause::invalid(
                format!("{place}.type"),
                &Value::from(kind),
                "must be one of boolean,date,integer,number,string",
            ));
        }
        let json_path = text(column, "jsonPath");
        if !json_path.is_empty() && crate::table::JsonPath::parse(json_path).is_none() {
            causes.push(Cause::invalid(
                format!("{place}.jsonPath"),
                &Value::from(json_path),
                "not a JSON path",
            ));
        }
    }
}

fn immutable(crd: &Value, old: &Value, causes: &mut Vec<Cause>) {
    let mut fixed = vec!["/spec/group", "/spec/names/plural"];
    if condition(old, "Established") == Some("True") {
        fixed.extend(["/spec/scope", "/spec/names/kind"]);
    }
    for pointer in fixed {
        let (now, before) = (crd.pointer(pointer), old.pointer(pointer));
        if now != before {
            let field = pointer.trim_start_matches('/').replace('/', ".");
            causes.push(Cause::invalid(
                field,
                now.unwrap_or(&Value::Null),
                "field is immutable",
            ));
        }
    }
}

fn is_label(name: &str) -> bool {
    name.len() <= 63
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.ends_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn is_subdomain(name: &str) -> bool {
    name.len() <= 253
        && name.split('.').all(|part| {
            let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
            part.starts_with(alphanumeric)
                && part.ends_with(alphanumeric)
                && part
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        })
}
