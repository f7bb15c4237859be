//! Changes made on a snapshot.

mod access;
mod cluster;
mod iam;

pub(super) use access::is_there;
pub(super) use cluster::{leads_to as leads_to_mode, makes_entry};

use thiserror::Error;

use super::Change;
use super::find::{Found, Home};
use crate::Snapshot;

/// Why a change cannot be made on a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CannotApply {
    /// What is to be changed is not in the snapshot.
    #[error("{0} is not there")]
    NotThere(String),
    /// What is to be made is in the snapshot already.
    #[error("{0} is there already")]
    AlreadyThere(String),
    /// What is to be changed is in the snapshot and not known.
    #[error("{0} is not known")]
    NotKnown(String),
    /// EKS or IAM would refuse it; why.
    #[error("{0}")]
    Refused(String),
}

impl Change {
    /// Makes the change on a snapshot, as the API would make it on the cluster.
    ///
    /// What EKS makes by itself on the way is made too: the entry of a node group's role. What the
    /// snapshot shows of the cluster's state (conditions, nodes, events) stays as it was read.
    ///
    /// # Errors
    /// What the API would refuse as far as the snapshot tells. The snapshot is then unchanged.
    pub fn apply(&self, snapshot: &mut Snapshot) -> Result<(), CannotApply> {
        let home = Home::of(snapshot);
        if home.several && !self.is_of_iam() {
            let count = snapshot.clusters.len();
            return Err(CannotApply::NotKnown(format!(
                "which of the {count} clusters is meant"
            )));
        }
        match self {
            Self::CreateAccessEntry(entry) => access::create_entry(snapshot, &home, entry),
            Self::DeleteAccessEntry { principal } => {
                access::delete_entry(snapshot, &home, principal)
            }
            Self::AssociateAccessPolicy {
                principal,
                policy_arn,
                scope,
            } => access::associate(snapshot, &home, principal, policy_arn, scope),
            Self::DisassociateAccessPolicy {
                principal,
                policy_arn,
            } => access::disassociate(snapshot, &home, principal, policy_arn),
            Self::MapRole {
                role_arn,
                username,
                groups,
            } => access::map_role(snapshot, &home, role_arn, username, groups),
            Self::UnmapRole { role_arn } => access::unmap_role(snapshot, &home, role_arn),
            Self::RemapRole { from, to } => access::remap_role(snapshot, &home, from, to),
            Self::SetAuthenticationMode { mode } => cluster::set_mode(snapshot, &home, *mode),
            Self::SetComputeConfig {
                enabled,
                node_pools,
                node_role,
            } => cluster::set_compute(snapshot, &home, *enabled, node_pools, node_role.as_deref()),
            Self::CreateNodeGroup { name, node_role } => {
                cluster::create_group(snapshot, &home, name, node_role)
            }
            Self::DeleteNodeGroup { name } => cluster::delete_group(snapshot, &home, name),
            Self::SetNodeClassIdentity {
                kind,
                name,
                role,
                instance_profile,
            } => cluster::set_identity(
                snapshot,
                &home,
                (*kind, name),
                role.as_deref(),
                instance_profile.as_deref(),
            ),
            Self::SetNodeClassRef { pool, class } => {
                cluster::set_class_ref(snapshot, &home, pool, class)
            }
            _ => self.apply_to_iam(snapshot, &home),
        }
    }

    fn apply_to_iam(&self, snapshot: &mut Snapshot, home: &Home) -> Result<(), CannotApply> {
        match self {
            Self::CreateRole(role) => iam::create_role(snapshot, home, role),
            Self::DeleteRole { name } => iam::delete_role(snapshot, home, name),
            Self::SetTrust { role, document } => iam::set_trust(snapshot, home, role, document),
            Self::AttachPolicy { role, policy_arn } => {
                iam::attach(snapshot, home, role, policy_arn)
            }
            Self::DetachPolicy { role, policy_arn } => {
                iam::detach(snapshot, home, role, policy_arn)
            }
            Self::PutInlinePolicy {
                role,
                name,
                document,
            } => iam::put_inline(snapshot, home, role, (name, document)),
            Self::DeleteInlinePolicy { role, name } => {
                iam::delete_inline(snapshot, home, role, name)
            }
            Self::AddRoleToInstanceProfile { profile, role } => {
                iam::add_to_profile(snapshot, home, profile, role)
            }
            Self::RemoveRoleFromInstanceProfile { profile, role } => {
                iam::remove_from_profile(snapshot, home, profile, role)
            }
            // The others are made by `apply`, which comes here only for the rest.
            _ => Ok(()),
        }
    }

    /// Whether the change is one of the account's, whatever its clusters.
    pub(super) fn is_of_iam(&self) -> bool {
        self.call("").action.starts_with("iam:")
    }
}

/// The place of something that is to be changed.
fn place(found: Found, what: impl FnOnce() -> String) -> Result<usize, CannotApply> {
    match found {
        Found::At(place) => Ok(place),
        Found::Nowhere => Err(CannotApply::NotThere(what())),
        Found::Unclear => Err(CannotApply::NotKnown(what())),
    }
}

/// Refuses to make what is there already.
fn is_free(found: Found, what: impl FnOnce() -> String) -> Result<(), CannotApply> {
    match found {
        Found::At(_) => Err(CannotApply::AlreadyThere(what())),
        // What may be another cluster's or another name's stands in nobody's way.
        Found::Nowhere | Found::Unclear => Ok(()),
    }
}

/// An item by a place that was just found.
fn item<T>(
    list: &mut [T],
    place: usize,
    what: impl FnOnce() -> String,
) -> Result<&mut T, CannotApply> {
    list.get_mut(place)
        .ok_or_else(|| CannotApply::NotThere(what()))
}

/// Takes the items at these places out of a list.
fn take_out<T>(list: &mut Vec<T>, places: &[usize]) {
    let mut place = 0;
    list.retain(|_| {
        let stays = !places.contains(&place);
        place += 1;
        stays
    });
}
