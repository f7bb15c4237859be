use rolecall_facts::{Cluster, Fact, NodeClass, NodeClassKind, Origin};

use super::PoolSource;
use crate::world::{ClusterKey, World};

/// What became of the pool's reference to a node class.
#[derive(Debug, Clone)]
pub(crate) enum ClassFound<'a> {
    /// Node groups and hybrid nodes have none.
    NotApplicable,
    /// The class `default` that Auto Mode makes together with its built-in pools.
    BuiltIn,
    /// The class.
    Found(&'a NodeClass),
    /// Classes of this kind are in the input, but none of this name.
    Missing { kind: NodeClassKind, name: &'a str },
    /// The reference names a kind that neither Auto Mode nor Karpenter knows.
    OtherKind,
    /// It cannot be told; why.
    Unknown {
        kind: Option<NodeClassKind>,
        why: String,
    },
}

impl<'a> ClassFound<'a> {
    pub(super) fn find(
        world: &World<'a>,
        source: PoolSource<'a>,
        cluster_key: &ClusterKey,
        cluster: Option<&'a Cluster>,
    ) -> Self {
        let pool = match source {
            PoolSource::Group(_) | PoolSource::Hybrid(..) => return Self::NotApplicable,
            PoolSource::BuiltIn(..) => return Self::BuiltIn,
            PoolSource::NodePool(pool) => pool,
        };
        let reference = match &pool.node_class_ref {
            Fact::Known { value, .. } => value,
            Fact::Unknown { why, .. } => {
                return Self::Unknown {
                    kind: None,
                    why: why.to_string(),
                };
            }
        };
        let Some(kind) = reference.class_kind() else {
            return Self::OtherKind;
        };
        let candidates = world.classes(cluster_key, kind, &reference.name);
        if let Some(class) = nearest(&pool.origin, candidates) {
            return Self::Found(class);
        }
        if kind == NodeClassKind::AutoMode && reference.name == "default" && built_in_pools(cluster)
        {
            return Self::BuiltIn;
        }
        if kind == NodeClassKind::AutoMode && reference.name == "default" && cluster.is_none() {
            return Self::Unknown {
                kind: Some(kind),
                why:
                    "whether the cluster has the built-in NodeClass `default` is not known, as no \
                      file given declares the cluster"
                        .to_owned(),
            };
        }
        if matches!(pool.origin, Origin::Api(_)) {
            return match world.unread_classes(cluster, kind) {
                Some(why) => Self::Unknown {
                    kind: Some(kind),
                    why,
                },
                None => Self::Missing {
                    kind,
                    name: &reference.name,
                },
            };
        }
        if world.has_classes(cluster_key, kind) {
            return Self::Missing {
                kind,
                name: &reference.name,
            };
        }
        let why = format!("no file given declares {kind} `{}`", reference.name);
        Self::Unknown {
            kind: Some(kind),
            why,
        }
    }

    /// Which controller's class it is or would be.
    pub(crate) fn kind(&self) -> Option<NodeClassKind> {
        match self {
            Self::NotApplicable | Self::OtherKind => None,
            Self::BuiltIn => Some(NodeClassKind::AutoMode),
            Self::Found(class) => Some(class.kind),
            Self::Missing { kind, .. } => Some(*kind),
            Self::Unknown { kind, .. } => *kind,
        }
    }

    pub(crate) fn found(&self) -> Option<&'a NodeClass> {
        match self {
            Self::Found(class) => Some(class),
            _ => None,
        }
    }
}

/// Whether a built-in pool is enabled, or may be: only then does the class `default` exist
/// (EKS User Guide, "Enable or Disable Built-in NodePools").
fn built_in_pools(cluster: Option<&Cluster>) -> bool {
    let compute = cluster.and_then(|cluster| cluster.compute.as_ref());
    compute.is_some_and(|compute| {
        compute
            .node_pools
            .value()
            .is_none_or(|pools| !pools.is_empty())
    })
}

/// Of several objects of one name, as overlays of one repository declare them, the one whose file
/// lies nearest to the pool's.
fn nearest<'a>(pool: &Origin, mut candidates: Vec<&'a NodeClass>) -> Option<&'a NodeClass> {
    let shared_folders = |origin: &Origin| match (pool.as_file(), origin.as_file()) {
        (Some(left), Some(right)) if left.path == right.path => usize::MAX,
        (Some(left), Some(right)) => left
            .path
            .split('/')
            .zip(right.path.split('/'))
            .take_while(|(left, right)| left == right)
            .count(),
        _ => 0,
    };
    candidates.sort_by(|left, right| left.origin.cmp(&right.origin));
    candidates
        .into_iter()
        .rev()
        .max_by_key(|class| shared_folders(&class.origin))
}
