use rolecall_facts::Snapshot;
use serde_json::{Value, json};

/// How many pools, roles and entries the snapshot holds.
pub(super) const POOLS: usize = 2_000;
pub(super) const ROLES: usize = 100_000;
pub(super) const ENTRIES: usize = 20_000;

const CLUSTERS: usize = 20;

/// A fleet: twenty Auto Mode clusters of one account, with pools, classes, entries and many roles that
/// no pool uses. The same every time.
pub(super) fn json() -> Value {
    let associations: Vec<_> = (0..POOLS).map(association).collect();
    json!({
        "version": Snapshot::VERSION,
        "clusters": (0..CLUSTERS).map(cluster).collect::<Vec<_>>(),
        "node_pools": (0..POOLS).map(pool).collect::<Vec<_>>(),
        "node_classes": (0..POOLS).map(class).collect::<Vec<_>>(),
        "access_entries": (0..ENTRIES).map(entry).collect::<Vec<_>>(),
        "access_policies": associations,
        "roles": (0..ROLES).map(node_role).chain((0..CLUSTERS).map(cluster_role)).collect::<Vec<_>>(),
    })
}

fn origin(what: &str) -> Value {
    json!({ "api": { "call": "bench", "target": what } })
}

fn known(value: impl Into<Value>) -> Value {
    json!({ "known": { "value": value.into(), "origin": origin("fact") } })
}

fn reference(value: impl Into<Value>) -> Value {
    json!({ "value": known(value) })
}

fn cluster_name(index: usize) -> String {
    format!("cluster-{}", index % CLUSTERS)
}

fn role_arn(index: usize) -> String {
    format!(
        "arn:aws:iam::111122223333:role/teams/team-{}/node-{index}",
        index % 100
    )
}

fn cluster(index: usize) -> Value {
    json!({
        "name": known(cluster_name(index)), "partition": "aws", "account": "111122223333",
        "region": "eu-central-1", "authentication_mode": known("API"),
        "compute": { "enabled": known(true), "node_pools": known(Vec::<String>::new()), "origin": origin("compute") },
        "role": reference(format!("arn:aws:iam::111122223333:role/cluster-role-{index}")),
        "access_entries_complete": "complete", "aws_auth_complete": "complete", "origin": origin("cluster"),
    })
}

fn pool(index: usize) -> Value {
    let class = json!({ "group": "eks.amazonaws.com", "kind": "NodeClass", "name": format!("class-{index}") });
    json!({
        "name": format!("pool-{index}"), "cluster": reference(cluster_name(index)),
        "node_class_ref": known(class), "origin": origin("pool"),
    })
}

fn class(index: usize) -> Value {
    json!({
        "kind": "auto-mode", "name": format!("class-{index}"), "cluster": reference(cluster_name(index)),
        "role": reference(format!("node-{index}")), "origin": origin("class"),
    })
}

fn entry(index: usize) -> Value {
    json!({
        "cluster": reference(cluster_name(index)), "principal": reference(role_arn(index)),
        "entry_type": known("EC2"), "kubernetes_groups": known(Vec::<String>::new()),
        "policies_complete": "complete", "origin": origin("entry"),
    })
}

fn association(index: usize) -> Value {
    json!({
        "cluster": reference(cluster_name(index)), "principal": reference(role_arn(index)),
        "policy_arn": known("arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy"),
        "scope": known("cluster"), "origin": origin("association"),
    })
}

fn role(name: &str, path: &str, service: &str, actions: &str, policies: &[&str]) -> Value {
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"{service}"}},"Action":{actions}}}]}}"#
    );
    let attached: Vec<_> = policies
        .iter()
        .map(|policy| reference(format!("arn:aws:iam::aws:policy/{policy}")))
        .collect();
    json!({
        "partition": "aws", "account": "111122223333", "name": known(name), "path": known(path),
        "trust": known(json!({ "text": trust })), "attached_policies": attached,
        "policies_complete": "complete", "origin": origin("role"),
    })
}

fn node_role(index: usize) -> Value {
    role(
        &format!("node-{index}"),
        &format!("/teams/team-{}/", index % 100),
        "ec2.amazonaws.com",
        r#""sts:AssumeRole""#,
        &[
            "AmazonEKSWorkerNodeMinimalPolicy",
            "AmazonEC2ContainerRegistryPullOnly",
        ],
    )
}

fn cluster_role(index: usize) -> Value {
    role(
        &format!("cluster-role-{index}"),
        "/",
        "eks.amazonaws.com",
        r#"["sts:AssumeRole","sts:TagSession"]"#,
        &[
            "AmazonEKSClusterPolicy",
            "AmazonEKSComputePolicy",
            "AmazonEKSBlockStoragePolicy",
            "AmazonEKSLoadBalancingPolicy",
            "AmazonEKSNetworkingPolicy",
        ],
    )
}
