use serde::{Deserialize, Serialize};

use crate::{Fact, NodeClassKind, Origin, Reference};

/// A Karpenter `NodePool`; Auto Mode uses the same kind.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NodePool {
    /// Its name.
    pub name: String,
    /// The cluster it belongs to, where the input says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<Reference<String>>,
    /// `spec.template.spec.nodeClassRef`.
    pub node_class_ref: Fact<NodeClassRef>,
    /// The label keys it sets or requires, with their places.
    #[serde(default)]
    pub label_keys: Vec<LabelKey>,
    /// Status conditions, where the object was read from a cluster.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Where it is declared.
    pub origin: Origin,
}

/// What a node pool says of its node class.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NodeClassRef {
    /// The API group; v1beta1 writes `apiVersion`, whose group this is. Empty when left out.
    pub group: String,
    /// The kind. Empty when left out.
    pub kind: String,
    /// The class's name.
    pub name: String,
}

impl NodeClassRef {
    /// Which controller's class it names, if group and kind (or, where one is left out, the other)
    /// are those of a kind this tool knows.
    #[must_use]
    pub fn class_kind(&self) -> Option<NodeClassKind> {
        [NodeClassKind::AutoMode, NodeClassKind::Karpenter]
            .into_iter()
            .find(|known| {
                let group_fits = self.group.is_empty() || self.group == known.group();
                let kind_fits = self.kind.is_empty() || self.kind == known.kind();
                group_fits && kind_fits && !(self.group.is_empty() && self.kind.is_empty())
            })
    }
}

/// A label key that a node pool sets (`spec.template.metadata.labels`) or requires
/// (`spec.template.spec.requirements`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LabelKey {
    /// The key.
    pub key: String,
    /// Where it stands.
    pub origin: Origin,
}

/// A `NodeClaim` that was read from a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NodeClaim {
    /// Its name.
    pub name: String,
    /// The cluster it belongs to, where the input says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<Reference<String>>,
    /// The pool that made it, by the label `karpenter.sh/nodepool`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_pool: Option<String>,
    /// The node it became: `status.nodeName`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_name: Option<String>,
    /// The id of its EC2 instance, from `status.providerID`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    /// Its status conditions.
    pub conditions: Vec<Condition>,
    /// Where it was read.
    pub origin: Origin,
}

/// A status condition, as Kubernetes objects carry them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Condition {
    /// The type, such as `InstanceProfileReady`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// The reason.
    #[serde(default)]
    pub reason: String,
    /// The message.
    #[serde(default)]
    pub message: String,
}
