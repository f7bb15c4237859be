use std::fmt;

use rolecall_facts::{Condition, Origin};

use crate::{LinkState, Observed, Verdict};

/// Which generation of the EKS Auto Mode control plane is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ControlPlane {
    /// Takes the role's ARN with its path.
    #[default]
    Current,
    /// Builds the ARN from `spec.role` alone and so drops the path (aws/containers-roadmap#2486).
    Legacy,
}

impl ControlPlane {
    /// `current` or `legacy`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Legacy => "legacy",
        }
    }
}

/// What a chain begins at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PoolKind {
    /// A Karpenter or Auto Mode `NodePool`.
    NodePool,
    /// An EKS managed node group.
    ManagedNodeGroup,
    /// A self-managed node group.
    SelfManagedNodeGroup,
    /// The hybrid nodes that share a role, whose name they are called by.
    HybridNodes,
}

impl PoolKind {
    /// The kind as users write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NodePool => "NodePool",
            Self::ManagedNodeGroup => "managed node group",
            Self::SelfManagedNodeGroup => "self-managed node group",
            Self::HybridNodes => "hybrid nodes",
        }
    }
}

/// A pool or group by kind and name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pool {
    /// The cluster's name, where it is known.
    pub cluster: Option<String>,
    /// Its kind.
    pub kind: PoolKind,
    /// Its name.
    pub name: String,
}

impl fmt::Display for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.as_str(), self.name)
    }
}

/// The conditions one object will show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PredictedObject {
    /// Kind and name, such as `NodeClass/web`.
    pub object: String,
    /// Its conditions, the root condition `Ready` last.
    pub conditions: Vec<Condition>,
}

/// The links of one pool or group, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// The pool or group.
    pub pool: Pool,
    /// The control plane the verdicts are for.
    pub control_plane: ControlPlane,
    /// The links that apply, in order.
    pub links: Vec<LinkState>,
    /// The conditions that the control plane will set.
    pub predicted: Vec<PredictedObject>,
    /// What the cluster shows; empty where it was not asked.
    pub observed: Observed,
    /// Where the pool or group is declared.
    pub origin: Origin,
}

impl Chain {
    /// The worst verdict of its links.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.links
            .iter()
            .map(|state| state.verdict)
            .max()
            .unwrap_or(Verdict::Pass)
    }
}
