//! Joining what two sources say of the same things.
//!
//! ```text
//! pair     which object of the one is which of the other; ambiguous ones stay apart
//! key      what an object is told apart by
//! rename   what the other called by its own id is called by ours
//! object   field by field
//! value    when two known values say the same, and which says it more exactly
//! ```
//!
//! An item that only one source has is kept: it is knowledge, not difference. So a list that one
//! source calls complete may still gain items from the other.

mod conflict;
mod key;
mod object;
mod pair;
mod rename;
mod value;

pub use conflict::Conflict;
pub(crate) use value::Compare;

use std::collections::HashSet;
use std::hash::Hash;

use conflict::Conflicts;
use key::{Belongings, Identity};
use object::Join;
use pair::pair;
use rename::Renames;

use crate::Snapshot;

impl Snapshot {
    /// Joins what another source says to what this one says.
    ///
    /// Objects of the same identity become one. A known fact beats an unknown one; two known facts
    /// that differ stay as they are here and are added to [`Snapshot::conflicts`]. Two objects are
    /// taken for the same only where nothing else could be meant: a role whose account is unknown
    /// joins the role of that name when there is exactly one. Merging with an empty snapshot, or
    /// with the same one again, changes nothing.
    ///
    /// ```
    /// use rolecall_facts::Snapshot;
    ///
    /// let read = |document: &str| {
    ///     Snapshot::from_json(&format!(
    ///         r#"{{"version": 1, "managed_policies": [{{
    ///             "arn": {{"known": {{"value": "arn:aws:iam::111122223333:policy/eks/Tags",
    ///                 "origin": {{"api": {{"call": "iam:GetPolicy", "target": "Tags"}}}}}}}},
    ///             "document": {{"known": {{"value": {{"text": "{document}"}},
    ///                 "origin": {{"api": {{"call": "iam:GetPolicy", "target": "Tags"}}}}}}}},
    ///             "origin": {{"api": {{"call": "iam:GetPolicy", "target": "Tags"}}}}}}]}}"#
    ///     ))
    /// };
    /// let mut yesterday = read("[1]")?;
    /// yesterday.merge(read("[2]")?);
    /// assert_eq!(yesterday.managed_policies.len(), 1);
    /// assert_eq!(yesterday.conflicts[0].field, "document");
    /// # Ok::<(), rolecall_facts::SnapshotError>(())
    /// ```
    pub fn merge(&mut self, other: Self) {
        let mut renames = Renames::default();
        let mut found = Vec::new();
        let Self {
            version: _,
            taken_at,
            clusters,
            mut node_pools,
            mut node_classes,
            mut node_claims,
            mut nodes,
            mut events,
            calls,
            mut node_groups,
            mut access_entries,
            mut access_policies,
            mut aws_auth,
            mut pod_identities,
            mut roles,
            role_complete_accounts,
            mut instance_profiles,
            instance_profile_complete_accounts,
            mut managed_policies,
            service_control_levels,
            unread,
            conflicts,
        } = other;

        // Policies, roles and clusters first: the others are told apart by them.
        rename::all(&mut managed_policies, &renames);
        join_lists(
            &mut self.managed_policies,
            managed_policies,
            Identity::of_managed_policy,
            &mut renames,
            &mut found,
        );
        rename::all(&mut roles, &renames);
        join_lists(
            &mut self.roles,
            roles,
            Identity::of_role,
            &mut renames,
            &mut found,
        );
        let mut clusters = clusters;
        rename::all(&mut clusters, &renames);
        join_lists(
            &mut self.clusters,
            clusters,
            Identity::of_cluster,
            &mut renames,
            &mut found,
        );
        rename::all(&mut instance_profiles, &renames);
        join_lists(
            &mut self.instance_profiles,
            instance_profiles,
            Identity::of_instance_profile,
            &mut renames,
            &mut found,
        );

        let belongings = Belongings::new(&self.clusters, &self.roles);
        macro_rules! join_belonging {
            ($($list:ident by $identity:ident),+ $(,)?) => {$(
                rename::all(&mut $list, &renames);
                join_lists(
                    &mut self.$list,
                    $list,
                    |item| belongings.$identity(item),
                    &mut renames,
                    &mut found,
                );
            )+};
        }
        join_belonging! {
            node_classes by of_node_class,
            node_pools by of_node_pool,
            node_claims by of_node_claim,
            nodes by of_node,
            events by of_event,
            node_groups by of_node_group,
            access_entries by of_access_entry,
            access_policies by of_association,
            aws_auth by of_aws_auth,
            pod_identities by of_pod_identity,
        }
        join_lists(
            &mut self.calls,
            calls,
            Identity::of_call,
            &mut renames,
            &mut found,
        );
        join_lists(
            &mut self.service_control_levels,
            service_control_levels,
            Identity::of_level,
            &mut renames,
            &mut found,
        );

        self.taken_at = self.taken_at.or(taken_at);
        add_missing(&mut self.role_complete_accounts, role_complete_accounts);
        add_missing(
            &mut self.instance_profile_complete_accounts,
            instance_profile_complete_accounts,
        );
        add_missing(&mut self.unread, unread);
        add_missing(&mut self.conflicts, conflicts);
        add_missing(&mut self.conflicts, found);
    }
}

/// Joins each of `theirs` to the one of `ours` that is the same, and adds the rest.
fn join_lists<T: Join + Hash + Eq>(
    ours: &mut Vec<T>,
    theirs: Vec<T>,
    identity: impl Fn(&T) -> Identity,
    renames: &mut Renames,
    found: &mut Vec<Conflict>,
) {
    if theirs.is_empty() {
        return;
    }
    let partners = pair(ours, &theirs, identity);
    for (their, partner) in theirs.into_iter().zip(partners) {
        let Some(our) = partner.and_then(|index| ours.get_mut(index)) else {
            ours.push(their);
            continue;
        };
        if *our == their {
            continue;
        }
        renames.note(our.id(), their.id());
        let object = our.title();
        let mut conflicts = Conflicts::new(
            &object,
            our.origin().cloned(),
            their.origin().cloned(),
            found,
        );
        our.join(their, &mut conflicts);
    }
}

/// Adds the items that are not there yet.
fn add_missing<T: Hash + Eq + Clone>(ours: &mut Vec<T>, theirs: Vec<T>) {
    if theirs.is_empty() {
        return;
    }
    let mut seen: HashSet<T> = ours.iter().cloned().collect();
    ours.extend(theirs.into_iter().filter(|item| seen.insert(item.clone())));
}
