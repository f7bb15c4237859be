//! The snapshot with the indexes that following a chain needs.

mod indexing;

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};

use rolecall_arn::AccountId;
use rolecall_facts::{
    AccessEntry, AccessPolicyAssociation, AwsAuth, Cluster, InstanceProfile, ManagedPolicy,
    NodeClass, NodeClassKind, NodeGroup, ObjectId, Origin, PodIdentityAssociation, Principal,
    Reference, Role, Snapshot,
};

use crate::Options;
use crate::context::{Hybrid, hybrid_nodes};
use crate::iam::Compiler;
use crate::index::Index;

use indexing::{ClusterAssociations, folded, role_name_of};

pub(crate) use indexing::ClusterEntries;

/// Which cluster something belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum ClusterKey {
    /// A cluster of the snapshot, by its place in the list.
    Declared(usize),
    /// A cluster known by name only.
    Named(String),
    /// Not told.
    Unknown,
}

/// The snapshot, indexed.
pub(crate) struct World<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) options: &'a Options,
    pub(crate) compiler: Compiler,
    clusters_by_name: HashMap<&'a str, Vec<usize>>,
    clusters_by_id: HashMap<&'a ObjectId, usize>,
    roles_by_name: Index<'a, Role>,
    roles_by_id: Index<'a, Role>,
    karpenter_irsa_roles: OnceCell<Vec<&'a Role>>,
    hints_at_karpenter: OnceCell<bool>,
    hybrid_nodes: OnceCell<Vec<(ClusterKey, Hybrid<'a>)>>,
    profiles_by_name: HashMap<String, Vec<&'a InstanceProfile>>,
    profiles_by_id: HashMap<&'a ObjectId, &'a InstanceProfile>,
    policies_by_arn: HashMap<&'a str, &'a ManagedPolicy>,
    policies_by_id: HashMap<&'a ObjectId, &'a ManagedPolicy>,
    classes: HashMap<(NodeClassKind, &'a str), Vec<(ClusterKey, &'a NodeClass)>>,
    class_clusters: HashMap<NodeClassKind, Vec<ClusterKey>>,
    entries: BTreeMap<ClusterKey, ClusterEntries<'a>>,
    associations: HashMap<ClusterKey, ClusterAssociations<'a>>,
    aws_auth: HashMap<ClusterKey, Vec<&'a AwsAuth>>,
    pod_identities: HashMap<ClusterKey, Vec<&'a PodIdentityAssociation>>,
    managed_groups: HashMap<ClusterKey, Vec<&'a NodeGroup>>,
}

impl<'a> World<'a> {
    /// Why a pool's cluster, and what follows from it, is not known: none is declared, or several are
    /// and nothing says which.
    pub(crate) fn no_cluster(&self, and_what: &str) -> String {
        match self.snapshot.clusters.len() {
            0 | 1 => format!("no file given declares the cluster{and_what}"),
            count => format!(
                "{count} clusters are declared and nothing says which is this pool's; name it with \
                 --cluster, or list each cluster's files in rolecall.toml"
            ),
        }
    }

    /// Which cluster a reference means. A name that several clusters share, or a reference to an
    /// object that was not read, is unknown.
    pub(crate) fn key(&self, reference: Option<&Reference<String>>) -> ClusterKey {
        let Some(reference) = reference else {
            return ClusterKey::Unknown;
        };
        if let Some(index) = reference
            .object
            .as_ref()
            .and_then(|id| self.clusters_by_id.get(id))
        {
            return ClusterKey::Declared(*index);
        }
        let Some(name) = reference.value.value() else {
            return ClusterKey::Unknown;
        };
        match self.clusters_by_name.get(name.as_str()).map(Vec::as_slice) {
            None => ClusterKey::Named(name.clone()),
            Some([index]) => ClusterKey::Declared(*index),
            Some(_) => ClusterKey::Unknown,
        }
    }

    /// Whether changes can be told of a cluster: they speak of the snapshot's one cluster, by its name.
    pub(crate) fn takes_changes(&self, key: &ClusterKey) -> bool {
        let [cluster] = self.snapshot.clusters.as_slice() else {
            return false;
        };
        cluster.name.is_known() && *key == ClusterKey::Declared(0)
    }

    /// The key of a cluster of the snapshot.
    pub(crate) fn key_of(&self, cluster: &Cluster) -> ClusterKey {
        self.snapshot
            .clusters
            .iter()
            .position(|known| std::ptr::eq(known, cluster))
            .map_or(ClusterKey::Unknown, ClusterKey::Declared)
    }

