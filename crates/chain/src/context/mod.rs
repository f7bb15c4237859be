//! What is known of one pool's chain: the objects along it, each found once and then asked about by
//! links and rules alike.

mod admission;
mod class;
mod entry;
mod hybrid;
mod launcher;
mod role;

use std::cell::OnceCell;

use rolecall_facts::{
    AccessEntry, Cluster, NodeClassKind, NodeGroup, NodeGroupKind, NodePool, Origin, Reference,
    Role, RoleIdentity, symbol,
};

use crate::questions::Questions;
use crate::world::{ClusterKey, World};
use crate::{Pool, PoolKind};

pub(crate) use admission::{Admission, Admitted, type_is};
pub(crate) use class::ClassFound;
pub(crate) use entry::{EntryLookup, MadeByEks, asked_identity};
pub(crate) use hybrid::{HYBRID_TYPE, Hybrid, hybrid_nodes};
pub(crate) use launcher::Launcher;
pub(crate) use role::{ProfileFound, ReferenceFault, RoleFound, RoleReference, Viewpoint};

/// Who runs the pool's nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flavour {
    /// EKS Auto Mode.
    AutoMode,
    /// Karpenter of the user's own.
    Karpenter,
    /// An EKS managed node group.
    Managed,
    /// A self-managed node group.
    SelfManaged,
    /// Machines outside AWS.
    Hybrid,
}

impl Flavour {
    /// Whether an access entry's type lets nodes of this kind in. An unknown type may.
    pub(crate) fn takes(self, entry: &AccessEntry) -> bool {
        let Some(kind) = entry.entry_type.value() else {
            return true;
        };
        let fitting = match self {
            Self::AutoMode => &["EC2"][..],
            Self::Karpenter | Self::Managed | Self::SelfManaged => &["EC2_LINUX", "EC2_WINDOWS"],
            Self::Hybrid => &[HYBRID_TYPE],
        };
        fitting.iter().any(|wanted| type_is(kind, wanted))
    }

    /// Whether nodes of this kind come without a controller that launches them from a class.
    pub(crate) fn is_group(self) -> bool {
        matches!(self, Self::Managed | Self::SelfManaged | Self::Hybrid)
    }
}

/// What the chain begins at.
#[derive(Debug, Clone, Copy)]
pub(crate) enum PoolSource<'a> {
    /// A `NodePool` object.
    NodePool(&'a NodePool),
    /// A built-in pool of Auto Mode, by its name in `computeConfig.nodePools`.
    BuiltIn(&'a Cluster, &'a str),
    /// A node group.
    Group(&'a NodeGroup),
    /// Hybrid nodes, and their cluster.
    Hybrid(&'a ClusterKey, Hybrid<'a>),
}

/// One pool's chain, with everything along it that could be found.
pub(crate) struct ChainContext<'a> {
    pub(crate) world: &'a World<'a>,
    pub(crate) pool: Pool,
    pub(crate) source: PoolSource<'a>,
    pub(crate) flavour: Flavour,
    pub(crate) cluster_key: ClusterKey,
    pub(crate) cluster: Option<&'a Cluster>,
    pub(crate) class: ClassFound<'a>,
    pub(crate) reference: RoleReference<'a>,
    pub(crate) role: RoleFound<'a>,
    pub(crate) launcher: Launcher<'a>,
    pub(crate) entries: EntryLookup<'a>,
    pub(crate) asked: OnceCell<Questions>,
    pub(crate) admitted: OnceCell<Admitted<'a>>,
}

