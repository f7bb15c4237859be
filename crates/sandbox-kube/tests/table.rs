//! Tables: the columns that kubectl prints.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what is not there ends the test"
)]

use rolecall_sandbox_kube::table::{Include, render};
use rolecall_sandbox_kube::{Registry, Resource};
use serde_json::{Map, Value, json};
use std::sync::Arc;

fn kind(group: &str, plural: &str) -> Arc<Resource> {
    Registry::builtin()
        .find(group, "v1", plural)
        .expect("a built-in kind")
        .clone()
}

fn table(resource: &Resource, object: Value) -> Value {
    let now = "2026-01-01T01:00:00Z".parse().expect("a timestamp");
    render(
        resource,
        &[Arc::new(object)],
        Map::new(),
        "v1",
        Include::Metadata,
        true,
        now,
    )
}

/// The table as kubectl would print it, wide columns in brackets.
fn printed(resource: &Resource, object: Value) -> String {
    let table = table(resource, object);
    let definitions = table["columnDefinitions"].as_array().expect("columns");
    let cells = table["rows"][0]["cells"].as_array().expect("cells");
    assert_eq!(definitions.len(), cells.len());
    let line = definitions.iter().zip(cells).map(|(definition, cell)| {
        let name = definition["name"]
            .as_str()
            .unwrap_or_default()
            .to_uppercase();
        let cell = cell
            .as_str()
            .map_or_else(|| cell.to_string(), str::to_owned);
        match definition["priority"].as_i64() {
            Some(0) => format!("{name}={cell}"),
            _ => format!("[{name}={cell}]"),
        }
    });
    line.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_node_shows_its_state_roles_and_version() {
    let node = json!({
        "metadata": {
            "name": "i-0123456789abcdef0", "creationTimestamp": "2026-01-01T00:00:00Z",
            "labels": {"node-role.kubernetes.io/worker": ""},
        },
        "spec": {"unschedulable": true},
        "status": {
            "conditions": [{"type": "Ready", "status": "True"}],
            "addresses": [{"type": "InternalIP", "address": "10.0.0.7"}],
            "nodeInfo": {
                "kubeletVersion": "v1.33.1-eks", "osImage": "Bottlerocket", "kernelVersion": "6.1",
                "containerRuntimeVersion": "containerd://1.7",
            },
        },
    });
    assert_eq!(
        printed(&kind("", "nodes"), node),
        "NAME=i-0123456789abcdef0 STATUS=Ready,SchedulingDisabled ROLES=worker AGE=60m VERSION=v1.33.1-eks \
         [INTERNAL-IP=10.0.0.7] [EXTERNAL-IP=<none>] [OS-IMAGE=Bottlerocket] [KERNEL-VERSION=6.1] \
         [CONTAINER-RUNTIME=containerd://1.7]"
    );
}

#[test]
fn an_event_shows_what_it_is_about() {
    let event = json!({
        "metadata": {"name": "a.1", "namespace": "default"},
        "involvedObject": {"kind": "NodeClass", "name": "a"}, "type": "Normal",
        "reason": "InstanceProfileReady", "message": " Status condition transitioned ",
        "firstTimestamp": "2026-01-01T00:50:00Z", "lastTimestamp": "2026-01-01T00:59:30Z", "count": 3,
        "source": {"component": "karpenter"},
    });
    assert_eq!(
        printed(&kind("", "events"), event),
        "LAST SEEN=30s TYPE=Normal REASON=InstanceProfileReady OBJECT=nodeclass/a [SUBOBJECT=] [SOURCE=karpenter] \
         MESSAGE=Status condition transitioned [FIRST SEEN=10m] [COUNT=3] [NAME=a.1]"
    );
}

#[test]
fn a_node_class_shows_its_role_and_whether_it_is_ready() {
    let class = json!({
        "metadata": {"name": "a", "creationTimestamp": "2026-01-01T00:58:00Z"},
        "spec": {"role": "NodeRole"},
        "status": {"conditions": [{"type": "Ready", "status": "False"}]},
    });
    assert_eq!(
        printed(&kind("eks.amazonaws.com", "nodeclasses"), class),
        "NAME=a ROLE=NodeRole READY=False AGE=2m"
    );
}

#[test]
fn columns_without_a_value_are_null() {
    let pool = json!({
        "metadata": {"name": "a", "creationTimestamp": "2026-01-01T00:58:00Z"},
        "spec": {"template": {"spec": {"nodeClassRef": {"name": "default"}}}, "weight": 10},
    });
    assert_eq!(
        printed(&kind("karpenter.sh", "nodepools"), pool),
        "NAME=a NODECLASS=default NODES=null READY=null AGE=2m [WEIGHT=10] [CPU=null] [MEMORY=null]"
    );
}

#[test]
fn rows_carry_what_was_asked_for() {
    let object = Arc::new(json!({"metadata": {"name": "a"}, "data": {"k": "v"}}));
    let maps = kind("", "configmaps");
    let now = "2026-01-01T01:00:00Z".parse().expect("a timestamp");
    let with = |include, headers| {
        render(
            &maps,
            std::slice::from_ref(&object),
            Map::new(),
            "v1",
            include,
            headers,
            now,
        )
    };
    let metadata = with(Include::Metadata, true);
    assert_eq!(metadata["kind"], "Table");
    assert_eq!(metadata["apiVersion"], "meta.k8s.io/v1");
    assert_eq!(
        metadata["rows"][0]["object"]["kind"],
        "PartialObjectMetadata"
    );
    assert_eq!(metadata["rows"][0]["object"].get("data"), None);
    assert_eq!(
        with(Include::Object, true)["rows"][0]["object"]["data"]["k"],
        "v"
    );
    assert_eq!(with(Include::None, true)["rows"][0].get("object"), None);
    assert_eq!(
        with(Include::Metadata, false)["columnDefinitions"],
        Value::Null
    );
}

#[test]
fn every_kind_prints_an_empty_object() {
    for resource in Registry::builtin().iter() {
        let table = table(resource, json!({}));
        let cells = table["rows"][0]["cells"].as_array().map(Vec::len);
        assert_eq!(
            table["columnDefinitions"].as_array().map(Vec::len),
            cells,
            "{}",
            resource.kind
        );
    }
}
