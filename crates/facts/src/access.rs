use serde::{Deserialize, Serialize};

use crate::{Completeness, Fact, ObjectId, Origin, Principal, Reference, Tag, Timestamp};

/// An EKS access entry.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AccessEntry {
    /// The declared object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ObjectId>,
    /// Its cluster.
    pub cluster: Reference<String>,
    /// Whom it lets in.
    pub principal: Reference<Principal>,
    /// `EC2`, `EC2_LINUX`, `STANDARD`, …, as written; `STANDARD` where the source leaves it out
    /// (Amazon EKS API Reference, `CreateAccessEntry`).
    pub entry_type: Fact<String>,
    /// Kubernetes groups given to the principal.
    pub kubernetes_groups: Fact<Vec<String>>,
    /// The user name, where the source sets one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<Fact<String>>,
    /// Its tags, where the source tells them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// Set when a plan makes it, or deletes and makes it again, in the same apply.
    #[serde(default)]
    pub made_by_this_change: bool,
    /// Whether the snapshot's associations for this entry are all.
    pub policies_complete: Completeness,
    /// Where it is declared.
    pub origin: Origin,
}

impl AccessEntry {
    /// Whether it is for hybrid nodes, of type `HYBRID_LINUX`; not where its type is not known
    /// (EKS User Guide, "Prepare cluster access for hybrid nodes").
    #[must_use]
    pub fn is_of_hybrid_nodes(&self) -> bool {
        let kind = self.entry_type.value();
        kind.is_some_and(|kind| kind.eq_ignore_ascii_case("HYBRID_LINUX"))
    }
}

/// An access policy associated with a principal's entry.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AccessPolicyAssociation {
    /// The cluster.
    pub cluster: Reference<String>,
    /// The entry's principal.
    pub principal: Reference<Principal>,
    /// The access policy's ARN, `arn:aws:eks::aws:cluster-access-policy/…`.
    pub policy_arn: Fact<String>,
    /// Where in the cluster it counts.
    pub scope: Fact<AccessScope>,
    /// Where it is declared.
    pub origin: Origin,
}

/// Where in a cluster an access policy counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccessScope {
    /// Everywhere.
    Cluster,
    /// In these namespaces.
    Namespaces(Vec<String>),
}

/// An EKS Pod Identity association: which role the pods of a service account get.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PodIdentityAssociation {
    /// The cluster.
    pub cluster: Reference<String>,
    /// The service account's namespace.
    pub namespace: Fact<String>,
    /// The service account's name.
    pub service_account: Fact<String>,
    /// The role.
    pub role: Reference<Principal>,
    /// Where it is declared.
    pub origin: Origin,
}