impl<'a> ChainContext<'a> {
    pub(crate) fn new(world: &'a World<'a>, source: PoolSource<'a>) -> Self {
        let cluster_key = match source {
            PoolSource::NodePool(pool) => world.key(pool.cluster.as_ref()),
            PoolSource::Group(group) => world.key(Some(&group.cluster)),
            PoolSource::BuiltIn(cluster, _) => world.key_of(cluster),
            PoolSource::Hybrid(key, _) => key.clone(),
        };
        let cluster = world.cluster(&cluster_key);
        let class = ClassFound::find(world, source, &cluster_key, cluster);
        let flavour = flavour(source, &class, cluster);
        let reference = RoleReference::find(world, source, &class, cluster);
        let near_cluster = cluster.and_then(|cluster| cluster.id.as_ref());
        let own = match source {
            PoolSource::Group(group) => group.id.as_ref(),
            PoolSource::Hybrid(_, Hybrid::Entry(entry)) => entry.id.as_ref(),
            PoolSource::NodePool(_) | PoolSource::BuiltIn(..) | PoolSource::Hybrid(..) => None,
        };
        let from = Viewpoint {
            world,
            cluster_key: &cluster_key,
            cluster,
            near: own.or(near_cluster),
        };
        let role = RoleFound::find(from, &reference);
        let launcher = Launcher::find(
            Viewpoint {
                near: near_cluster,
                ..from
            },
            flavour,
        );
        let mut entries = EntryLookup::find(world, &role, &reference, &cluster_key, cluster);
        if cluster_key == ClusterKey::Unknown {
            // Entries of clusters that are not known may be of several; the one that fits may be this
            // pool's.
            entries.exact.sort_by_key(|entry| misfit(flavour, entry));
        }
        let pool = Pool {
            cluster: world.cluster_name(&cluster_key),
            kind: match source {
                PoolSource::NodePool(_) | PoolSource::BuiltIn(..) => PoolKind::NodePool,
                PoolSource::Group(group) => match group.kind {
                    NodeGroupKind::Managed => PoolKind::ManagedNodeGroup,
                    NodeGroupKind::SelfManaged => PoolKind::SelfManagedNodeGroup,
                },
                PoolSource::Hybrid(..) => PoolKind::HybridNodes,
            },
            name: pool_name(source, &role),
        };
        Self {
            world,
            pool,
            source,
            flavour,
            cluster_key,
            cluster,
            class,
            reference,
            role,
            launcher,
            entries,
            asked: OnceCell::new(),
            admitted: OnceCell::new(),
        }
    }

    /// Where the pool or group is declared.
    pub(crate) fn origin(&self) -> &'a Origin {
        match self.source {
            PoolSource::NodePool(pool) => &pool.origin,
            PoolSource::BuiltIn(cluster, _) => cluster
                .compute
                .as_ref()
                .map_or(&cluster.origin, |compute| &compute.origin),
            PoolSource::Group(group) => &group.origin,
            PoolSource::Hybrid(_, hybrid) => hybrid.origin(),
        }
    }

    /// The cluster's name for commands; a placeholder where it is not known.
    pub(crate) fn cluster_for_commands(&self) -> String {
        self.pool
            .cluster
            .clone()
            .unwrap_or_else(|| "CLUSTER".to_owned())
    }

    /// The role's ARN for commands of a shell; where only the name is known, IAM is asked for the rest.
    pub(crate) fn role_arn_for_commands(&self) -> String {
        match (self.role.identity(), self.role.name()) {
            (Some(identity), _) => identity.to_string(),
            (None, Some(name)) if !name.contains([':', '/']) && !symbol::has_any(name) => {
                format!("\"$(aws iam get-role --role-name {name} --query Role.Arn --output text)\"")
            }
            _ => "ROLE_ARN".to_owned(),
        }
    }

    /// The role for people: its ARN, or as much of it as is known.
    pub(crate) fn role_in_words(&self) -> String {
        match (self.role.identity(), self.role.name()) {
            (Some(identity), _) => identity.to_string(),
            (None, Some(name)) => format!("role `{name}`"),
            (None, None) => "the node role".to_owned(),
        }
    }

    /// Whether changes can be told for this chain's cluster.
    pub(crate) fn takes_changes(&self) -> bool {
        self.world.takes_changes(&self.cluster_key)
    }

    /// The role's full ARN, with what the role leaves open of account and partition taken from the
    /// cluster; `None` while any of it is not known.
    pub(crate) fn role_arn(&self) -> Option<String> {
        self.full_arn(self.role.identity()?)
    }

    /// As [`ChainContext::role_arn`], for any role of the cluster's account.
    pub(crate) fn full_arn(&self, role: &RoleIdentity) -> Option<String> {
        let place = self.place();
        let whole = RoleIdentity {
            partition: role
                .partition
                .clone()
                .or_else(|| place.partition.as_ref()?.parse().ok()),
            account: role
                .account
                .or_else(|| place.account.as_ref()?.parse().ok()),
            ..role.clone()
        };
        whole.arn().map(|arn| arn.to_string())
    }

    /// Whether a role lies, or may lie, in the cluster's account: IAM is asked for it by bare name.
    pub(crate) fn is_own(&self, role: &Role) -> bool {
        let account = self.cluster.and_then(|cluster| cluster.account);
        role.account.is_none() || account.is_none() || role.account == account
    }

    /// Whether an object with this reference to its cluster may belong to the pool's cluster.
    pub(crate) fn may_hold(&self, cluster: Option<&Reference<String>>) -> bool {
        let key = self.world.key(cluster);
        key == self.cluster_key
            || key == ClusterKey::Unknown
            || self.cluster_key == ClusterKey::Unknown
    }

    /// Whether the pool's cluster runs Auto Mode; `None` where no input says. A cluster of which not
    /// even the authentication mode was read is only referred to.
    pub(crate) fn runs_auto_mode(&self) -> Option<bool> {
        let cluster = self.cluster?;
        match &cluster.compute {
            Some(compute) => compute.enabled.value().copied(),
            None => cluster.authentication_mode.is_known().then_some(false),
        }
    }

    /// Whether the pool is a built-in one of Auto Mode, for which EKS makes class and entry itself
    /// (EKS User Guide, "Enable or Disable Built-in NodePools").
    pub(crate) fn is_built_in(&self) -> bool {
        matches!(self.source, PoolSource::BuiltIn(..))
    }
}

