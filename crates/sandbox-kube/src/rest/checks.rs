//! What is wrong with objects of Kubernetes' own kinds beyond what their schemas say.

use serde_json::{Value, json};

use crate::object;
use crate::resource::Resource;
use crate::status::Cause;

const RBAC: &str = "rbac.authorization.k8s.io";

/// What is wrong with an object of these kinds.
pub(super) fn validate(resource: &Resource, object: &Value, old: Option<&Value>) -> Vec<Cause> {
    if resource.crd.is_some() {
        return Vec::new();
    }
    match (resource.group.as_str(), resource.kind.as_str()) {
        (RBAC, "RoleBinding" | "ClusterRoleBinding") => wrong_binding(object, old),
        ("" | "events.k8s.io", "Event") => wrong_event(object),
        ("", "ConfigMap" | "Secret") => wrong_keys(object),
        ("apps", "Deployment" | "DaemonSet" | "ReplicaSet" | "StatefulSet") => {
            wrong_selector(object, old)
        }
        ("", "Pod") => wrong_pod(object),
        _ => Vec::new(),
    }
}

fn wrong_binding(object: &Value, old: Option<&Value>) -> Vec<Cause> {
    let role = object.get("roleRef").cloned().unwrap_or_default();
    if role
        .get("name")
        .and_then(Value::as_str)
        .is_none_or(str::is_empty)
    {
        return vec![Cause::required("roleRef.name", "")];
    }
    let kind = role.get("kind").and_then(Value::as_str).unwrap_or_default();
    if !matches!(kind, "Role" | "ClusterRole") {
        return vec![Cause::unsupported(
            "roleRef.kind",
            &kind.into(),
            &["Role", "ClusterRole"],
        )];
    }
    match old.and_then(|old| old.get("roleRef")) {
        Some(before) if *before != role => {
            vec![Cause::invalid("roleRef", &role, "cannot change roleRef")]
        }
        _ => Vec::new(),
    }
}

fn wrong_event(object: &Value) -> Vec<Cause> {
    let namespace = object::namespace(object);
    let about = object
        .pointer("/involvedObject/namespace")
        .and_then(Value::as_str)
        .unwrap_or_default();
    // Events about things outside namespaces are kept in `default`.
    if about == namespace || (about.is_empty() && matches!(namespace, "default" | "kube-system")) {
        return Vec::new();
    }
    vec![Cause::invalid(
        "involvedObject.namespace",
        &about.into(),
        "does not match event.namespace",
    )]
}

fn wrong_keys(object: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    for part in ["data", "binaryData"] {
        for key in object
            .get(part)
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(key, _)| key)
        {
            let fits = key.len() <= 253
                && !key.is_empty()
                && key
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
            if !fits || key == "." || key.starts_with("..") {
                let why = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
                causes.push(Cause::invalid(
                    format!("{part}[{key}]"),
                    &key.as_str().into(),
                    why,
                ));
            }
        }
    }
    causes
}

fn wrong_selector(object: &Value, old: Option<&Value>) -> Vec<Cause> {
    let Some(selector) = object
        .pointer("/spec/selector")
        .filter(|one| !one.is_null())
    else {
        return vec![Cause::required("spec.selector", "")];
    };
    let before = old.and_then(|old| old.pointer("/spec/selector"));
    if before.is_some_and(|before| before != selector) {
        return vec![Cause::invalid(
            "spec.selector",
            selector,
            "field is immutable",
        )];
    }
    let labels = object
        .pointer("/spec/template/metadata/labels")
        .and_then(Value::as_object);
    let wanted = selector.get("matchLabels").and_then(Value::as_object);
    let fits = wanted
        .into_iter()
        .flatten()
        .all(|(key, value)| labels.is_some_and(|all| all.get(key) == Some(value)));
    if fits {
        return Vec::new();
    }
    let shown = labels
        .cloned()
        .map(Value::Object)
        .unwrap_or_else(|| json!({}));
    vec![Cause::invalid(
        "spec.template.metadata.labels",
        &shown,
        "`selector` does not match template `labels`",
    )]
}

fn wrong_pod(object: &Value) -> Vec<Cause> {
    let containers = object.pointer("/spec/containers").and_then(Value::as_array);
    if containers.is_none_or(Vec::is_empty) {
        return vec![Cause::required("spec.containers", "")];
    }
    Vec::new()
}
