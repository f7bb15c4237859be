use std::collections::BTreeMap;

use jiff::Timestamp;
use rolecall_arn::Partition;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::access_entry::ClientToken;
use super::page::epoch;
use super::state::{ClusterKey, Phase};

/// A managed node group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodeGroup {
    /// The cluster.
    pub cluster: ClusterKey,
    /// Its name.
    pub name: String,
    /// The UUID in its ARN.
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it last changed.
    pub modified: Timestamp,
    /// The Kubernetes version of its nodes.
    pub version: String,
    /// The node role's ARN, with path.
    pub node_role: String,
    /// How many nodes.
    pub scaling: Scaling,
    /// The name of the instance profile EKS made for it, `eks-<uuid>`.
    pub instance_profile: String,
    /// Its nodes joined: they could when it was made, or within the time EKS waits.
    pub joined: bool,
    /// Labels by key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Taints, as given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taints: Vec<Value>,
    /// Settings that change nothing here, as given and as shown.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub settings: Map<String, Value>,
    /// Tags by key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// What is going on.
    pub phase: Phase,
    /// The token of the request that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<ClientToken>,
}

/// `scalingConfig`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scaling {
    /// The fewest nodes.
    pub min: u32,
    /// The most nodes.
    pub max: u32,
    /// How many there are to be.
    pub desired: u32,
}

impl NodeGroup {
    /// A group of one node as the API makes one that says nothing but name and role.
    #[must_use]
    pub fn new(
        cluster: ClusterKey,
        name: &str,
        id: &str,
        node_role: &str,
        created: Timestamp,
    ) -> Self {
        Self {
            cluster,
            name: name.to_owned(),
            id: id.to_owned(),
            created,
            modified: created,
            version: super::versions::DEFAULT.to_owned(),
            node_role: node_role.to_owned(),
            scaling: Scaling {
                min: 1,
                max: 2,
                desired: 2,
            },
            instance_profile: format!("eks-{id}"),
            joined: true,
            labels: BTreeMap::new(),
            taints: Vec::new(),
            settings: Map::new(),
            tags: BTreeMap::new(),
            phase: Phase::settled(created),
            token: None,
        }
    }

    /// `arn:aws:eks:…:nodegroup/<cluster>/<name>/<uuid>`
    #[must_use]
    pub fn arn(&self, partition: &Partition) -> String {
        let rest = format!("{}/{}/{}", self.cluster.name, self.name, self.id);
        self.cluster.arn_of(partition, "nodegroup", &rest)
    }

    pub(super) fn auto_scaling_group(&self) -> String {
        format!("eks-{}-{}", self.name, self.id)
    }

    /// The `nodegroup` member of an answer.
    pub(super) fn shown(&self, partition: &Partition, status: &str, issues: &[Value]) -> Value {
        let mut shown = json!({
            "nodegroupName": self.name,
            "nodegroupArn": self.arn(partition),
            "clusterName": self.cluster.name,
            "version": self.version,
            "releaseVersion": format!("{}.0-20261023", self.version),
            "createdAt": epoch(self.created),
            "modifiedAt": epoch(self.modified),
            "status": status,
            "capacityType": "ON_DEMAND",
            "scalingConfig": {
                "minSize": self.scaling.min,
                "maxSize": self.scaling.max,
                "desiredSize": self.scaling.desired,
            },
            "instanceTypes": ["t3.medium"],
            "subnets": [],
            "amiType": "AL2023_x86_64_STANDARD",
            "nodeRole": self.node_role,
            "labels": self.labels,
            "diskSize": 20,
            "health": {"issues": issues},
            "updateConfig": {"maxUnavailable": 1},
            "resources": {"autoScalingGroups": [{"name": self.auto_scaling_group()}]},
            "tags": self.tags,
        });
        if let Value::Object(members) = &mut shown {
            if self.settings.contains_key("launchTemplate") {
                // Types and disks are the template's then.
                members.remove("instanceTypes");
                members.remove("diskSize");
            }
            if !self.taints.is_empty() {
                members.insert("taints".to_owned(), self.taints.clone().into());
            }
            members.extend(self.settings.clone());
        }
        shown
    }
}
