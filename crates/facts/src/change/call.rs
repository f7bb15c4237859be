use serde_json::{Value, json};

use super::Change;
use crate::AccessScope;

/// A change as a call: what is asked of which API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Service and operation, such as `eks:CreateAccessEntry` or `kubernetes:patch`.
    pub action: &'static str,
    /// The parameters, by the names that the API gives them.
    pub parameters: Value,
}

impl Change {
    /// The call that makes this change in a cluster of this name.
    #[must_use]
    pub fn call(&self, cluster: &str) -> Call {
        let (action, parameters) = match self {
            Self::CreateAccessEntry(entry) => (
                "eks:CreateAccessEntry",
                json!({
                    "clusterName": cluster,
                    "principalArn": entry.principal,
                    "type": entry.entry_type,
                    "kubernetesGroups": entry.kubernetes_groups,
                    "username": entry.username,
                    "tags": entry.tags,
                }),
            ),
            Self::DeleteAccessEntry { principal } => (
                "eks:DeleteAccessEntry",
                json!({ "clusterName": cluster, "principalArn": principal }),
            ),
            Self::AssociateAccessPolicy {
                principal,
                policy_arn,
                scope,
            } => (
                "eks:AssociateAccessPolicy",
                json!({
                    "clusterName": cluster,
                    "principalArn": principal,
                    "policyArn": policy_arn,
                    "accessScope": access_scope(scope),
                }),
            ),
            Self::DisassociateAccessPolicy {
                principal,
                policy_arn,
            } => (
                "eks:DisassociateAccessPolicy",
                json!({
                    "clusterName": cluster,
                    "principalArn": principal,
                    "policyArn": policy_arn,
                }),
            ),
            Self::SetAuthenticationMode { mode } => (
                "eks:UpdateClusterConfig",
                json!({ "name": cluster, "accessConfig": { "authenticationMode": mode.as_str() } }),
            ),
            Self::SetComputeConfig {
                enabled,
                node_pools,
                node_role,
            } => (
                "eks:UpdateClusterConfig",
                // EKS takes the three only together (EKS User Guide, "Enable EKS Auto Mode on an
                // existing cluster").
                json!({
                    "name": cluster,
                    "computeConfig": {
                        "enabled": enabled,
                        "nodePools": node_pools,
                        "nodeRoleArn": node_role,
                    },
                    "kubernetesNetworkConfig": { "elasticLoadBalancing": { "enabled": enabled } },
                    "storageConfig": { "blockStorage": { "enabled": enabled } },
                }),
            ),
            Self::CreateNodeGroup { name, node_role } => (
                "eks:CreateNodegroup",
                json!({ "clusterName": cluster, "nodegroupName": name, "nodeRole": node_role }),
            ),
            Self::DeleteNodeGroup { name } => (
                "eks:DeleteNodegroup",
                json!({ "clusterName": cluster, "nodegroupName": name }),
            ),
            _ => return self.call_of_iam_or_kubernetes(),
        };
        Call {
            action,
            parameters: without_nothing(parameters),
        }
    }

    fn call_of_iam_or_kubernetes(&self) -> Call {
        let (action, parameters) = match self {
            Self::CreateRole(role) => (
                "iam:CreateRole",
                json!({
                    "RoleName": role.name,
                    "Path": role.path,
                    "AssumeRolePolicyDocument": role.trust,
                    "PermissionsBoundary": role.boundary,
                    "Tags": role.tags,
                }),
            ),
            Self::DeleteRole { name } => ("iam:DeleteRole", json!({ "RoleName": name })),
            Self::SetTrust { role, document } => (
                "iam:UpdateAssumeRolePolicy",
                json!({ "RoleName": role, "PolicyDocument": document }),
            ),
            Self::AttachPolicy { role, policy_arn } => (
                "iam:AttachRolePolicy",
                json!({ "RoleName": role, "PolicyArn": policy_arn }),
            ),
            Self::DetachPolicy { role, policy_arn } => (
                "iam:DetachRolePolicy",
                json!({ "RoleName": role, "PolicyArn": policy_arn }),
            ),
            Self::PutInlinePolicy {
                role,
                name,
                document,
            } => (
                "iam:PutRolePolicy",
                json!({ "RoleName": role, "PolicyName": name, "PolicyDocument": document }),
            ),
            Self::DeleteInlinePolicy { role, name } => (
                "iam:DeleteRolePolicy",
                json!({ "RoleName": role, "PolicyName": name }),
            ),
            Self::AddRoleToInstanceProfile { profile, role } => (
                "iam:AddRoleToInstanceProfile",
                json!({ "InstanceProfileName": profile, "RoleName": role }),
            ),
            Self::RemoveRoleFromInstanceProfile { profile, role } => (
                "iam:RemoveRoleFromInstanceProfile",
                json!({ "InstanceProfileName": profile, "RoleName": role }),
            ),
            Self::SetNodeClassIdentity {
                kind,
                name,
                role,
                instance_profile,
            } => (
                "kubernetes:patch",
                patch(
                    &format!("{}es.{}", kind.kind().to_ascii_lowercase(), kind.group()),
                    name,
                    // In a merge patch, null takes a field away (RFC 7386).
                    json!({ "spec": { "role": role, "instanceProfile": instance_profile } }),
                ),
            ),
            Self::SetNodeClassRef { pool, class } => (
                "kubernetes:patch",
                patch(
                    "nodepools.karpenter.sh",
                    pool,
                    json!({ "spec": { "template": { "spec": { "nodeClassRef": {
                        "group": class.group, "kind": class.kind, "name": class.name,
                    } } } } }),
                ),
            ),
            Self::MapRole {
                role_arn,
                username,
                groups,
            } => (
                "kubernetes:patch",
                aws_auth(json!({ "add": {
                    "rolearn": role_arn, "username": username, "groups": groups,
                } })),
            ),
            Self::UnmapRole { role_arn } => (
                "kubernetes:patch",
                aws_auth(json!({ "remove": { "rolearn": role_arn } })),
            ),
            Self::RemapRole { from, to } => (
                "kubernetes:patch",
                aws_auth(json!({ "replace": { "rolearn": from, "with": to } })),
            ),
            // Those of EKS are told by `call`, which comes here only for the rest.
            _ => ("", Value::Null),
        };
        Call {
            action,
            parameters: if action == "kubernetes:patch" {
                parameters
            } else {
                without_nothing(parameters)
            },
        }
    }
}

fn patch(resource: &str, name: &str, patch: Value) -> Value {
    json!({ "resource": resource, "name": name, "type": "merge", "patch": patch })
}

/// The map is text inside a ConfigMap, so what is changed of it is told and not the whole text.
fn aws_auth(change: Value) -> Value {
    json!({
        "resource": "configmaps",
        "namespace": "kube-system",
        "name": "aws-auth",
        "mapRoles": change,
    })
}

/// The scope as EKS takes it.
fn access_scope(scope: &AccessScope) -> Value {
    match scope {
        AccessScope::Cluster => json!({ "type": "cluster" }),
        AccessScope::Namespaces(namespaces) => {
            json!({ "type": "namespace", "namespaces": namespaces })
        }
    }
}

/// Leaves out what is null or empty: it is not sent.
fn without_nothing(mut parameters: Value) -> Value {
    if let Some(object) = parameters.as_object_mut() {
        object.retain(|_, value| match value {
            Value::Null => false,
            Value::Array(items) => !items.is_empty(),
            Value::Object(fields) => !fields.is_empty(),
            _ => true,
        });
    }
    parameters
}
