use serde::{Deserialize, Serialize};

use crate::{Fact, Origin, Reference};

/// The `aws-auth` ConfigMap of `kube-system`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AwsAuth {
    /// The cluster it belongs to, where the input says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<Reference<String>>,
    /// The mappings of `mapRoles` that the authenticator would keep.
    pub map_roles: Fact<Vec<AwsAuthRole>>,
    /// What the authenticator would skip or misread, silently or not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<AwsAuthProblem>,
    /// Where it is declared.
    pub origin: Origin,
}

/// One item of `mapRoles`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AwsAuthRole {
    /// `rolearn`, as written.
    pub role_arn: Fact<String>,
    /// `username`.
    pub username: Fact<String>,
    /// `groups`.
    pub groups: Fact<Vec<String>>,
    /// Where the item begins.
    pub origin: Origin,
}

impl AwsAuthRole {
    /// The user name that hybrid nodes are given: the machine names its session as its node
    /// (EKS User Guide, "Prepare cluster access for hybrid nodes").
    pub const HYBRID_USERNAME: &str = "system:node:{{SessionName}}";

    /// Whether it is for hybrid nodes, by its user name.
    #[must_use]
    pub fn is_of_hybrid_nodes(&self) -> bool {
        let user = self.username.value();
        user.is_some_and(|user| user == Self::HYBRID_USERNAME)
    }
}

/// Something in `aws-auth` that does not do what its writer meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AwsAuthProblem {
    /// What is wrong and what the authenticator makes of it, in a sentence.
    pub message: String,
    /// Where.
    pub origin: Origin,
}
