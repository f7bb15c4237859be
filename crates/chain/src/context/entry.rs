use rolecall_facts::{
    AccessEntry, Cluster, Completeness, ObjectId, Principal, Reference, RoleIdentity,
};

use super::{RoleFound, RoleReference};
use crate::ControlPlane;
use crate::world::{ClusterKey, World};

/// The access entries that have to do with the pool's role.
#[derive(Debug, Clone, Default)]
pub(crate) struct EntryLookup<'a> {
    /// Entries for exactly the role.
    pub(crate) exact: Vec<&'a AccessEntry>,
    /// Entries for a principal of the same name under another path or in another account.
    pub(crate) same_name: Vec<&'a AccessEntry>,
    /// Why an entry may exist that is not in the input; `None` when absence means absence.
    pub(crate) open: Option<String>,
    /// The entry that EKS makes for this very role on another's behalf.
    pub(crate) made: Option<MadeByEks>,
}

/// On whose behalf EKS makes an access entry by itself
/// (EKS User Guide, "Enable or Disable Built-in NodePools" and "Create access entries").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MadeByEks {
    /// Auto Mode's built-in pools: of type `EC2`, with the policy that Auto Mode's nodes need.
    BuiltInPools,
    /// A managed node group: of type `EC2_LINUX`.
    ManagedNodeGroup,
}

impl<'a> EntryLookup<'a> {
    pub(super) fn find(
        world: &World<'a>,
        role: &RoleFound<'a>,
        reference: &RoleReference<'a>,
        cluster_key: &ClusterKey,
        cluster: Option<&'a Cluster>,
    ) -> Self {
        let mut lookup = Self {
            open: open_reason(world, cluster_key, cluster),
            made: made_by_eks(world, role, cluster_key, cluster),
            ..Self::default()
        };
        let object = role.role().and_then(|role| role.id.as_ref()).or_else(|| {
            reference
                .written()
                .and_then(|written| written.object.as_ref())
        });
        if lookup.open.is_none() {
            lookup.open = of_unknown_cluster(world, cluster_key, object, role.name());
        }
        let Some(entries) = world.entries(cluster_key) else {
            return lookup;
        };
        if let Some(object) = object {
            lookup.exact.extend_from_slice(entries.of_object(object));
        }
        let Some(name) = role.name() else {
            return lookup;
        };
        for entry in entries.of_role_name(name) {
            if lookup.exact.iter().any(|seen| std::ptr::eq(*seen, *entry)) {
                continue;
            }
            let principal = entry.principal.value.value().and_then(Principal::as_role);
            match (principal, role.identity()) {
                (Some(principal), Some(identity)) if principal.may_equal(identity) => {
                    lookup.exact.push(entry);
                }
                _ => lookup.same_name.push(entry),
            }
        }
        lookup
    }

    /// An entry that names this role's name under another path of the same account: no such role can
    /// exist beside it, so it was meant for this one.
    pub(crate) fn of_other_path(
        &self,
        role: &RoleIdentity,
    ) -> Option<(&'a AccessEntry, &'a RoleIdentity)> {
        self.same_name.iter().find_map(|entry| {
            let principal = entry.principal.value.value().and_then(Principal::as_role)?;
            let other_path = principal.path != role.path && principal.may_share_account(role);
            other_path.then_some((*entry, principal))
        })
    }

    /// The entry that an exact question for this ARN would find.
    pub(crate) fn under(&self, asked: &RoleIdentity) -> Option<&'a AccessEntry> {
        self.exact
            .iter()
            .chain(&self.same_name)
            .find(|entry| {
                let principal = entry.principal.value.value().and_then(Principal::as_role);
                principal.is_some_and(|principal| principal.may_equal(asked))
            })
            .copied()
    }
}

/// The ARN that the control plane asks EKS about. The legacy one knows the role's name alone
/// (aws/containers-roadmap#2486).
pub(crate) fn asked_identity(role: &RoleIdentity, control_plane: ControlPlane) -> RoleIdentity {
    match control_plane {
        ControlPlane::Current => role.clone(),
        ControlPlane::Legacy => RoleIdentity {
            path: rolecall_arn::IamPath::root(),
            ..role.clone()
        },
    }
}

/// Whether EKS makes an entry for the role because the cluster's built-in pools, or one of its managed
/// node groups, use the same role.
fn made_by_eks(
    world: &World<'_>,
    role: &RoleFound<'_>,
    cluster_key: &ClusterKey,
    cluster: Option<&Cluster>,
) -> Option<MadeByEks> {
    let is_this_role = |reference: &Reference<Principal>| {
        let object = role.role().and_then(|role| role.id.as_ref());
        if object.is_some() && reference.object.as_ref() == object {
            return true;
        }
        let named = reference.value.value().and_then(Principal::as_role);
        match (named, role.identity(), role.name()) {
            (Some(named), Some(role), _) => named.may_equal(role),
            // Role names are unique in an account, so the name tells as long as the path is not known.
            (Some(named), None, Some(name)) => named.name.as_str() == name,
            _ => false,
        }
    };
    let compute = cluster.and_then(|cluster| cluster.compute.as_ref());
    let built_in = compute.is_some_and(|compute| {
        compute
            .node_pools
            .value()
            .is_none_or(|pools| !pools.is_empty())
            && compute.node_role.as_ref().is_some_and(is_this_role)
    });
    if built_in {
        return Some(MadeByEks::BuiltInPools);
    }
    world
        .managed_groups(cluster_key)
        .iter()
        .filter_map(|group| group.role.as_ref())
        .any(is_this_role)
        .then_some(MadeByEks::ManagedNodeGroup)
}

/// An entry for this role, or for one of its name, of which the cluster is not told.
fn of_unknown_cluster(
    world: &World<'_>,
    cluster_key: &ClusterKey,
    object: Option<&ObjectId>,
    name: Option<&str>,
) -> Option<String> {
    let entries = world
        .entries(&ClusterKey::Unknown)
        .filter(|_| *cluster_key != ClusterKey::Unknown)?;
    let by_object = object.map_or(&[][..], |object| entries.of_object(object));
    let by_name = name.map_or(&[][..], |name| entries.of_role_name(name));
    let entry = by_object
        .iter()
        .chain(by_name)
        .chain(&entries.open)
        .next()?;
    Some(format!(
        "which cluster the access entry at {} belongs to is not known",
        entry.origin
    ))
}

fn open_reason(
    world: &World<'_>,
    cluster_key: &ClusterKey,
    cluster: Option<&Cluster>,
) -> Option<String> {
    if let Some(entry) = world
        .entries(cluster_key)
        .and_then(|entries| entries.open.first())
    {
        let why = entry
            .principal
            .value
            .why()
            .map(ToString::to_string)
            .unwrap_or_default();
        return Some(format!(
            "the access entry at {} may be this role's: {why}",
            entry.origin
        ));
    }
    match cluster.map(|cluster| &cluster.access_entries_complete) {
        Some(Completeness::Complete) => None,
        Some(Completeness::Partial(why)) => Some(why.to_string()),
        None => Some(world.no_cluster(", so its access entries are not known")),
    }
}
