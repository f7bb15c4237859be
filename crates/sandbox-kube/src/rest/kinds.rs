//! What is particular about Kubernetes' own kinds: names, defaults, a few checks, and the two faces of
//! events.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::names;
use crate::object;
use crate::resource::Resource;
use crate::server::State;
use crate::status::{Cause, Status};

const RBAC: &str = "rbac.authorization.k8s.io";

/// What is wrong with a name for this kind.
pub(super) fn wrong_name(resource: &Resource, name: &str) -> Option<String> {
    match (resource.group.as_str(), resource.plural.as_str()) {
        (RBAC, _) => names::wrong_path_segment(name),
        ("", "namespaces") => names::wrong_label(name),
        ("", "services") => names::wrong_label_1035(name),
        _ => names::wrong_subdomain(name),
    }
}

/// Whether a PUT may leave `resourceVersion` out.
pub(super) fn allows_unconditional_update(resource: &Resource) -> bool {
    resource.crd.is_none()
        && !matches!(
            resource.plural.as_str(),
            "leases" | "customresourcedefinitions"
        )
}

/// Whether a PUT may create the object.
pub(super) fn creates_on_update(resource: &Resource) -> bool {
    resource.group == RBAC
        || (resource.crd.is_none()
            && matches!(resource.plural.as_str(), "leases" | "events" | "endpoints"))
}

/// Whether a deletion answers with the object instead of a `Status`.
pub(super) fn returns_deleted(resource: &Resource) -> bool {
    resource.crd.is_none()
        && resource.group.is_empty()
        && matches!(
            resource.plural.as_str(),
            "pods"
                | "services"
                | "serviceaccounts"
                | "persistentvolumes"
                | "persistentvolumeclaims"
        )
}

/// 403 for what has to stay.
pub(super) fn may_delete(resource: &Resource, object: &Value) -> Result<(), Status> {
    let name = object::name(object);
    let fixed = ["default", "kube-system", "kube-public"];
    if resource.group.is_empty() && resource.plural == "namespaces" && fixed.contains(&name) {
        return Err(Status::forbidden(
            "",
            "namespaces",
            name,
            "this namespace may not be deleted",
        ));
    }
    Ok(())
}

/// A member of an object, made if there is none.
fn part<'a>(object: &'a mut Value, name: &str) -> Option<&'a mut Map<String, Value>> {
    let part = object
        .as_object_mut()?
        .entry(name)
        .or_insert_with(|| Value::Object(Map::new()));
    if part.is_null() {
        *part = Value::Object(Map::new());
    }
    part.as_object_mut()
}

fn default(map: &mut Map<String, Value>, name: &str, value: Value) {
    let slot = map.entry(name).or_insert(Value::Null);
    if slot.is_null() {
        *slot = value;
    }
}

/// Fills in the defaults that clients rely on.
pub(super) fn apply_defaults(resource: &Resource, object: &mut Value) {
    if resource.crd.is_some() {
        return;
    }
    match (resource.group.as_str(), resource.kind.as_str()) {
        ("", "Namespace") => {
            let name = object::name(object).to_owned();
            if let Some(metadata) = object::meta_mut(object) {
                let labels = metadata.entry("labels").or_insert_with(|| json!({}));
                if let (Some(labels), false) = (labels.as_object_mut(), name.is_empty()) {
                    labels.insert("kubernetes.io/metadata.name".into(), name.into());
                }
            }
        }
        ("", "Secret") => secret(object),
        ("", "Service") => service(object),
        ("", "Pod") => {
            if let Some(spec) = part(object, "spec") {
                pod(spec);
            }
        }
        ("apps", "Deployment" | "ReplicaSet" | "StatefulSet") => {
            if let Some(spec) = part(object, "spec") {
                default(spec, "replicas", 1.into());
            }
        }
        (RBAC, "RoleBinding" | "ClusterRoleBinding") => binding(object),
        _ => {}
    }
}

fn secret(object: &mut Value) {
    let Some(map) = object.as_object_mut() else {
        return;
    };
    default(map, "type", "Opaque".into());
    let Some(Value::Object(plain)) = map.shift_remove("stringData") else {
        return;
    };
    let data = map.entry("data").or_insert_with(|| json!({}));
    if let Some(data) = data.as_object_mut() {
        for (key, value) in plain {
            let text = value.as_str().unwrap_or_default();
            data.insert(key, STANDARD.encode(text).into());
        }
    }
}

