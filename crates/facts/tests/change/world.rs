//! Snapshots as a live cluster gives them.

use rolecall_facts::{Change, NewAccessEntry, NewRole, Snapshot};
use serde_json::{Value, json};

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const AUTO_NODE: &str = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy";
pub(crate) const VIEW: &str = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy";

/// A role's ARN in the cluster's account.
pub(crate) fn arn(role: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{role}")
}

/// A known fact.
pub(crate) fn known(value: impl Into<Value>) -> Value {
    json!({ "known": { "value": value.into(), "origin": origin() } })
}

pub(crate) fn unknown() -> Value {
    json!({ "unknown": { "why": { "reason": "not-given", "detail": "this" } } })
}

pub(crate) fn origin() -> Value {
    json!({ "api": { "call": "test:Read", "target": "it" } })
}

pub(crate) fn reference(value: impl Into<Value>) -> Value {
    json!({ "value": known(value) })
}

/// A cluster of mode `API`.
pub(crate) fn cluster() -> Value {
    json!({
        "name": known("prod"),
        "partition": "aws",
        "account": ACCOUNT,
        "region": "eu-west-1",
        "authentication_mode": known("API_AND_CONFIG_MAP"),
        "role": reference(arn("ClusterRole")),
        "access_entries_complete": "complete",
        "aws_auth_complete": "complete",
        "origin": origin(),
    })
}

/// An entry with what EKS shows of one that was just made.
pub(crate) fn entry(principal: &str, kind: &str) -> Value {
    json!({
        "cluster": reference("prod"),
        "principal": reference(principal),
        "entry_type": known(kind),
        "kubernetes_groups": known(json!([])),
        "policies_complete": "complete",
        "origin": origin(),
    })
}

pub(crate) fn association(principal: &str, policy: &str, scope: impl Into<Value>) -> Value {
    json!({
        "cluster": reference("prod"),
        "principal": reference(principal),
        "policy_arn": known(policy),
        "scope": known(scope.into()),
        "origin": origin(),
    })
}

pub(crate) const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

pub(crate) fn role(path: &str, name: &str) -> Value {
    json!({
        "account": ACCOUNT,
        "partition": "aws",
        "name": known(name),
        "path": known(path),
        "trust": known(json!({ "text": TRUST })),
        "policies_complete": "complete",
        "origin": origin(),
    })
}

/// A snapshot of these lists, by field.
pub(crate) fn snapshot(fields: Value) -> Snapshot {
    let mut whole = json!({ "version": 1, "clusters": [cluster()] });
    let whole_fields = whole.as_object_mut().unwrap();
    for (key, value) in fields.as_object().unwrap() {
        whole_fields.insert(key.clone(), value.clone());
    }
    Snapshot::from_json(&whole.to_string()).unwrap()
}

/// `object` with these fields.
pub(crate) fn with(mut object: Value, fields: Value) -> Value {
    let target = object.as_object_mut().unwrap();
    for (key, value) in fields.as_object().unwrap() {
        target.insert(key.clone(), value.clone());
    }
    object
}

pub(crate) fn new_entry(principal: &str, kind: &str) -> NewAccessEntry {
    NewAccessEntry {
        principal: principal.to_owned(),
        entry_type: kind.to_owned(),
        kubernetes_groups: Vec::new(),
        username: None,
        tags: std::collections::BTreeMap::new(),
    }
}

pub(crate) fn create(principal: &str, kind: &str) -> Change {
    Change::CreateAccessEntry(new_entry(principal, kind))
}

pub(crate) fn delete(principal: &str) -> Change {
    Change::DeleteAccessEntry {
        principal: principal.to_owned(),
    }
}

pub(crate) fn new_role(path: &str, name: &str) -> NewRole {
    NewRole {
        name: name.to_owned(),
        path: path.to_owned(),
        trust: TRUST.to_owned(),
        boundary: None,
        tags: std::collections::BTreeMap::new(),
    }
}

/// The snapshot after a change.
#[track_caller]
pub(crate) fn after(snapshot: &Snapshot, change: &Change) -> Snapshot {
    let mut after = snapshot.clone();
    change.apply(&mut after).unwrap();
    after
}

/// Why a change is refused.
#[track_caller]
pub(crate) fn refused(snapshot: &Snapshot, change: &Change) -> String {
    let mut after = snapshot.clone();
    let error = change.apply(&mut after).unwrap_err();
    assert_eq!(
        &after, snapshot,
        "what is refused leaves the snapshot as it was"
    );
    error.to_string()
}

/// What a snapshot says, without the places, the times of what is made again, and what EKS alone sets;
/// lists in one order and the account filled in. Compute settings that are off, and an `aws-auth` without mappings, say nothing.
pub(crate) fn meaning(snapshot: &Snapshot) -> Value {
    let mut json = serde_json::to_value(snapshot).unwrap();
    strip(&mut json);
    let fields = json.as_object_mut().unwrap();
    for cluster in fields.get_mut("clusters").into_iter().flat_map(list) {
        let cluster = cluster.as_object_mut().unwrap();
        let compute = cluster.get("compute");
        let is_off = compute.is_some_and(|compute| {
            let pools = &compute["node_pools"]["known"]["value"];
            compute["enabled"]["known"]["value"] == false && *pools == json!([])
        });
        if is_off {
            cluster.remove("compute");
        }
    }
    for map in fields.get_mut("aws_auth").into_iter().flat_map(list) {
        if map["map_roles"]["known"]["value"] == json!([]) {
            *map = Value::Null;
        }
    }
    for entry in fields.get_mut("access_entries").into_iter().flat_map(list) {
        let entry = entry.as_object_mut().unwrap();
        entry.remove("created_at");
        let is_standard = entry["entry_type"]["known"]["value"] == "STANDARD";
        if !is_standard {
            entry.remove("kubernetes_groups");
            entry.remove("username");
        }
    }
    fields.retain(|_, value| {
        value
            .as_array()
            .is_none_or(|list| list.iter().any(|item| !item.is_null()))
    });
    json
}

fn list(value: &mut Value) -> std::slice::IterMut<'_, Value> {
    value.as_array_mut().unwrap().iter_mut()
}

fn strip(json: &mut Value) {
    match json {
        Value::Object(fields) => {
            fields.remove("origin");
            fields.values_mut().for_each(strip);
        }
        Value::Array(items) => {
            items.iter_mut().for_each(strip);
            items.sort_by_key(ToString::to_string);
        }
        Value::String(text) => {
            *text = text
                .replace("${AWS::Partition}", "aws")
                .replace("${AWS::AccountId}", ACCOUNT);
        }
        _ => {}
    }
}
