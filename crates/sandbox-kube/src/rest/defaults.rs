//! What objects of Kubernetes' own kinds start with, and the defaults that clients rely on.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::object;
use crate::resource::Resource;
use crate::server::State;

const RBAC: &str = "rbac.authorization.k8s.io";

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
