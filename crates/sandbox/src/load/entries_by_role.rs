//! Which entries and access policies belong to which role, found once for all: a large account has
//! more roles and entries than every pair of them could be looked at.

use std::collections::{HashMap, HashSet};

use rolecall_arn::{AccountId, RoleArn};
use rolecall_facts::{AccessEntry, AccessPolicyAssociation, Role};

use super::Loader;

/// An index of the facts' entries.
#[derive(Default)]
pub(super) struct EntriesByRole<'a> {
    /// The entries for roles of an account and a name, which counts whatever its case, by their place
    /// among all entries.
    entries: HashMap<(AccountId, String), Vec<usize>>,
    /// The entries that are older than the role they are for.
    dead: HashSet<usize>,
    /// The access policies of a principal's entries.
    policies: HashMap<String, Vec<&'a AccessPolicyAssociation>>,
}

impl<'a> Loader<'a> {
    /// Makes the index. What references to declared roles stand for must be known by then.
    pub(super) fn index_entries(&mut self) {
        let snapshot = &self.load.snapshot;
        let mut index = EntriesByRole::default();
        for (place, entry) in snapshot.access_entries.iter().enumerate() {
            if let Some(key) = self.principal(&entry.principal).and_then(|arn| key(&arn)) {
                index.entries.entry(key).or_default().push(place);
            }
        }
        for association in &snapshot.access_policies {
            if let Some(principal) = self.principal(&association.principal) {
                index
                    .policies
                    .entry(principal)
                    .or_default()
                    .push(association);
            }
        }
        self.by_role = index;
        let dead = snapshot.roles.iter().flat_map(|role| {
            self.declared_arn(role)
                .map_or_else(Vec::new, |arn| self.older_places(role, &arn))
        });
        self.by_role.dead = dead.collect();
    }

    /// The entries for a role's name that are older than the role.
    pub(super) fn older_entries(&self, role: &Role, arn: &str) -> Vec<&'a AccessEntry> {
        let entries = &self.load.snapshot.access_entries;
        self.older_places(role, arn)
            .into_iter()
            .filter_map(|place| entries.get(place))
            .collect()
    }

    fn older_places(&self, role: &Role, arn: &str) -> Vec<usize> {
        let entries = &self.load.snapshot.access_entries;
        let of_name = key(arn).and_then(|key| self.by_role.entries.get(&key));
        let is_older = |place: &usize| {
            entries
                .get(*place)
                .is_some_and(|entry| match (entry.created_at, role.created_at) {
                    (Some(entry), Some(role)) => entry < role,
                    _ => role.replaced.is_some() && !entry.made_by_this_change,
                })
        };
        let of_name = of_name.into_iter().flatten().copied();
        of_name.filter(is_older).collect()
    }

    /// Whether the entry at this place is older than its role.
    pub(super) fn is_dead(&self, place: usize) -> bool {
        self.by_role.dead.contains(&place)
    }

    /// The access policies of a principal's entries, in all clusters.
    pub(super) fn policies_of(&self, principal: &str) -> Vec<&'a AccessPolicyAssociation> {
        self.by_role
            .policies
            .get(principal)
            .cloned()
            .unwrap_or_default()
    }
}

fn key(arn: &str) -> Option<(AccountId, String)> {
    let role: RoleArn = arn.parse().ok()?;
    Some((role.account(), role.name().as_str().to_ascii_lowercase()))
}
