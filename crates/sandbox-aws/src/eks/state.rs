use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use rolecall_arn::{AccountId, Partition};
use serde::{Deserialize, Serialize};

use super::access_entry::AccessEntry;
use super::addon::Addon;
use super::aws_auth::AwsAuthLine;
use super::cluster::Cluster;
use super::fargate_profile::FargateProfile;
use super::node_group::NodeGroup;
use super::pod_identity::PodIdentityAssociation;
use super::update::Update;
use crate::table::{AnyTable, Table};

/// Everything EKS keeps. Keys are `<account>/<region>/<cluster>`, and below that the entry's
/// principal ARN, the group's name or whatever else tells one from another in a cluster.
pub struct Eks {
    pub(crate) clusters: Table<Cluster>,
    pub(crate) entries: Table<AccessEntry>,
    pub(crate) node_groups: Table<NodeGroup>,
    pub(crate) fargate_profiles: Table<FargateProfile>,
    pub(crate) pod_identities: Table<PodIdentityAssociation>,
    pub(crate) addons: Table<Addon>,
    pub(crate) updates: Table<Update>,
    pub(crate) aws_auth: Table<AwsAuthLine>,
    pub(crate) times: SettleTimes,
    serving: Option<ServingHook>,
}

/// Which cluster.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ClusterKey {
    /// The account it is in.
    pub account: AccountId,
    /// The region it is in.
    pub region: String,
    /// Its name.
    pub name: String,
}

/// Where a cluster's Kubernetes API is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Serving {
    /// `https://127.0.0.1:4581`, as `DescribeCluster` shows it.
    pub endpoint: String,
    /// The certificate authority, PEM in base64.
    pub certificate_authority: String,
}

/// Asks the process where a cluster's Kubernetes API is. It is called while the state is locked, so
/// it must not call the endpoint.
pub type ServingHook = Arc<dyn Fn(&ClusterKey) -> Serving + Send + Sync>;

/// How long things take in sandbox time. All are zero at first: what is asked for is there with the
/// next call, although the answer to the call itself still says `CREATING`, as in AWS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SettleTimes {
    /// A cluster's creation and deletion.
    pub cluster: Duration,
    /// A node group's creation and deletion.
    pub node_group: Duration,
    /// A Fargate profile's creation and deletion.
    pub fargate_profile: Duration,
    /// An add-on's creation and deletion.
    pub addon: Duration,
    /// An update of anything.
    pub update: Duration,
}

/// What is going on with something, until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phase {
    /// What.
    pub doing: Doing,
    /// From this moment on it is done: the thing is active, or gone when it was being deleted.
    pub until: Timestamp,
}

/// What may be going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Doing {
    /// It is being made.
    Creating,
    /// It is being changed.
    Updating,
    /// It is being deleted.
    Deleting,
}

impl Phase {
    /// Made and done at `at`.
    #[must_use]
    pub fn settled(at: Timestamp) -> Self {
        Self {
            doing: Doing::Creating,
            until: at,
        }
    }

    pub(super) fn begin(doing: Doing, now: Timestamp, takes: Duration) -> Self {
        let millis = i64::try_from(takes.as_millis()).unwrap_or(i64::MAX / 4);
        let until = now.as_millisecond().saturating_add(millis);
        Self {
            doing,
            until: Timestamp::from_millisecond(until).unwrap_or(now),
        }
    }

    /// `CREATING`, `UPDATING`, `DELETING`, or `ACTIVE` when it is done.
    pub(super) fn status(self, now: Timestamp) -> &'static str {
        if now >= self.until {
            "ACTIVE"
        } else {
            self.word()
        }
    }

    /// What the answer to the call that began it says.
    pub(super) fn word(self) -> &'static str {
        match self.doing {
            Doing::Creating => "CREATING",
            Doing::Updating => "UPDATING",
            Doing::Deleting => "DELETING",
        }
    }

    pub(super) fn is_gone(self, now: Timestamp) -> bool {
        self.doing == Doing::Deleting && now >= self.until
    }

    pub(super) fn is_busy(self, now: Timestamp) -> bool {
        now < self.until
    }
}

impl ClusterKey {
    /// `<account>/<region>/<name>`
    pub(super) fn key(&self) -> String {
        format!("{}/{}/{}", self.account, self.region, self.name)
    }

    /// What the keys of all that belongs to the cluster begin with.
    pub(super) fn prefix(&self) -> String {
        format!("{}/{}/{}/", self.account, self.region, self.name)
    }

    /// The key of something that belongs to the cluster.
    pub(super) fn of(&self, id: &str) -> String {
        format!("{}/{}/{}/{id}", self.account, self.region, self.name)
    }

    /// `arn:aws:eks:eu-central-1:111122223333:cluster/demo`
    #[must_use]
    pub fn arn(&self, partition: &Partition) -> String {
        self.arn_of(partition, "cluster", &self.name)
    }

    pub(super) fn arn_of(&self, partition: &Partition, kind: &str, rest: &str) -> String {
        format!(
            "arn:{partition}:eks:{}:{}:{kind}/{rest}",
            self.region, self.account
        )
    }
}

impl Eks {
    pub(crate) fn new() -> Self {
        Self {
            clusters: Table::new("eks.clusters"),
            entries: Table::indexed_by("eks.access-entries", |entry| &entry.principal_id),
            node_groups: Table::new("eks.node-groups"),
            fargate_profiles: Table::new("eks.fargate-profiles"),
            pod_identities: Table::new("eks.pod-identity-associations"),
            addons: Table::new("eks.addons"),
            updates: Table::new("eks.updates"),
            aws_auth: Table::new("eks.aws-auth-lines"),
            times: SettleTimes::default(),
            serving: None,
        }
    }

