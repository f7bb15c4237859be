use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use rolecall_arn::Partition;
use serde::{Deserialize, Serialize};

use super::principal::{Principal, PrincipalKind, compared_arn};
use super::state::ClusterKey;

/// An access entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccessEntry {
    /// The cluster.
    pub cluster: ClusterKey,
    /// The principal's ARN, with path, as given.
    pub principal_arn: String,
    /// The principal's unique id when the entry was made. The API never shows it; it is what the
    /// entry is found by (EKS API Reference, `AccessEntry`). Empty when it was not known.
    pub principal_id: String,
    /// The type.
    #[serde(rename = "type")]
    pub kind: EntryType,
    /// The user name, a template: `system:node:{{EC2PrivateDNSName}}`.
    pub username: String,
    /// The groups, as shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// The tail of the entry's own ARN.
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it last changed.
    pub modified: Timestamp,
    /// Tags by key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Associated access policies by ARN.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub policies: BTreeMap<String, Association>,
    /// EKS made it, not a caller.
    #[serde(default)]
    pub made_by_eks: bool,
    /// The token of the request that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<ClientToken>,
}

/// An associated access policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Association {
    /// Where it holds.
    pub scope: AccessScope,
    /// When it was associated.
    pub associated: Timestamp,
    /// When its scope last changed.
    pub modified: Timestamp,
}

/// Where an access policy holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccessScope {
    /// In the whole cluster.
    Cluster,
    /// In namespaces; a name may end with `*`.
    Namespaces(Vec<String>),
}

/// The token a caller repeats a request with, and what the request was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientToken {
    /// `clientRequestToken`
    pub token: String,
    /// The request, without the token.
    pub request: String,
}

/// The types of access entries (EKS User Guide, "Create access entries").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EntryType {
    /// People and programs.
    #[serde(rename = "STANDARD")]
    Standard,
    /// Linux nodes outside Auto Mode.
    #[serde(rename = "EC2_LINUX")]
    Ec2Linux,
    /// Windows nodes.
    #[serde(rename = "EC2_WINDOWS")]
    Ec2Windows,
    /// Fargate.
    #[serde(rename = "FARGATE_LINUX")]
    FargateLinux,
    /// Hybrid nodes.
    #[serde(rename = "HYBRID_LINUX")]
    HybridLinux,
    /// SageMaker HyperPod.
    #[serde(rename = "HYPERPOD_LINUX")]
    HyperpodLinux,
    /// Auto Mode nodes.
    #[serde(rename = "EC2")]
    Ec2,
}

impl EntryType {
    /// All types.
    pub const ALL: [Self; 7] = [
        Self::Standard,
        Self::Ec2Linux,
        Self::Ec2Windows,
        Self::FargateLinux,
        Self::HybridLinux,
        Self::HyperpodLinux,
        Self::Ec2,
    ];

