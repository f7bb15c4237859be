//! What the rules about `aws-auth` share.

use rolecall_facts::{AwsAuthRole, Change, RoleIdentity};

/// The group of nodes.
pub(super) const NODES_GROUP: &str = "system:nodes";
/// The user name of a node that is an EC2 instance.
pub(super) const NODE_USERNAME: &str = "system:node:{{EC2PrivateDNSName}}";
/// What a node's user name begins with.
pub(super) const NODE_USER: &str = "system:node:";

/// Whether a mapping is meant for nodes, by its user name or its groups.
pub(super) fn is_for_nodes(mapping: &AwsAuthRole) -> bool {
    let user = mapping.username.value();
    let groups = mapping.groups.value();
    user.is_some_and(|user| user.starts_with(NODE_USER))
        || groups.is_some_and(|groups| groups.iter().any(|group| group == NODES_GROUP))
}

/// The mapping of a node role (EKS User Guide, "Grant IAM users access to Kubernetes with a ConfigMap").
pub(super) fn map_node(role_arn: String) -> Change {
    map_node_as(role_arn, NODE_USERNAME)
}

/// As [`map_node`], under another user name of a node.
pub(super) fn map_node_as(role_arn: String, username: &str) -> Change {
    Change::MapRole {
        role_arn,
        username: username.to_owned(),
        groups: vec!["system:bootstrappers".to_owned(), NODES_GROUP.to_owned()],
    }
}

/// eksctl's command for a mapping of a role as another was mapped.
pub(super) fn map_with_eksctl(cluster: &str, role: &RoleIdentity, mapping: &AwsAuthRole) -> String {
    let user = mapping.username.value().map_or("USERNAME", String::as_str);
    let groups = mapping
        .groups
        .value()
        .into_iter()
        .flatten()
        .map(|group| format!(" --group {group}"))
        .collect::<String>();
    format!(
        "eksctl create iamidentitymapping --cluster {cluster} \\\n  --arn {role} \\\n  --username '{user}'{groups}"
    )
}

/// eksctl's command for a node role (EKS User Guide, "Grant IAM users access to Kubernetes with a
/// ConfigMap").
pub(super) fn map_node_with_eksctl(cluster: &str, role: &RoleIdentity) -> String {
    format!(
        "eksctl create iamidentitymapping --cluster {cluster} \\\n  --arn {role} \\\n  --username '{NODE_USERNAME}' --group system:bootstrappers --group {NODES_GROUP}"
    )
}
