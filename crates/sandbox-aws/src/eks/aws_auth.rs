use serde::{Deserialize, Serialize};

use super::state::ClusterKey;

/// A line EKS writes into `mapRoles` of `kube-system/aws-auth` by itself.
///
/// EKS writes the role's ARN as it has it, with its path, where the authenticator compares without:
/// nodes of a role with a path stay unauthorised (terraform-aws-eks#2283, aws-iam-authenticator#268).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwsAuthLine {
    /// The cluster.
    pub cluster: ClusterKey,
    /// `rolearn`
    pub role_arn: String,
    /// `username`
    pub username: String,
    /// `groups`
    pub groups: Vec<String>,
}

impl AwsAuthLine {
    /// The line for a node group's role (EKS User Guide, "Grant IAM users access to Kubernetes with
    /// a ConfigMap").
    pub(super) fn of_nodes(cluster: ClusterKey, role_arn: &str) -> Self {
        Self {
            cluster,
            role_arn: role_arn.to_owned(),
            username: "system:node:{{EC2PrivateDNSName}}".to_owned(),
            groups: vec!["system:bootstrappers".to_owned(), "system:nodes".to_owned()],
        }
    }

    /// The line for a Fargate profile's role.
    pub(super) fn of_fargate(cluster: ClusterKey, role_arn: &str) -> Self {
        Self {
            cluster,
            role_arn: role_arn.to_owned(),
            username: "system:node:{{SessionName}}".to_owned(),
            groups: vec![
                "system:bootstrappers".to_owned(),
                "system:nodes".to_owned(),
                "system:node-proxier".to_owned(),
            ],
        }
    }
}
