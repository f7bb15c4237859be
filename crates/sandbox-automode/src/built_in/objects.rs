//! How the built-in class and pools look (EKS User Guide, "Create a Node Class for Amazon EKS" and
//! "Enable or Disable Built-in NodePools").

use serde_json::{Value, json};

use crate::client::eks::Cluster;

/// The built-in pools and the architectures of their nodes.
pub(super) const POOLS: &[(&str, &[&str])] = &[
    ("general-purpose", &["amd64"]),
    ("system", &["amd64", "arm64"]),
];

/// The specification of the class, with the cluster's role, subnets and security group.
pub(super) fn node_class(cluster: &Cluster) -> Value {
    let role = cluster.node_role_arn.as_deref().unwrap_or_default();
    let role = role.rsplit('/').next().unwrap_or_default();
    let terms = |ids: &mut dyn Iterator<Item = &String>| -> Vec<Value> {
        ids.map(|id| json!({ "id": id })).collect()
    };
    json!({
        "role": role,
        "subnetSelectorTerms": terms(&mut cluster.subnets.iter()),
        "securityGroupSelectorTerms": terms(&mut cluster.security_group.iter()),
        "networkPolicy": "DefaultAllow",
        "networkPolicyEventLogs": "Disabled",
        "snatPolicy": "Random",
        "ephemeralStorage": {"size": "80Gi", "iops": 3000, "throughput": 125},
    })
}

/// The specification of a pool.
pub(super) fn node_pool(name: &str, architectures: &[&str], class: &str) -> Value {
    let taints = match name {
        "system" => json!([{"key": "CriticalAddonsOnly", "effect": "NoSchedule"}]),
        _ => json!([]),
    };
    json!({
        "disruption": {
            "budgets": [{"nodes": "10%"}],
            "consolidateAfter": "30s",
            "consolidationPolicy": "WhenEmptyOrUnderutilized",
        },
        "template": {
            "metadata": {},
            "spec": {
                "expireAfter": "336h",
                "terminationGracePeriod": "24h0m0s",
                "nodeClassRef": {"group": "eks.amazonaws.com", "kind": "NodeClass", "name": class},
                "requirements": [
                    {"key": "karpenter.sh/capacity-type", "operator": "In", "values": ["on-demand"]},
                    {"key": "eks.amazonaws.com/instance-category", "operator": "In", "values": ["c", "m", "r"]},
                    {"key": "eks.amazonaws.com/instance-generation", "operator": "Gt", "values": ["4"]},
                    {"key": "kubernetes.io/arch", "operator": "In", "values": architectures},
                    {"key": "kubernetes.io/os", "operator": "In", "values": ["linux"]},
                ],
                "taints": taints,
            },
        },
    })
}
