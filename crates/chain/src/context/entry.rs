use rolecall_facts::{AccessEntry, Cluster, Completeness, Principal, RoleIdentity};

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
            ..Self::default()
        };
        let Some(entries) = world.entries(cluster_key) else {
            return lookup;
        };
        let object = role.role().and_then(|role| role.id.as_ref()).or_else(|| {
            reference
                .written()
                .and_then(|written| written.object.as_ref())
        });
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
        None => Some(
            "no file given declares the cluster, so its access entries are not known".to_owned(),
        ),
    }
}
