use serde::{Deserialize, Serialize};

use crate::{Fact, ObjectId, Origin, Principal, Reference};

/// Who runs a node group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeGroupKind {
    /// An EKS managed node group.
    Managed,
    /// An Auto Scaling group of the user's, such as eksctl's `nodeGroups`.
    SelfManaged,
}

/// A managed or self-managed node group.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NodeGroup {
    /// The declared object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ObjectId>,
    /// Who runs it.
    pub kind: NodeGroupKind,
    /// Its name.
    pub name: Fact<String>,
    /// Its cluster.
    pub cluster: Reference<String>,
    /// Its node role, a full ARN; `None` where the tool that reads the file makes one (eksctl).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Reference<Principal>>,
    /// Its instance profile, by ARN or name, for self-managed groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_profile: Option<Reference<String>>,
    /// Whether its nodes run Windows.
    pub windows: Fact<bool>,
    /// Where it is declared.
    pub origin: Origin,
}
