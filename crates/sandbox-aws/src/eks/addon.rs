use std::collections::BTreeMap;

use jiff::Timestamp;
use rolecall_arn::Partition;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::access_entry::ClientToken;
use super::page::epoch;
use super::state::{ClusterKey, Phase};
use super::versions;

/// An add-on of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addon {
    /// The cluster.
    pub cluster: ClusterKey,
    /// Its name, `vpc-cni`.
    pub name: String,
    /// The UUID in its ARN.
    pub id: String,
    /// Its version.
    pub version: String,
    /// The role of its service account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    /// Its configuration, as given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// When it last changed.
    pub modified: Timestamp,
    /// Tags by key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// What is going on.
    pub phase: Phase,
    /// The token of the request that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<ClientToken>,
}

impl Addon {
    /// `arn:aws:eks:…:addon/<cluster>/<name>/<uuid>`
    #[must_use]
    pub fn arn(&self, partition: &Partition) -> String {
        let rest = format!("{}/{}/{}", self.cluster.name, self.name, self.id);
        self.cluster.arn_of(partition, "addon", &rest)
    }

    pub(super) fn shown(&self, partition: &Partition, status: &str) -> Value {
        let mut shown = json!({
            "addonName": self.name,
            "clusterName": self.cluster.name,
            "status": status,
            "addonVersion": self.version,
            "health": {"issues": []},
            "addonArn": self.arn(partition),
            "createdAt": epoch(self.created),
            "modifiedAt": epoch(self.modified),
            "tags": self.tags,
        });
        if let Value::Object(members) = &mut shown {
            let optional = [
                ("serviceAccountRoleArn", &self.role_arn),
                ("configurationValues", &self.configuration),
            ];
            for (name, value) in optional {
                if let Some(value) = value {
                    members.insert(name.to_owned(), value.as_str().into());
                }
            }
        }
        shown
    }
}

/// An add-on the sandbox knows, with the versions it knows, newest first.
pub(super) struct Known {
    pub(super) name: &'static str,
    kind: &'static str,
    namespace: &'static str,
    pub(super) versions: &'static [&'static str],
}

/// A small table: real names, and versions that existed, but far from all of them.
pub(super) const KNOWN: &[Known] = &[
    Known {
        name: "aws-ebs-csi-driver",
        kind: "storage",
        namespace: "kube-system",
        versions: &["v1.48.0-eksbuild.2", "v1.47.0-eksbuild.1"],
    },
    Known {
        name: "coredns",
        kind: "networking",
        namespace: "kube-system",
        versions: &["v1.12.3-eksbuild.1", "v1.11.4-eksbuild.2"],
    },
    Known {
        name: "eks-node-monitoring-agent",
        kind: "observability",
        namespace: "kube-system",
        versions: &["v1.4.0-eksbuild.2"],
    },
    Known {
        name: "eks-pod-identity-agent",
        kind: "security",
        namespace: "kube-system",
        versions: &["v1.3.8-eksbuild.2", "v1.3.7-eksbuild.2"],
    },
    Known {
        name: "kube-proxy",
        kind: "networking",
        namespace: "kube-system",
        versions: &["v1.34.0-eksbuild.2", "v1.33.3-eksbuild.4"],
    },
    Known {
        name: "metrics-server",
        kind: "observability",
        namespace: "kube-system",
        versions: &["v0.8.0-eksbuild.2"],
    },
    Known {
        name: "vpc-cni",
        kind: "networking",
        namespace: "kube-system",
        versions: &["v1.20.1-eksbuild.3", "v1.19.6-eksbuild.7"],
    },
];

impl Known {
    /// One item of `DescribeAddonVersions`, for one Kubernetes version or all.
    pub(super) fn shown(&self, kubernetes: Option<&str>) -> Value {
        let compatible = |default: bool| -> Vec<Value> {
            versions::names()
                .filter(|name| kubernetes.is_none_or(|wanted| wanted == *name))
                .map(|name| {
                    json!({
                        "clusterVersion": name,
                        "platformVersions": ["*"],
                        "defaultVersion": default,
                    })
                })
                .collect()
        };
        let shown: Vec<Value> = self
            .versions
            .iter()
            .enumerate()
            .map(|(place, version)| {
                json!({
                    "addonVersion": version,
                    "architecture": ["amd64", "arm64"],
                    "computeTypes": ["ec2", "auto", "hybrid"],
                    "compatibilities": compatible(place == 0),
                    "requiresConfiguration": false,
                    "requiresIamPermissions": self.kind == "storage",
                })
            })
            .collect();
        json!({
            "addonName": self.name,
            "type": self.kind,
            "addonVersions": shown,
            "publisher": "eks",
            "owner": "aws",
            "defaultNamespace": self.namespace,
        })
    }
}
