use rolecall_arn::AccountId;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    AccessEntry, AccessPolicyAssociation, AwsAuth, Cluster, Conflict, InstanceProfile,
    ManagedPolicy, Node, NodeClaim, NodeClass, NodeGroup, NodePool, ObjectEvent, ObservedCall,
    PodIdentityAssociation, Role, ServiceControlLevel, Timestamp, Unread,
};

/// All facts at one moment.
///
/// The order of the lists carries no meaning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// The version of this format, [`Snapshot::VERSION`].
    pub version: u32,
    /// When it was taken, for live sources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_at: Option<Timestamp>,
    /// Clusters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clusters: Vec<Cluster>,
    /// Node pools.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub node_pools: Vec<NodePool>,
    /// Node classes of both kinds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub node_classes: Vec<NodeClass>,
    /// Node claims, observed only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub node_claims: Vec<NodeClaim>,
    /// Nodes, observed only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<Node>,
    /// Kubernetes events, observed only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<ObjectEvent>,
    /// Calls to AWS that were refused or failed, observed only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<ObservedCall>,
    /// Managed and self-managed node groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub node_groups: Vec<NodeGroup>,
    /// Access entries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub access_entries: Vec<AccessEntry>,
    /// Access policy associations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub access_policies: Vec<AccessPolicyAssociation>,
    /// `aws-auth` ConfigMaps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aws_auth: Vec<AwsAuth>,
    /// Pod Identity associations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pod_identities: Vec<PodIdentityAssociation>,
    /// Roles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
    /// Accounts of which `roles` holds every role that was asked for, so that a name that is not
    /// there does not exist.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub role_complete_accounts: Vec<AccountId>,
    /// Instance profiles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instance_profiles: Vec<InstanceProfile>,
    /// Accounts of which `instance_profiles` holds every profile that was asked for, so that a name
    /// that is not there does not exist.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instance_profile_complete_accounts: Vec<AccountId>,
    /// Managed policies of the customer's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub managed_policies: Vec<ManagedPolicy>,
    /// Service control policies, level by level from the root; empty when none are known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub service_control_levels: Vec<ServiceControlLevel>,
    /// What was to be read from a live cluster or account and could not be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<Unread>,
    /// What two merged snapshots said differently.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<Conflict>,
}

impl Default for Snapshot {
    fn default() -> Self {
        Self {
            version: Self::VERSION,
            taken_at: None,
            clusters: Vec::new(),
            node_pools: Vec::new(),
            node_classes: Vec::new(),
            node_claims: Vec::new(),
            nodes: Vec::new(),
            events: Vec::new(),
            calls: Vec::new(),
            node_groups: Vec::new(),
            access_entries: Vec::new(),
            access_policies: Vec::new(),
            aws_auth: Vec::new(),
            pod_identities: Vec::new(),
            roles: Vec::new(),
            role_complete_accounts: Vec::new(),
            instance_profiles: Vec::new(),
            instance_profile_complete_accounts: Vec::new(),
            managed_policies: Vec::new(),
            service_control_levels: Vec::new(),
            unread: Vec::new(),
            conflicts: Vec::new(),
        }
    }
}

/// A saved snapshot that could not be read.
#[derive(Debug, Error)]
pub enum SnapshotError {
    /// It is not JSON of the snapshot's shape.
    #[error("not a snapshot at line {line}, column {column}: {problem}", line = .0.line(), column = .0.column(), problem = without_place(.0))]
    Shape(#[from] serde_json::Error),
    /// It was written by a newer version of Rolecall.
    #[error(
        "the snapshot has format version {found}; this version of rolecall reads up to {}",
        Snapshot::VERSION
    )]
    Version {
        /// The version it names.
        found: u32,
    },
}

/// What serde_json says is wrong, without the place it adds at the end.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rfind(" at line ")
        .and_then(|end| text.get(..end))
        .map_or_else(|| text.clone(), str::to_owned)
}

impl Snapshot {
    /// The version of the format that this crate writes.
    pub const VERSION: u32 = 1;

    /// Reads a saved snapshot.
    ///
    /// # Errors
    /// Text that is not a snapshot, or one of a newer version; the version is looked at first, so
    /// that a newer file is called newer and not malformed.
    pub fn from_json(text: &str) -> Result<Self, SnapshotError> {
        #[derive(Deserialize)]
        struct Header {
            version: u32,
        }
        let Header { version } = serde_json::from_str(text)?;
        if version > Self::VERSION {
            return Err(SnapshotError::Version { found: version });
        }
        Ok(serde_json::from_str(text)?)
    }

    /// Writes the snapshot as indented JSON.
    ///
    /// # Errors
    /// None in practice: every part has a JSON form.
    pub fn to_json(&self) -> Result<String, SnapshotError> {
        Ok(serde_json::to_string_pretty(self)?)
    }

    /// Adds everything of `other`, without looking for the same object in both: for parts of one
    /// source, such as the files of one folder. Two sources are joined by [`Snapshot::merge`].
    pub fn append(&mut self, other: Self) {
        let Self {
            version: _,
            taken_at,
            clusters,
            node_pools,
            node_classes,
            node_claims,
            nodes,
            events,
            calls,
            node_groups,
            access_entries,
            access_policies,
            aws_auth,
            pod_identities,
            roles,
            role_complete_accounts,
            instance_profiles,
            instance_profile_complete_accounts,
            managed_policies,
            service_control_levels,
            unread,
            conflicts,
        } = other;
        self.taken_at = self.taken_at.or(taken_at);
        self.clusters.extend(clusters);
        self.node_pools.extend(node_pools);
        self.node_classes.extend(node_classes);
        self.node_claims.extend(node_claims);
        self.nodes.extend(nodes);
        self.events.extend(events);
        self.calls.extend(calls);
        self.node_groups.extend(node_groups);
        self.access_entries.extend(access_entries);
        self.access_policies.extend(access_policies);
        self.aws_auth.extend(aws_auth);
        self.pod_identities.extend(pod_identities);
        self.roles.extend(roles);
        self.role_complete_accounts.extend(role_complete_accounts);
        self.instance_profiles.extend(instance_profiles);
        self.instance_profile_complete_accounts
            .extend(instance_profile_complete_accounts);
        self.managed_policies.extend(managed_policies);
        self.service_control_levels.extend(service_control_levels);
        self.unread.extend(unread);
        self.conflicts.extend(conflicts);
    }
}
