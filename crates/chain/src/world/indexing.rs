//! Finding what belongs together, once for a whole snapshot.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};

use rolecall_facts::{
    AccessEntry, AccessPolicyAssociation, NodeGroup, NodeGroupKind, ObjectId, Origin, Principal,
    Reference, Snapshot,
};

use super::World;
use crate::Options;
use crate::iam::Compiler;
use crate::index::Index;

/// The access entries of one cluster.
pub(crate) struct ClusterEntries<'a> {
    pub(crate) all: Vec<&'a AccessEntry>,
    pub(super) by_role_name: Index<'a, AccessEntry>,
    pub(super) by_object: Index<'a, AccessEntry>,
    /// Entries of which neither principal nor object is known.
    pub(crate) open: Vec<&'a AccessEntry>,
}

/// The access policy associations of one cluster.
pub(super) struct ClusterAssociations<'a> {
    pub(super) by_role_name: Index<'a, AccessPolicyAssociation>,
    pub(super) by_object: Index<'a, AccessPolicyAssociation>,
    pub(super) open: Vec<&'a AccessPolicyAssociation>,
}

impl Default for ClusterEntries<'_> {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            by_role_name: Index::of_iam_names(),
            by_object: Index::of_ids(),
            open: Vec::new(),
        }
    }
}

impl Default for ClusterAssociations<'_> {
    fn default() -> Self {
        Self {
            by_role_name: Index::of_iam_names(),
            by_object: Index::of_ids(),
            open: Vec::new(),
        }
    }
}