    pub(crate) fn cluster(&self, key: &ClusterKey) -> Option<&'a Cluster> {
        match key {
            ClusterKey::Declared(index) => self.snapshot.clusters.get(*index),
            _ => None,
        }
    }

    /// A cluster's name for people: its name, or else where it is declared.
    pub(crate) fn cluster_name(&self, key: &ClusterKey) -> Option<String> {
        match key {
            ClusterKey::Named(name) => Some(name.clone()),
            ClusterKey::Declared(_) => {
                let cluster = self.cluster(key)?;
                let address = cluster.id.as_ref().map(|id| {
                    id.0.split_once('#')
                        .map_or(&*id.0, |(_, address)| address)
                        .to_owned()
                });
                cluster.name.value().cloned().or(address)
            }
            ClusterKey::Unknown => None,
        }
    }

    pub(crate) fn role_of_object(&self, id: &ObjectId) -> Option<&'a Role> {
        self.roles_by_id.get(&id.0).last().copied()
    }

    /// All roles of a name, whatever their path or account.
    pub(crate) fn roles_named(&self, name: &str) -> &[&'a Role] {
        self.roles_by_name.get(name)
    }

    /// Whether a role that is not in the snapshot does not exist in this account.
    pub(crate) fn has_all_roles_of(&self, account: Option<AccountId>) -> bool {
        account.is_some_and(|account| self.snapshot.role_complete_accounts.contains(&account))
    }

    /// Whether an instance profile that is not in the snapshot does not exist in this account.
    pub(crate) fn has_all_profiles_of(&self, account: Option<AccountId>) -> bool {
        let known = &self.snapshot.instance_profile_complete_accounts;
        account.is_some_and(|account| known.contains(&account))
    }

    /// The roles whose trust policy lets a service account named `karpenter` in (IRSA).
    pub(crate) fn karpenter_irsa_roles(&self) -> &[&'a Role] {
        self.karpenter_irsa_roles.get_or_init(|| {
            let trusts_karpenter = |role: &&Role| {
                let trust = role.trust.value();
                trust.is_some_and(|trust| {
                    trust.text.contains("system:serviceaccount:")
                        && trust.text.contains(":karpenter\"")
                })
            };
            let mut roles: Vec<&Role> = self
                .snapshot
                .roles
                .iter()
                .filter(trusts_karpenter)
                .collect();
            roles.sort_by_key(|role| &role.origin);
            roles
        })
    }

    /// The hybrid nodes of all clusters, by what tells of them.
    pub(crate) fn hybrid_nodes(&self) -> &[(ClusterKey, Hybrid<'a>)] {
        self.hybrid_nodes.get_or_init(|| hybrid_nodes(self))
    }

    /// Whether anything given hints at a Karpenter of the user's own: a Pod Identity association of its
    /// service account, or a role or an entry named after it, or a trust policy that lets it in.
    pub(crate) fn hints_at_karpenter(&self) -> bool {
        let says = |text: &str| text.to_ascii_lowercase().contains("karpenter");
        let find = || {
            let snapshot = self.snapshot;
            let by_identity = snapshot.pod_identities.iter().any(|association| {
                let name = association.service_account.value();
                name.is_none_or(|name| says(name))
            });
            let by_role = snapshot.roles.iter().any(|role| {
                let id = role.id.as_ref().is_some_and(|id| says(&id.0));
                id || role.name.value().is_some_and(|name| says(name))
            });
            let by_entry = snapshot.access_entries.iter().any(|entry| {
                let principal = entry.principal.value.value();
                principal.is_some_and(|principal| says(&principal.to_string()))
            });
            by_identity || by_role || by_entry || !self.karpenter_irsa_roles().is_empty()
        };
        *self.hints_at_karpenter.get_or_init(find)
    }

    pub(crate) fn profile_of_object(&self, id: &ObjectId) -> Option<&'a InstanceProfile> {
        self.profiles_by_id.get(id).copied()
    }

    pub(crate) fn profiles_named(&self, name: &str) -> &[&'a InstanceProfile] {
        self.profiles_by_name
            .get(&folded(name))
            .map_or(&[], Vec::as_slice)
    }

    pub(crate) fn managed_policy(
        &self,
        reference: &Reference<String>,
    ) -> Option<&'a ManagedPolicy> {
        let by_id = reference
            .object
            .as_ref()
            .and_then(|id| self.policies_by_id.get(id));
        let by_arn = || self.policies_by_arn.get(reference.value.value()?.as_str());
        by_id.or_else(by_arn).copied()
    }

    /// The classes of a name and kind that may belong to a cluster: those of that cluster, or else
    /// those of which the cluster is not told.
    pub(crate) fn classes(
        &self,
        cluster: &ClusterKey,
        kind: NodeClassKind,
        name: &str,
    ) -> Vec<&'a NodeClass> {
        let named = self
            .classes
            .get(&(kind, name))
            .map_or(&[][..], Vec::as_slice);
        let of = |wanted: &ClusterKey| -> Vec<&'a NodeClass> {
            named
                .iter()
                .filter(|(key, _)| key == wanted)
                .map(|(_, class)| *class)
                .collect()
        };
        match cluster {
            ClusterKey::Unknown => named.iter().map(|(_, class)| *class).collect(),
            known => Some(of(known))
                .filter(|found| !found.is_empty())
                .unwrap_or_else(|| of(&ClusterKey::Unknown)),
        }
    }

    /// Whether the snapshot holds any class of this kind that may belong to the cluster.
    pub(crate) fn has_classes(&self, cluster: &ClusterKey, kind: NodeClassKind) -> bool {
        self.class_clusters.get(&kind).is_some_and(|keys| {
            *cluster == ClusterKey::Unknown
                || keys
                    .iter()
                    .any(|key| key == cluster || *key == ClusterKey::Unknown)
        })
    }

    /// Why a live cluster's classes of a kind are not known; `None` where they were all read.
    pub(crate) fn unread_classes(
        &self,
        cluster: Option<&Cluster>,
        kind: NodeClassKind,
    ) -> Option<String> {
        let name = cluster.and_then(|cluster| cluster.name.value());
        let unread = self.snapshot.unread.iter().find(|unread| {
            let same_cluster =
                unread.cluster.is_none() || name.is_none() || unread.cluster.as_ref() == name;
            let Origin::Api(api) = &unread.origin else {
                return false;
            };
            let resource = api.target.split('.').next().unwrap_or_default();
            let of_kind = resource == format!("{}es", kind.kind().to_ascii_lowercase());
            same_cluster && of_kind && api.target.ends_with(kind.group())
        });
        unread.map(|unread| unread.why.to_string())
    }

    pub(crate) fn entries(&self, key: &ClusterKey) -> Option<&ClusterEntries<'a>> {
        self.entries.get(key)
    }

    pub(crate) fn aws_auth(&self, key: &ClusterKey) -> &[&'a AwsAuth] {
        self.aws_auth.get(key).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn managed_groups(&self, key: &ClusterKey) -> &[&'a NodeGroup] {
        self.managed_groups.get(key).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn pod_identities(&self, key: &ClusterKey) -> &[&'a PodIdentityAssociation] {
        self.pod_identities.get(key).map_or(&[], Vec::as_slice)
    }

    /// The access policies associated with an entry's principal: those that certainly are, and
    /// whether there may be others whose principal is not known.
    pub(crate) fn policies_of(
        &self,
        entry: &AccessEntry,
    ) -> (Vec<&'a AccessPolicyAssociation>, bool) {
        let key = self.key(Some(&entry.cluster));
        let elsewhere = key != ClusterKey::Unknown
            && self
                .associations
                .get(&ClusterKey::Unknown)
                .is_some_and(|all| all.may_concern(entry));
        let Some(all) = self.associations.get(&key) else {
            return (Vec::new(), elsewhere);
        };
        let by_object = entry
            .principal
            .object
            .as_ref()
            .map_or(&[][..], |id| all.by_object.get(&id.0));
        let by_name =
            role_name_of(&entry.principal).map_or(&[][..], |name| all.by_role_name.get(name));
        let mut found: Vec<&AccessPolicyAssociation> = by_object.to_vec();
        for association in by_name {
            let same_principal = match (
                association.principal.value.value(),
                entry.principal.value.value(),
            ) {
                (Some(Principal::Role(left)), Some(Principal::Role(right))) => {
                    left.may_equal(right)
                }
                _ => false,
            };
            if same_principal && !found.iter().any(|seen| std::ptr::eq(*seen, *association)) {
                found.push(association);
            }
        }
        (found, elsewhere || !all.open.is_empty())
    }
}
