//! Hybrid nodes: machines outside AWS (EKS User Guide, "Amazon EKS Hybrid Nodes overview").
//!
//! No object names them as a pool. What is known of them is their role, by what lets it in: an access
//! entry of type `HYBRID_LINUX`, or a mapping of `aws-auth` whose user name is the session's
//! (EKS User Guide, "Prepare cluster access for hybrid nodes").

use rolecall_facts::{AccessEntry, AwsAuthRole, Origin, Principal, RoleIdentity};

use crate::world::{ClusterKey, World};

/// The type of their role's access entry.
pub(crate) const HYBRID_TYPE: &str = "HYBRID_LINUX";

/// What tells of hybrid nodes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Hybrid<'a> {
    /// The access entry of their role.
    Entry(&'a AccessEntry),
    /// The mapping of their role.
    Mapping(&'a AwsAuthRole),
}

/// The hybrid nodes of all clusters, each with its cluster. A role that has both an entry and a
/// mapping is told of once.
pub(crate) fn hybrid_nodes<'a>(world: &World<'a>) -> Vec<(ClusterKey, Hybrid<'a>)> {
    let snapshot = world.snapshot;
    let entries = snapshot.access_entries.iter();
    let entries = entries.filter(|entry| entry.is_of_hybrid_nodes());
    let entries = entries.map(|entry| (world.key(Some(&entry.cluster)), Hybrid::Entry(entry)));
    let mut all: Vec<(ClusterKey, Hybrid<'a>)> = entries.collect();
    for aws_auth in &snapshot.aws_auth {
        let key = world.key(aws_auth.cluster.as_ref());
        for mapping in aws_auth.map_roles.value().into_iter().flatten() {
            let is_theirs = mapping.is_of_hybrid_nodes();
            let Some(name) = is_theirs.then(|| role_name(mapping)).flatten() else {
                continue;
            };
            let is_told = all.iter().any(|(of, told)| {
                *of == key
                    && told
                        .role_name()
                        .is_some_and(|told| told.eq_ignore_ascii_case(&name))
            });
            if !is_told {
                all.push((key.clone(), Hybrid::Mapping(mapping)));
            }
        }
    }
    all
}

fn role_name(mapping: &AwsAuthRole) -> Option<String> {
    let role: RoleIdentity = mapping.role_arn.value()?.parse().ok()?;
    Some(role.name.to_string())
}

impl<'a> Hybrid<'a> {
    pub(crate) fn origin(self) -> &'a Origin {
        match self {
            Self::Entry(entry) => &entry.origin,
            Self::Mapping(mapping) => &mapping.origin,
        }
    }

    /// The address of their role, or of the entry.
    pub(super) fn address(self) -> Option<String> {
        let Self::Entry(entry) = self else {
            return None;
        };
        let object = entry.principal.object.as_ref().or(entry.id.as_ref())?;
        let (_, address) = object.0.split_once('#')?;
        Some(address.to_owned())
    }

    /// The name of their role, as it is written.
    pub(super) fn role_name(self) -> Option<String> {
        match self {
            Self::Entry(entry) => {
                let principal = entry.principal.value.value().and_then(Principal::as_role)?;
                Some(principal.name.to_string())
            }
            Self::Mapping(mapping) => role_name(mapping),
        }
    }
}