    pub(crate) fn tables(&mut self) -> [&mut dyn AnyTable; 8] {
        [
            &mut self.clusters,
            &mut self.entries,
            &mut self.node_groups,
            &mut self.fargate_profiles,
            &mut self.pod_identities,
            &mut self.addons,
            &mut self.updates,
            &mut self.aws_auth,
        ]
    }

    /// Says how to find a cluster's Kubernetes API. Without it clusters show an endpoint in AWS's
    /// form where nothing listens.
    pub fn set_serving(&mut self, hook: ServingHook) {
        self.serving = Some(hook);
    }

    /// Sets how long things take.
    pub fn set_times(&mut self, times: SettleTimes) {
        self.times = times;
    }

    /// Where a cluster's Kubernetes API is.
    #[must_use]
    pub fn serving(&self, cluster: &Cluster) -> Serving {
        if let Some(hook) = &self.serving {
            return hook(&cluster.key);
        }
        let short = cluster.id.get(..1).unwrap_or("0");
        Serving {
            endpoint: format!(
                "https://{}.gr{short}.{}.eks.amazonaws.com",
                cluster.id, cluster.key.region
            ),
            certificate_authority: STANDARD.encode("no Kubernetes API is served for this cluster"),
        }
    }

    /// All clusters, of all accounts and regions, in the order account, region, name. Where deletion
    /// takes time, one whose deletion is done may still be among them until the next is made.
    pub fn clusters(&self) -> impl Iterator<Item = &Cluster> {
        self.clusters.range("", None).map(|(_, cluster)| cluster)
    }

    /// A cluster with its settings.
    #[must_use]
    pub fn cluster(&self, key: &ClusterKey) -> Option<&Cluster> {
        self.clusters.get(&key.key())
    }

    /// A cluster's access entries, in the order of their principals' ARNs.
    pub fn entries(&self, key: &ClusterKey) -> Vec<&AccessEntry> {
        self.entries
            .range(&key.prefix(), None)
            .map(|(_, entry)| entry)
            .collect()
    }

    /// The entry of a principal ARN, with path.
    #[must_use]
    pub fn entry(&self, key: &ClusterKey, principal_arn: &str) -> Option<&AccessEntry> {
        self.entries.get(&key.of(principal_arn))
    }

    /// The entry bound to a principal's unique id, `AROA…` or `AIDA…`.
    ///
    /// A cluster finds its entries so, and not by the ARN's text: the entry of a role that was
    /// deleted and made again is never found (aws/containers-roadmap#185; EKS User Guide, "Create
    /// access entries"). Who asks must still compare the session's ARN with
    /// [`AccessEntry::principal_arn_without_path`].
    #[must_use]
    pub fn entry_for_principal_id(&self, key: &ClusterKey, id: &str) -> Option<&AccessEntry> {
        self.entries.indexed(id, &key.prefix()).next()
    }

    /// A cluster's node groups.
    pub fn node_groups(&self, key: &ClusterKey) -> Vec<&NodeGroup> {
        self.node_groups
            .range(&key.prefix(), None)
            .map(|(_, group)| group)
            .collect()
    }

    /// Puts a cluster there, for loading.
    pub fn put_cluster(&mut self, cluster: Cluster) {
        self.clusters.insert(&cluster.key.key(), cluster);
    }

    /// Puts an access entry there, for loading. Its principal need not exist, nor have the id it is
    /// bound to: that makes a dead entry.
    pub fn put_entry(&mut self, entry: AccessEntry) {
        let key = entry.cluster.of(&entry.principal_arn);
        self.entries.insert(&key, entry);
    }

    /// Puts a node group there, for loading.
    pub fn put_node_group(&mut self, group: NodeGroup) {
        let key = group.cluster.of(&group.name);
        self.node_groups.insert(&key, group);
    }

    /// Puts a Fargate profile there, for loading.
    pub fn put_fargate_profile(&mut self, profile: FargateProfile) {
        let key = profile.cluster.of(&profile.name);
        self.fargate_profiles.insert(&key, profile);
    }

    /// Puts a pod identity association there, for loading.
    pub fn put_pod_identity_association(&mut self, association: PodIdentityAssociation) {
        let key = association.cluster.of(&association.id);
        self.pod_identities.insert(&key, association);
    }

    /// Takes the lines EKS wants in `kube-system/aws-auth` and has not written yet. The process
    /// writes them into the cluster's ConfigMap.
    pub fn take_aws_auth_lines(&mut self) -> Vec<AwsAuthLine> {
        let keys: Vec<String> = self
            .aws_auth
            .range("", None)
            .map(|(key, _)| key.to_owned())
            .collect();
        keys.iter()
            .filter_map(|key| self.aws_auth.remove(key))
            .collect()
    }

    /// The cluster, unless its deletion is done. Only access entries are seen late (EKS User Guide,
    /// "Create access entries"); what takes minutes to make anyway is not.
    pub(super) fn live_cluster(&self, key: &ClusterKey, now: Timestamp) -> Option<&Cluster> {
        self.clusters
            .get(&key.key())
            .filter(|cluster| !cluster.phase.is_gone(now))
    }
}