fn service(object: &mut Value) {
    let Some(spec) = part(object, "spec") else {
        return;
    };
    default(spec, "type", "ClusterIP".into());
    default(spec, "sessionAffinity", "None".into());
    for port in spec
        .get_mut("ports")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        let Some(port) = port.as_object_mut() else {
            continue;
        };
        default(port, "protocol", "TCP".into());
        if let Some(number) = port.get("port").cloned() {
            default(port, "targetPort", number);
        }
    }
}

fn pod(spec: &mut Map<String, Value>) {
    for (name, value) in [
        ("restartPolicy", json!("Always")),
        ("terminationGracePeriodSeconds", json!(30)),
        ("dnsPolicy", json!("ClusterFirst")),
        ("securityContext", json!({})),
        ("schedulerName", json!("default-scheduler")),
        ("serviceAccountName", json!("default")),
        ("enableServiceLinks", json!(true)),
    ] {
        default(spec, name, value);
    }
}

fn binding(object: &mut Value) {
    if let Some(role) = object.get_mut("roleRef").and_then(Value::as_object_mut) {
        default(role, "apiGroup", RBAC.into());
    }
    for subject in object
        .get_mut("subjects")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        let Some(subject) = subject.as_object_mut() else {
            continue;
        };
        if matches!(
            subject.get("kind").and_then(Value::as_str),
            Some("User" | "Group")
        ) {
            default(subject, "apiGroup", RBAC.into());
        }
    }
}

/// What a new object starts with, and what its creator cannot set.
pub(super) fn prepare_new(state: &mut State, resource: &Resource, object: &mut Value) {
    // A kubelet registers its node together with its status.
    let keeps_status = resource.crd.is_none() && resource.plural == "nodes";
    if let (true, Some(map)) = (
        resource.subresources.status && !keeps_status,
        object.as_object_mut(),
    ) {
        map.shift_remove("status");
    }
    if resource.crd.is_some() || !resource.group.is_empty() {
        return;
    }
    let status = match resource.kind.as_str() {
        "Namespace" => {
            if let Some(spec) = part(object, "spec") {
                default(spec, "finalizers", json!(["kubernetes"]));
            }
            json!({ "phase": "Active" })
        }
        "Pod" => json!({ "phase": "Pending", "qosClass": "BestEffort" }),
        "Service" => {
            if let Some(spec) = part(object, "spec") {
                let (a, b) = (state.random.u8(..), state.random.u8(1..255));
                if spec.get("type").and_then(Value::as_str) != Some("ExternalName") {
                    default(spec, "clusterIP", format!("172.20.{a}.{b}").into());
                    let address = spec.get("clusterIP").cloned().unwrap_or_default();
                    default(spec, "clusterIPs", json!([address]));
                }
            }
            json!({ "loadBalancer": {} })
        }
        _ => return,
    };
    if let Some(map) = object.as_object_mut() {
        map.insert("status".into(), status);
    }
}

/// What an update of these kinds cannot change.
pub(super) fn prepare_change(resource: &Resource, old: &Value, new: &mut Value) {
    let kept: &[&str] = match (resource.crd.is_some(), resource.kind.as_str()) {
        // Namespaces are finalised through a subresource of their own.
        (false, "Namespace") => &["spec"],
        _ => return,
    };
    let Some(map) = new.as_object_mut() else {
        return;
    };
    for part in kept {
        if let Some(value) = old.get(*part) {
            map.insert((*part).to_owned(), value.clone());
        }
    }
}

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

/// The members of events that have another name in the group `events.k8s.io`.
const EVENT_NAMES: [(&str, &str); 7] = [
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
    ("reportingComponent", "reportingController"),
];

/// The object as it is stored: events of both groups as those of the core.
pub(super) fn to_stored(resource: &Resource, object: Value) -> Value {
    if resource.group == "events.k8s.io" {
        event_as("", &object)
    } else {
        object
    }
}

/// An event as one of the core group (empty), or of `events.k8s.io`.
pub(super) fn event_as(group: &str, event: &Value) -> Value {
    let mut named = Map::new();
    for (name, value) in event.as_object().into_iter().flatten() {
        let pair = EVENT_NAMES
            .iter()
            .find(|(core, other)| name == core || name == other);
        let name = match pair {
            Some((core, _)) if group.is_empty() => (*core).to_owned(),
            Some((_, other)) => (*other).to_owned(),
            None => name.clone(),
        };
        named.insert(name, value.clone());
    }
    let version = if group.is_empty() {
        "v1"
    } else {
        "events.k8s.io/v1"
    };
    named.insert("apiVersion".into(), version.into());
    Value::Object(named)
}
