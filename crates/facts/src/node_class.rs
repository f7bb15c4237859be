use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Condition, Fact, ObjectId, Origin, Reference};

/// Which controller a node class belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeClassKind {
    /// `eks.amazonaws.com` `NodeClass`, of Auto Mode.
    AutoMode,
    /// `karpenter.k8s.aws` `EC2NodeClass`, of Karpenter.
    Karpenter,
}

impl NodeClassKind {
    /// The API group.
    #[must_use]
    pub fn group(self) -> &'static str {
        match self {
            Self::AutoMode => "eks.amazonaws.com",
            Self::Karpenter => "karpenter.k8s.aws",
        }
    }

    /// The Kubernetes kind.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Self::AutoMode => "NodeClass",
            Self::Karpenter => "EC2NodeClass",
        }
    }
}

impl fmt::Display for NodeClassKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}

/// A `NodeClass` or `EC2NodeClass`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NodeClass {
    /// Which of the two.
    pub kind: NodeClassKind,
    /// Its name.
    pub name: String,
    /// The cluster it belongs to, where the input says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<Reference<String>>,
    /// `spec.role`, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Reference<String>>,
    /// `spec.instanceProfile`, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_profile: Option<Reference<String>>,
    /// `spec.tags`.
    #[serde(default)]
    pub tags: Vec<Tag>,
    /// Status conditions, where the object was read from a cluster.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// The object's declaration when another language holds it (Terraform's `kubernetes_manifest`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ObjectId>,
    /// Where it is declared.
    pub origin: Origin,
}

/// A tag with its place.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Tag {
    /// The key.
    pub key: String,
    /// The value, and where the tag stands.
    pub value: Fact<String>,
}
