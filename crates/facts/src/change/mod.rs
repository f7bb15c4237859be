//! Changes to a cluster and its account: what a repair is made of.

mod apply;
mod call;
mod entry_type;
mod find;
mod holds;
mod lines;
mod text_lines;
mod undo;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{AccessScope, AuthenticationMode, NodeClassKind, NodeClassRef};

pub use apply::CannotApply;
pub use call::Call;
pub use lines::Line;
pub use undo::CannotUndo;

/// One call that changes a cluster or its account.
///
/// A change is data: it can be shown as a difference of facts ([`Change::lines`]) and as an API call
/// ([`Change::call`]), made on a [`Snapshot`](crate::Snapshot) to see what would come of it
/// ([`Change::apply`]), recognised in one ([`Change::holds`]), and taken back ([`Change::undo`]).
/// `live` carries it out. It speaks of one cluster, the one the snapshot holds, and of that cluster's
/// account.
///
/// Principals, policies and roles are written as the APIs take them: access entries by the full ARN,
/// roles of IAM by bare name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "change", deny_unknown_fields)]
#[non_exhaustive]
pub enum Change {
    /// `eks:CreateAccessEntry`.
    CreateAccessEntry(NewAccessEntry),
    /// `eks:DeleteAccessEntry`; its access policies go with it.
    DeleteAccessEntry {
        /// The principal's ARN.
        principal: String,
    },
    /// `eks:AssociateAccessPolicy`; where the policy is associated already, its scope is replaced.
    AssociateAccessPolicy {
        /// The entry's principal, by ARN.
        principal: String,
        /// The access policy's ARN.
        policy_arn: String,
        /// Where in the cluster it counts.
        scope: AccessScope,
    },
    /// `eks:DisassociateAccessPolicy`.
    DisassociateAccessPolicy {
        /// The entry's principal, by ARN.
        principal: String,
        /// The access policy's ARN.
        policy_arn: String,
    },
    /// `eks:UpdateClusterConfig` of the access configuration. EKS takes no way back from `API`, nor
    /// from `API_AND_CONFIG_MAP` to `CONFIG_MAP` (EKS User Guide, "Change authentication mode").
    SetAuthenticationMode {
        /// The mode.
        mode: AuthenticationMode,
    },
    /// `eks:UpdateClusterConfig` of Auto Mode's compute configuration.
    SetComputeConfig {
        /// Whether Auto Mode is on.
        enabled: bool,
        /// The built-in node pools.
        node_pools: Vec<String>,
        /// The node role of the built-in pools, by ARN.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        node_role: Option<String>,
    },
    /// `eks:CreateNodegroup`, in the subnets of the cluster.
    CreateNodeGroup {
        /// Its name.
        name: String,
        /// Its node role, by ARN.
        node_role: String,
    },
    /// `eks:DeleteNodegroup`.
    DeleteNodeGroup {
        /// Its name.
        name: String,
    },
    /// `iam:CreateRole`.
    CreateRole(NewRole),
    /// `iam:DeleteRole`; IAM refuses one that still has policies or is in an instance profile.
    DeleteRole {
        /// The role's name.
        name: String,
    },
    /// `iam:UpdateAssumeRolePolicy`.
    SetTrust {
        /// The role's name.
        role: String,
        /// The whole trust policy, as JSON.
        document: String,
    },
    /// `iam:AttachRolePolicy`.
    AttachPolicy {
        /// The role's name.
        role: String,
        /// The managed policy's ARN.
        policy_arn: String,
    },
    /// `iam:DetachRolePolicy`.
    DetachPolicy {
        /// The role's name.
        role: String,
        /// The managed policy's ARN.
        policy_arn: String,
    },
    /// `iam:PutRolePolicy`.
    PutInlinePolicy {
        /// The role's name.
        role: String,
        /// The policy's name.
        name: String,
        /// The whole document, as JSON.
        document: String,
    },
    /// `iam:DeleteRolePolicy`.
    DeleteInlinePolicy {
        /// The role's name.
        role: String,
        /// The policy's name.
        name: String,
    },
    /// `iam:AddRoleToInstanceProfile`.
    AddRoleToInstanceProfile {
        /// The profile's name.
        profile: String,
        /// The role's name.
        role: String,
    },
    /// `iam:RemoveRoleFromInstanceProfile`.
    RemoveRoleFromInstanceProfile {
        /// The profile's name.
        profile: String,
        /// The role's name.
        role: String,
    },
    /// A patch of a node class: how it names its role. A field that is `None` is taken away.
    SetNodeClassIdentity {
        /// Which kind of class.
        kind: NodeClassKind,
        /// The class's name.
        name: String,
        /// `spec.role`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        role: Option<String>,
        /// `spec.instanceProfile`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instance_profile: Option<String>,
    },
    /// A patch of a node pool's `nodeClassRef`.
    SetNodeClassRef {
        /// The pool's name.
        pool: String,
        /// The class it is to name.
        class: NodeClassRef,
    },
    /// A new item of `mapRoles` in `aws-auth`.
    MapRole {
        /// `rolearn`.
        role_arn: String,
        /// `username`.
        username: String,
        /// `groups`.
        groups: Vec<String>,
    },
    /// An item of `mapRoles` in `aws-auth`, taken away.
    UnmapRole {
        /// `rolearn`, as written.
        role_arn: String,
    },
    /// Another `rolearn` in an item of `mapRoles` in `aws-auth`.
    RemapRole {
        /// `rolearn`, as written.
        from: String,
        /// What to write in its place.
        to: String,
    },
}

/// An access entry that is to be made.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewAccessEntry {
    /// The principal's full ARN.
    pub principal: String,
    /// `EC2`, `EC2_LINUX`, `STANDARD`, ….
    pub entry_type: String,
    /// Kubernetes groups, where the type takes any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kubernetes_groups: Vec<String>,
    /// The user name; EKS sets one where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// A role that is to be made.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewRole {
    /// Its name.
    pub name: String,
    /// Its path.
    pub path: String,
    /// Its trust policy, as JSON.
    pub trust: String,
    /// Its permissions boundary, by policy ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boundary: Option<String>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}
