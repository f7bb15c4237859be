//! The case this project began with, as a snapshot: Auto Mode, roles under `/platform/eks/`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use rolecall_chain::{ControlPlane, Options, Severity, Traced, Verdict, trace};
use rolecall_facts::Snapshot;
use serde_json::{Value, json};

fn known(value: impl Into<Value>) -> Value {
    let origin = json!({ "file": { "path": "infra.tf", "line": 1, "column": 1 } });
    json!({ "known": { "value": value.into(), "origin": origin } })
}

fn origin() -> Value {
    json!({ "file": { "path": "infra.tf", "line": 1, "column": 1 } })
}

fn trust(service: &str) -> Value {
    let document = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": service },
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        }],
    });
    known(json!({ "text": document.to_string() }))
}

fn role(path: &str, name: &str, service: &str, policies: &[&str]) -> Value {
    let attached: Vec<Value> = policies
        .iter()
        .map(|policy| json!({ "value": known(format!("arn:aws:iam::aws:policy/{policy}")) }))
        .collect();
    json!({
        "partition": "aws", "account": "111122223333",
        "name": known(name), "path": known(path), "trust": trust(service),
        "attached_policies": attached, "policies_complete": "complete", "origin": origin(),
    })
}

fn class_and_pool(name: &str, role: &str) -> (Value, Value) {
    let cluster = json!({ "value": known("platform-prod") });
    let class = json!({
        "kind": "auto-mode", "name": name, "cluster": cluster,
        "role": { "value": known(role) }, "origin": origin(),
    });
    let class_ref = json!({ "group": "eks.amazonaws.com", "kind": "NodeClass", "name": name });
    let pool = json!({
        "name": name, "cluster": cluster, "node_class_ref": known(class_ref), "origin": origin(),
    });
    (class, pool)
}

fn entry(arn: &str) -> Value {
    json!({
        "cluster": { "value": known("platform-prod") }, "principal": { "value": known(arn) },
        "entry_type": known("EC2"), "kubernetes_groups": known(json!([])),
        "policies_complete": "complete", "origin": origin(),
    })
}

fn snapshot() -> Snapshot {
    let (batch_class, batch_pool) = class_and_pool("batch", "BatchNodeRole");
    let (web_class, web_pool) = class_and_pool("web", "WebNodeRole");
    let batch_arn = "arn:aws:iam::111122223333:role/platform/eks/BatchNodeRole";
    let node = [
        "AmazonEKSWorkerNodeMinimalPolicy",
        "AmazonEC2ContainerRegistryPullOnly",
    ];
    let cluster = [
        "AmazonEKSClusterPolicy",
        "AmazonEKSComputePolicy",
        "AmazonEKSBlockStoragePolicy",
        "AmazonEKSLoadBalancingPolicy",
        "AmazonEKSNetworkingPolicy",
    ];
    let json = json!({
        "version": 1,
        "clusters": [{
            "name": known("platform-prod"), "partition": "aws", "account": "111122223333",
            "region": "eu-central-1", "authentication_mode": known("API"),
            "compute": { "enabled": known(true), "node_pools": known(json!([])), "origin": origin() },
            "role": { "value": known("arn:aws:iam::111122223333:role/platform/eks/ClusterRole") },
            "access_entries_complete": "complete", "aws_auth_complete": "complete",
            "origin": origin(),
        }],
        "node_pools": [batch_pool, web_pool],
        "node_classes": [batch_class, web_class],
        "access_entries": [
            entry(batch_arn),
            entry("arn:aws:iam::111122223333:role/WebNodeRole"),
        ],
        "access_policies": [{
            "cluster": { "value": known("platform-prod") },
            "principal": { "value": known(batch_arn) },
            "policy_arn": known("arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy"),
            "scope": known("cluster"), "origin": origin(),
        }],
        "roles": [
            role("/platform/eks/", "ClusterRole", "eks.amazonaws.com", &cluster),
            role("/platform/eks/", "BatchNodeRole", "ec2.amazonaws.com", &node),
            role("/platform/eks/", "WebNodeRole", "ec2.amazonaws.com", &node),
        ],
    });
    Snapshot::from_json(&json.to_string()).unwrap()
}

fn traced(control_plane: ControlPlane) -> Traced {
    trace(
        &snapshot(),
        &Options {
            control_plane,
            ..Options::default()
        },
    )
}

fn links(traced: &Traced, pool: &str) -> Vec<String> {
    let chain = traced
        .chains
        .iter()
        .find(|chain| chain.pool.name == pool)
        .unwrap();
    chain
        .links
        .iter()
        .map(|state| format!("{} {}", state.verdict, state.link))
        .collect()
}

#[test]
fn the_pool_that_is_right_passes_with_a_note() {
    let traced = traced(ControlPlane::Current);
    let batch = traced
        .chains
        .iter()
        .find(|chain| chain.pool.name == "batch")
        .unwrap();
    assert_eq!(batch.verdict(), Verdict::Pass, "{:#?}", batch.links);
    let about_batch: Vec<_> = traced
        .findings
        .iter()
        .filter(|finding| finding.pools.iter().any(|pool| pool.name == "batch"))
        .map(|finding| (finding.rule.code, finding.severity))
        .collect();
    assert_eq!(about_batch, [("RC710", Severity::Note)]);
}

#[test]
fn the_pool_whose_entry_lacks_the_path_fails_at_its_access_entry() {
    let traced = traced(ControlPlane::Current);
    assert_eq!(
        links(&traced, "web"),
        [
            "pass node-class",
            "pass role-reference",
            "pass role",
            "pass trust",
            "pass node-permissions",
            "pass pass-role",
            "fail access-entry",
            "unknown access-policy",
            "pass launch",
            "unknown join",
        ]
    );
}

#[test]
fn a_control_plane_that_drops_paths_is_refused_by_the_service_role_policy() {
    let traced = traced(ControlPlane::Legacy);
    assert!(links(&traced, "batch").contains(&"fail access-entry".to_owned()));
    let finding = traced
        .findings
        .iter()
        .find(|finding| finding.rule.code == "RC710")
        .unwrap();
    let evidence = format!("{:?}", finding.evidence);
    for part in [
        "arn:aws:iam::111122223333:role/BatchNodeRole",
        "arn:aws:iam::111122223333:role/platform/eks/BatchNodeRole",
        "AmazonEKSServiceRolePolicy",
        "eks:accessEntryType",
    ] {
        assert!(evidence.contains(part), "{part} is missing in {evidence}");
    }
    let batch = traced
        .chains
        .iter()
        .find(|chain| chain.pool.name == "batch")
        .unwrap();
    let class = batch
        .predicted
        .iter()
        .find(|known| known.object == "NodeClass/batch")
        .unwrap();
    let shown: Vec<String> = class
        .conditions
        .iter()
        .map(|known| {
            format!(
                "{}={} {} {}",
                known.kind, known.status, known.reason, known.message
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "InstanceProfileReady=False UnauthorizedNodeRole Role BatchNodeRole is unauthorized to join nodes to the cluster",
            "ValidationSucceeded=False DependenciesNotReady Awaiting Instance Profile, Security Group, and Subnet resolution",
            "Ready=False UnhealthyDependents ValidationSucceeded=False, InstanceProfileReady=False",
        ]
    );
}
