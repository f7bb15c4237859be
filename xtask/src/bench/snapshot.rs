use std::ops::Range;

use rolecall_facts::Snapshot;
use serde_json::{Value, json};

/// A fleet: Auto Mode clusters of one account, with pools, classes, entries and many roles that no pool
/// uses. The same every time.
pub(super) struct Fleet {
    pub(super) clusters: usize,
    /// Each with a node class of its own.
    pub(super) pools: usize,
    pub(super) entries: usize,
    /// Of nodes.
    pub(super) roles: usize,
}

/// What a trace is measured with.
pub(super) const FLEET: Fleet = Fleet {
    clusters: 20,
    pools: 2_000,
    entries: 20_000,
    roles: 100_000,
};

impl Fleet {
    pub(super) fn json(&self) -> Value {
        let mut json = self.clusters_json();
        if let Some(members) = json.as_object_mut() {
            let roles = (0..self.roles).map(node_role);
            let roles: Vec<_> = roles.chain((0..self.clusters).map(cluster_role)).collect();
            members.insert("roles".to_owned(), roles.into());
        }
        json
    }

    /// The clusters and their roles, pools, classes and entries, without the roles of nodes.
    pub(super) fn clusters_json(&self) -> Value {
        json!({
            "version": Snapshot::VERSION,
            "clusters": (0..self.clusters).map(cluster).collect::<Vec<_>>(),
            "node_pools": (0..self.pools).map(|index| self.pool(index)).collect::<Vec<_>>(),
            "node_classes": (0..self.pools).map(|index| self.class(index)).collect::<Vec<_>>(),
            "access_entries": (0..self.entries).map(|index| self.entry(index)).collect::<Vec<_>>(),
            "access_policies": (0..self.pools).map(|index| self.association(index)).collect::<Vec<_>>(),
            "roles": (0..self.clusters).map(cluster_role).collect::<Vec<_>>(),
        })
    }

    fn cluster_of(&self, index: usize) -> Value {
        reference(cluster_name(index % self.clusters))
    }

    fn pool(&self, index: usize) -> Value {
        let class = json!({ "group": "eks.amazonaws.com", "kind": "NodeClass", "name": format!("class-{index}") });
        json!({
            "name": format!("pool-{index}"), "cluster": self.cluster_of(index),
            "node_class_ref": known(class), "origin": origin("pool"),
        })
    }

    fn class(&self, index: usize) -> Value {
        json!({
            "kind": "auto-mode", "name": format!("class-{index}"), "cluster": self.cluster_of(index),
            "role": reference(format!("node-{index}")), "origin": origin("class"),
        })
    }

    fn entry(&self, index: usize) -> Value {
        json!({
            "cluster": self.cluster_of(index), "principal": reference(role_arn(index)),
            "entry_type": known("EC2"), "kubernetes_groups": known(Vec::<String>::new()),
            "policies_complete": "complete", "origin": origin("entry"),
        })
    }

    fn association(&self, index: usize) -> Value {
        json!({
            "cluster": self.cluster_of(index), "principal": reference(role_arn(index)),
            "policy_arn": known("arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy"),
            "scope": known("cluster"), "origin": origin("association"),
        })
    }
}

/// Some roles of nodes, without anything else.
pub(super) fn roles_json(indices: Range<usize>) -> Value {
    json!({
        "version": Snapshot::VERSION,
        "roles": indices.map(node_role).collect::<Vec<_>>(),
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
    format!("cluster-{index}")
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