/// IAM does not distinguish names by case, so they are compared in lower case.
pub(super) fn folded(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// Objects by where they stand: the order of a snapshot's lists carries no meaning, so whatever is
/// picked or shown must not depend on it.
fn in_place_order<T>(list: &[T], origin: impl Fn(&T) -> &Origin) -> Vec<&T> {
    let mut objects: Vec<&T> = list.iter().collect();
    objects.sort_by(|left, right| origin(left).cmp(origin(right)));
    objects
}

pub(super) fn role_name_of(principal: &Reference<Principal>) -> Option<&str> {
    let role = principal.value.value()?.as_role()?;
    Some(role.name.as_str())
}

impl<'a> World<'a> {
    pub(crate) fn new(snapshot: &'a Snapshot, options: &'a Options) -> Self {
        let mut world = Self {
            snapshot,
            options,
            compiler: Compiler::default(),
            clusters_by_name: HashMap::new(),
            clusters_by_id: HashMap::new(),
            roles_by_name: Index::of_iam_names(),
            roles_by_id: Index::of_ids(),
            karpenter_irsa_roles: OnceCell::new(),
            hints_at_karpenter: OnceCell::new(),
            hybrid_nodes: OnceCell::new(),
            profiles_by_name: HashMap::new(),
            profiles_by_id: HashMap::new(),
            policies_by_arn: HashMap::new(),
            policies_by_id: HashMap::new(),
            classes: HashMap::new(),
            class_clusters: HashMap::new(),
            entries: BTreeMap::new(),
            associations: HashMap::new(),
            aws_auth: HashMap::new(),
            pod_identities: HashMap::new(),
            managed_groups: HashMap::new(),
        };
        world.index_clusters();
        world.index_iam();
        world.index_kubernetes();
        world.index_access();
        world
    }

    fn index_clusters(&mut self) {
        for (index, cluster) in self.snapshot.clusters.iter().enumerate() {
            if let Some(name) = cluster.name.value() {
                self.clusters_by_name.entry(name).or_default().push(index);
            }
            if let Some(id) = &cluster.id {
                self.clusters_by_id.insert(id, index);
            }
        }
    }

    fn index_iam(&mut self) {
        for role in &self.snapshot.roles {
            if let Some(id) = &role.id {
                self.roles_by_id.add(&id.0, role);
            }
            if let Some(name) = role.name.value() {
                self.roles_by_name.add(name, role);
            }
        }
        self.roles_by_id.sorted_by(|role| &role.origin);
        self.roles_by_name.sorted_by(|role| &role.origin);
        for profile in in_place_order(&self.snapshot.instance_profiles, |item| &item.origin) {
            if let Some(id) = &profile.id {
                self.profiles_by_id.insert(id, profile);
            }
            if let Some(name) = profile.name.value() {
                self.profiles_by_name
                    .entry(folded(name))
                    .or_default()
                    .push(profile);
            }
        }
        for policy in in_place_order(&self.snapshot.managed_policies, |item| &item.origin) {
            if let Some(id) = &policy.id {
                self.policies_by_id.insert(id, policy);
            }
            if let Some(arn) = policy.arn.value() {
                self.policies_by_arn.insert(arn, policy);
            }
        }
    }

    fn index_kubernetes(&mut self) {
        for class in in_place_order(&self.snapshot.node_classes, |item| &item.origin) {
            let key = self.key(class.cluster.as_ref());
            let clusters = self.class_clusters.entry(class.kind).or_default();
            if !clusters.contains(&key) {
                clusters.push(key.clone());
            }
            self.classes
                .entry((class.kind, class.name.as_str()))
                .or_default()
                .push((key, class));
        }
        for aws_auth in in_place_order(&self.snapshot.aws_auth, |item| &item.origin) {
            let key = self.key(aws_auth.cluster.as_ref());
            self.aws_auth.entry(key).or_default().push(aws_auth);
        }
    }

    fn index_access(&mut self) {
        for entry in &self.snapshot.access_entries {
            let entries = self
                .entries
                .entry(self.key(Some(&entry.cluster)))
                .or_default();
            entries.all.push(entry);
            if let Some(name) = role_name_of(&entry.principal) {
                entries.by_role_name.add(name, entry);
            } else if entry.principal.object.is_none() && !entry.principal.value.is_known() {
                entries.open.push(entry);
            }
            if let Some(object) = &entry.principal.object {
                entries.by_object.add(&object.0, entry);
            }
        }
        for association in &self.snapshot.access_policies {
            let key = self.key(Some(&association.cluster));
            let associations = self.associations.entry(key).or_default();
            if let Some(name) = role_name_of(&association.principal) {
                associations.by_role_name.add(name, association);
            } else if association.principal.object.is_none()
                && !association.principal.value.is_known()
            {
                associations.open.push(association);
            }
            if let Some(object) = &association.principal.object {
                associations.by_object.add(&object.0, association);
            }
        }
        let managed = |group: &&NodeGroup| group.kind == NodeGroupKind::Managed;
        for group in self.snapshot.node_groups.iter().filter(managed) {
            let key = self.key(Some(&group.cluster));
            self.managed_groups.entry(key).or_default().push(group);
        }
        for entries in self.entries.values_mut() {
            entries.by_role_name.sorted_by(|entry| &entry.origin);
            entries.by_object.sorted_by(|entry| &entry.origin);
            entries.open.sort_by_key(|entry| &entry.origin);
        }
        for associations in self.associations.values_mut() {
            associations.by_role_name.sorted_by(|policy| &policy.origin);
            associations.by_object.sorted_by(|policy| &policy.origin);
        }
        for association in in_place_order(&self.snapshot.pod_identities, |item| &item.origin) {
            let key = self.key(Some(&association.cluster));
            self.pod_identities
                .entry(key)
                .or_default()
                .push(association);
        }
    }
}

impl ClusterAssociations<'_> {
    /// Whether one of them has, or may have, the entry's principal.
    pub(super) fn may_concern(&self, entry: &AccessEntry) -> bool {
        let by_object = entry.principal.object.as_ref();
        let by_name = role_name_of(&entry.principal);
        !self.open.is_empty()
            || by_object.is_some_and(|id| !self.by_object.get(&id.0).is_empty())
            || by_name.is_some_and(|name| !self.by_role_name.get(name).is_empty())
    }
}

impl<'a> ClusterEntries<'a> {
    pub(crate) fn of_role_name(&self, name: &str) -> &[&'a AccessEntry] {
        self.by_role_name.get(name)
    }

    pub(crate) fn of_object(&self, id: &ObjectId) -> &[&'a AccessEntry] {
        self.by_object.get(&id.0)
    }
}