    /// As the API spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "STANDARD",
            Self::Ec2Linux => "EC2_LINUX",
            Self::Ec2Windows => "EC2_WINDOWS",
            Self::FargateLinux => "FARGATE_LINUX",
            Self::HybridLinux => "HYBRID_LINUX",
            Self::HyperpodLinux => "HYPERPOD_LINUX",
            Self::Ec2 => "EC2",
        }
    }

    /// The type of that name. Only upper case is taken; whether AWS is as strict is not known.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The types whose principals must be roles of the cluster's own account, as EKS lists them in
    /// its errors. `HYPERPOD_LINUX` is not in that list.
    pub(super) fn is_bound_to_account(self) -> bool {
        !matches!(self, Self::Standard | Self::HyperpodLinux)
    }

    /// The user name of an entry made without one (EKS User Guide, "Create access entries").
    ///
    /// For `EC2` no source tells. Auto Mode names nodes by instance id, and a node's session is
    /// named so too, so the session's name is the only one node authorisation would take. For
    /// `HYPERPOD_LINUX` nothing is known; it is treated as a node named by its session.
    #[must_use]
    pub fn default_username(self, principal: &Principal) -> String {
        match (self, principal.kind) {
            (Self::Standard, PrincipalKind::Role) => format!(
                "arn:{}:sts::{}:assumed-role/{}/{{{{SessionName}}}}",
                principal.partition, principal.account, principal.name
            ),
            (Self::Standard, PrincipalKind::User) => principal.arn.clone(),
            (Self::Ec2Linux | Self::Ec2Windows, _) => {
                "system:node:{{EC2PrivateDNSName}}".to_owned()
            }
            (Self::FargateLinux | Self::HybridLinux | Self::HyperpodLinux | Self::Ec2, _) => {
                "system:node:{{SessionName}}".to_owned()
            }
        }
    }

    /// The groups EKS shows for a node type.
    ///
    /// Only those of `EC2_LINUX` are known (real outputs of the AWS CLI). The others follow what
    /// nodes of the kind have in `aws-auth` (EKS User Guide, "Grant IAM users access to Kubernetes
    /// with a ConfigMap"); what AWS returns for them is not known.
    #[must_use]
    pub fn groups(self) -> Vec<String> {
        let groups: &[&str] = match self {
            Self::Standard => &[],
            Self::Ec2Linux | Self::HybridLinux | Self::HyperpodLinux | Self::Ec2 => {
                &["system:nodes"]
            }
            Self::Ec2Windows => &["eks:kube-proxy-windows", "system:nodes"],
            Self::FargateLinux => &[
                "system:bootstrappers",
                "system:node-proxier",
                "system:nodes",
            ],
        };
        groups.iter().map(|group| (*group).to_owned()).collect()
    }
}

impl fmt::Display for EntryType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl AccessEntry {
    /// An entry with the user name and groups its type gives, without policies.
    #[must_use]
    pub fn new(
        cluster: ClusterKey,
        principal: &Principal,
        principal_id: &str,
        kind: EntryType,
        id: String,
        created: Timestamp,
    ) -> Self {
        Self {
            cluster,
            principal_arn: principal.arn.clone(),
            principal_id: principal_id.to_owned(),
            kind,
            username: kind.default_username(principal),
            groups: kind.groups(),
            id,
            created,
            modified: created,
            tags: BTreeMap::new(),
            policies: BTreeMap::new(),
            made_by_eks: false,
            token: None,
        }
    }

    /// Associates an access policy, or changes its scope (EKS User Guide, "Associate access policies
    /// with access entries": associating again replaces the scope).
    pub fn associate(&mut self, policy_arn: &str, scope: AccessScope, now: Timestamp) {
        self.policies
            .entry(policy_arn.to_owned())
            .and_modify(|association| {
                association.scope = scope.clone();
                association.modified = now;
            })
            .or_insert(Association {
                scope,
                associated: now,
                modified: now,
            });
    }

    /// The ARN of the entry itself. The principal's path is not in it
    /// (`AmazonEKSServiceRolePolicy` names the entry of a role with a path so).
    #[must_use]
    pub fn arn(&self, partition: &Partition) -> String {
        match Principal::parse(&self.principal_arn) {
            Some(principal) => entry_arn(partition, &self.cluster, Some(&principal), &self.id),
            None => entry_arn(partition, &self.cluster, None, &self.id),
        }
    }

    /// The principal's ARN as [`compared_arn`] makes it.
    #[must_use]
    pub fn principal_arn_without_path(&self) -> String {
        compared_arn(&self.principal_arn)
    }
}

/// The ARN of an entry; its last part is `*` for one that does not exist, and the three before it
/// are empty for a principal that is no ARN (seen in denials of the AWS CLI).
pub(super) fn entry_arn(
    partition: &Partition,
    cluster: &ClusterKey,
    principal: Option<&Principal>,
    id: &str,
) -> String {
    let rest = match principal {
        Some(principal) => format!(
            "{}/{}/{}/{}/{id}",
            cluster.name,
            principal.kind.as_str(),
            principal.account,
            principal.name
        ),
        None => format!("{}////{id}", cluster.name),
    };
    cluster.arn_of(partition, "access-entry", &rest)
}