/// How far an entry's type is from what the nodes need: it fits, is not known, or does not fit.
fn misfit(flavour: Flavour, entry: &AccessEntry) -> u8 {
    match (flavour.takes(entry), entry.entry_type.is_known()) {
        (true, true) => 0,
        (_, false) => 1,
        (false, true) => 2,
    }
}

fn pool_name(source: PoolSource<'_>, role: &RoleFound<'_>) -> String {
    let unnamed = || "(unnamed)".to_owned();
    match source {
        PoolSource::NodePool(pool) => pool.name.clone(),
        PoolSource::BuiltIn(_, name) => name.to_owned(),
        PoolSource::Group(group) => {
            let address = || {
                let id = group.id.as_ref()?;
                id.0.split_once('#').map(|(_, address)| address.to_owned())
            };
            group
                .name
                .value()
                .cloned()
                .or_else(address)
                .unwrap_or_else(unnamed)
        }
        PoolSource::Hybrid(_, hybrid) => hybrid
            .role_name()
            .or_else(|| role.name().map(str::to_owned))
            .or_else(|| hybrid.address())
            .unwrap_or_else(unnamed),
    }
}

fn flavour(source: PoolSource<'_>, class: &ClassFound<'_>, cluster: Option<&Cluster>) -> Flavour {
    let auto_mode_on = || {
        cluster
            .and_then(|cluster| cluster.compute.as_ref())
            .and_then(|compute| compute.enabled.value())
            == Some(&true)
    };
    match source {
        PoolSource::BuiltIn(..) => Flavour::AutoMode,
        PoolSource::Group(group) => match group.kind {
            NodeGroupKind::Managed => Flavour::Managed,
            NodeGroupKind::SelfManaged => Flavour::SelfManaged,
        },
        PoolSource::Hybrid(..) => Flavour::Hybrid,
        PoolSource::NodePool(_) => match class.kind() {
            Some(NodeClassKind::AutoMode) => Flavour::AutoMode,
            Some(NodeClassKind::Karpenter) => Flavour::Karpenter,
            None if auto_mode_on() => Flavour::AutoMode,
            None => Flavour::Karpenter,
        },
    }
}
