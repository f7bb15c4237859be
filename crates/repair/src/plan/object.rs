//! What a change touches.

use std::fmt;

use rolecall_facts::{Change, Principal, Snapshot};

use super::fields;
use super::state::{FactState, Presence};
use crate::unread;

/// Something that a change touches.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Object {
    Cluster,
    Entry(String),
    Role(String),
    Profile(String),
    Class { kind: &'static str, name: String },
    Pool(String),
    Group(String),
    Mapping(String),
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cluster => f.write_str("the cluster's configuration"),
            Self::Entry(principal) => write!(f, "access entry {principal}"),
            Self::Role(name) => write!(f, "role {name}"),
            Self::Profile(name) => write!(f, "instance profile {name}"),
            Self::Class { kind, name } => write!(f, "{kind} {name}"),
            Self::Pool(name) => write!(f, "NodePool {name}"),
            Self::Group(name) => write!(f, "node group {name}"),
            Self::Mapping(arn) => write!(f, "aws-auth mapping of {arn}"),
        }
    }
}

impl Object {
    /// What a change touches.
    pub(crate) fn of(change: &Change) -> Vec<Self> {
        let role = |name: &str| Self::Role(name.to_owned());
        match change {
            Change::CreateAccessEntry(entry) => vec![Self::Entry(entry.principal.clone())],
            Change::DeleteAccessEntry { principal }
            | Change::AssociateAccessPolicy { principal, .. }
            | Change::DisassociateAccessPolicy { principal, .. } => {
                vec![Self::Entry(principal.clone())]
            }
            Change::SetAuthenticationMode { .. } | Change::SetComputeConfig { .. } => {
                vec![Self::Cluster]
            }
            Change::CreateNodeGroup { name, .. } | Change::DeleteNodeGroup { name } => {
                vec![Self::Group(name.clone())]
            }
            Change::CreateRole(new) => vec![role(&new.name)],
            Change::DeleteRole { name } => vec![role(name)],
            Change::SetTrust { role: name, .. }
            | Change::AttachPolicy { role: name, .. }
            | Change::DetachPolicy { role: name, .. }
            | Change::PutInlinePolicy { role: name, .. }
            | Change::DeleteInlinePolicy { role: name, .. } => vec![role(name)],
            Change::AddRoleToInstanceProfile { profile, .. }
            | Change::RemoveRoleFromInstanceProfile { profile, .. } => {
                vec![Self::Profile(profile.clone())]
            }
            Change::SetNodeClassIdentity { kind, name, .. } => vec![Self::Class {
                kind: kind.kind(),
                name: name.clone(),
            }],
            Change::SetNodeClassRef { pool, .. } => vec![Self::Pool(pool.clone())],
            Change::MapRole { role_arn, .. } | Change::UnmapRole { role_arn } => {
                vec![Self::Mapping(role_arn.clone())]
            }
            Change::RemapRole { from, to } => {
                vec![Self::Mapping(from.clone()), Self::Mapping(to.clone())]
            }
            // A change that this crate does not know rests on nothing it could compare.
            _ => Vec::new(),
        }
    }

    /// The role that it is, or whose entry it is.
    pub(crate) fn role_name(&self) -> Option<String> {
        match self {
            Self::Role(name) => Some(name.clone()),
            Self::Entry(principal) => {
                let principal = Principal::parse(principal);
                Some(principal.as_role()?.name.to_string())
            }
            _ => None,
        }
    }

    /// Whether a change makes the object; what AWS fills in by itself is then not known before.
    pub(crate) fn is_made_by(change: &Change) -> bool {
        matches!(
            change,
            Change::CreateAccessEntry(_) | Change::CreateRole(_) | Change::CreateNodeGroup { .. }
        )
    }

    /// What a snapshot says of it. `made` is whether the plan itself makes it, so that ids, times and
    /// what AWS fills in are left out.
    pub(crate) fn state(&self, snapshot: &Snapshot, made: bool) -> FactState {
        let known = match self {
            Self::Cluster => fields::cluster(snapshot),
            Self::Entry(principal) => fields::entry(snapshot, principal, made),
            Self::Role(name) => fields::role(snapshot, name, made),
            Self::Profile(name) => fields::profile(snapshot, name),
            Self::Class { kind, name } => fields::class(snapshot, kind, name),
            Self::Pool(name) => fields::pool(snapshot, name),
            Self::Group(name) => fields::group(snapshot, name),
            Self::Mapping(arn) => fields::mapping(snapshot, arn),
        };
        let presence = match &known {
            Some(_) => Presence::There,
            None if self.absence_is_known(snapshot) => Presence::Absent,
            None => Presence::NotKnown,
        };
        FactState {
            object: self.to_string(),
            presence,
            fields: known.unwrap_or_default(),
        }
    }

    fn absence_is_known(&self, snapshot: &Snapshot) -> bool {
        let mut clusters = snapshot.clusters.iter();
        match self {
            Self::Entry(_) => clusters.all(|known| known.access_entries_complete.is_complete()),
            Self::Mapping(_) => clusters.all(|known| known.aws_auth_complete.is_complete()),
            Self::Role(_) => !snapshot.role_complete_accounts.is_empty(),
            Self::Pool(_) => !unread::are_node_pools(snapshot),
            Self::Class { .. } => !unread::are_node_classes(snapshot),
            Self::Group(name) => !unread::is_node_group(snapshot, name),
            Self::Profile(name) => !unread::is_of(snapshot, "iam:GetInstanceProfile", name),
            Self::Cluster => true,
        }
    }
}
