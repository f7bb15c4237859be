use std::collections::BTreeMap;

use jiff::Timestamp;
use rolecall_arn::Partition;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::access_entry::ClientToken;
use super::page::epoch;
use super::state::{ClusterKey, Eks, Phase};
use super::versions;

/// A cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cluster {
    /// Account, region and name.
    pub key: ClusterKey,
    /// Thirty-two hexadecimal digits in upper case: in its endpoint and its issuer.
    pub id: String,
    /// The Kubernetes version, `1.34`.
    pub version: String,
    /// The cluster role's ARN.
    pub role_arn: String,
    /// When it was made.
    pub created: Timestamp,
    /// How callers are authenticated.
    pub authentication_mode: AuthenticationMode,
    /// Whether its creator became its administrator. Told only when it was made.
    pub bootstrap_creator_admin: bool,
    /// The IAM ARN of who made it; none for a service or a loaded cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creator: Option<String>,
    /// EKS Auto Mode; none when it is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_mode: Option<AutoMode>,
    /// Its place in the network.
    pub network: ClusterNetwork,
    /// Settings that change nothing here, as given and as shown: logging, encryption and the like.
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

/// How a cluster authenticates IAM principals (EKS User Guide, "Set cluster authentication mode").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum AuthenticationMode {
    /// By the `aws-auth` ConfigMap alone. What a request gets that does not say.
    #[serde(rename = "CONFIG_MAP")]
    ConfigMap,
    /// By access entries, then by the ConfigMap.
    #[serde(rename = "API_AND_CONFIG_MAP")]
    ApiAndConfigMap,
    /// By access entries alone.
    #[serde(rename = "API")]
    Api,
}

/// What EKS Auto Mode was told (`computeConfig`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AutoMode {
    /// Built-in node pools: `general-purpose`, `system`.
    pub node_pools: Vec<String>,
    /// The role of the built-in pools' nodes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_role_arn: Option<String>,
}

/// Where a cluster is in the network.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ClusterNetwork {
    /// Its subnets.
    pub subnet_ids: Vec<String>,
    /// Security groups given for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub security_group_ids: Vec<String>,
    /// The security group EKS made.
    pub cluster_security_group_id: String,
    /// The VPC of its subnets.
    pub vpc_id: String,
    /// Whether the endpoint is reached from outside.
    pub public_access: bool,
    /// Whether the endpoint is reached from the VPC.
    pub private_access: bool,
    /// Who may reach the public endpoint.
    pub public_access_cidrs: Vec<String>,
    /// The services' addresses.
    pub service_cidr: String,
    /// `ipv4` or `ipv6`.
    pub ip_family: String,
}

impl AuthenticationMode {
    /// As the API spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ConfigMap => "CONFIG_MAP",
            Self::ApiAndConfigMap => "API_AND_CONFIG_MAP",
            Self::Api => "API",
        }
    }

    /// The mode of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::ConfigMap, Self::ApiAndConfigMap, Self::Api]
            .into_iter()
            .find(|mode| mode.as_str() == name)
    }

    /// Whether access entries count.
    #[must_use]
    pub fn has_api(self) -> bool {
        self != Self::ConfigMap
    }

    /// Whether the ConfigMap counts.
    #[must_use]
    pub fn has_config_map(self) -> bool {
        self != Self::Api
    }
}

impl Cluster {
    /// A cluster as the API makes one that says nothing but name and role, without a network.
    #[must_use]
    pub fn new(key: ClusterKey, id: &str, role_arn: &str, created: Timestamp) -> Self {
        Self {
            key,
            id: id.replace('-', "").to_ascii_uppercase(),
            version: versions::DEFAULT.to_owned(),
            role_arn: role_arn.to_owned(),
            created,
            authentication_mode: AuthenticationMode::ConfigMap,
            bootstrap_creator_admin: true,
            creator: None,
            auto_mode: None,
            network: ClusterNetwork {
                public_access: true,
                public_access_cidrs: vec!["0.0.0.0/0".to_owned()],
                service_cidr: "10.100.0.0/16".to_owned(),
                ip_family: "ipv4".to_owned(),
                ..ClusterNetwork::default()
            },
            settings: Map::new(),
            tags: BTreeMap::new(),
            phase: Phase::settled(created),
            token: None,
        }
    }

    /// The OpenID Connect issuer of its service accounts' tokens.
    #[must_use]
    pub fn issuer(&self) -> String {
        format!(
            "https://oidc.eks.{}.amazonaws.com/id/{}",
            self.key.region, self.id
        )
    }

    /// `deletionProtection`
    pub(super) fn is_protected(&self) -> bool {
        self.settings
            .get("deletionProtection")
            .and_then(Value::as_bool)
            .unwrap_or(false)
    }

    /// The `cluster` member of an answer, with every member that real outputs have.
    pub(super) fn shown(&self, partition: &Partition, eks: &Eks, status: &str) -> Value {
        let network = &self.network;
        let ready = status != "CREATING";
        let auto = self.auto_mode.is_some();
        let mut shown = json!({
            "name": self.key.name,
            "arn": self.key.arn(partition),
            "createdAt": epoch(self.created),
            "version": self.version,
            "roleArn": self.role_arn,
            "resourcesVpcConfig": {
                "subnetIds": network.subnet_ids,
                "securityGroupIds": network.security_group_ids,
                "clusterSecurityGroupId": network.cluster_security_group_id,
                "vpcId": network.vpc_id,
                "endpointPublicAccess": network.public_access,
                "endpointPrivateAccess": network.private_access,
                "publicAccessCidrs": network.public_access_cidrs,
            },
            "kubernetesNetworkConfig": self.kubernetes_network(auto),
            "logging": {"clusterLogging": [{
                "types": ["api", "audit", "authenticator", "controllerManager", "scheduler"],
                "enabled": false,
            }]},
            "status": status,
            "certificateAuthority": {},
            "platformVersion": versions::platform_version(&self.version),
            "tags": self.tags,
            "health": {"issues": []},
            // The other member of a request is not shown (terraform-provider-aws, resource
            // `aws_eks_cluster`).
            "accessConfig": {"authenticationMode": self.authentication_mode.as_str()},
            "upgradePolicy": {"supportType": "EXTENDED"},
            "computeConfig": self.compute(),
            "storageConfig": {"blockStorage": {"enabled": auto}},
            "deletionProtection": false,
        });
        let Value::Object(members) = &mut shown else {
            return shown;
        };
        if ready {
            let serving = eks.serving(self);
            members.insert("endpoint".to_owned(), serving.endpoint.into());
            let data = serving.certificate_authority;
            members.insert("certificateAuthority".to_owned(), json!({"data": data}));
            members.insert(
                "identity".to_owned(),
                json!({"oidc": {"issuer": self.issuer()}}),
            );
        }
        if let Some(token) = &self.token {
            members.insert("clientRequestToken".to_owned(), token.token.as_str().into());
        }
        members.extend(self.settings.clone());
        shown
    }

    fn kubernetes_network(&self, auto: bool) -> Value {
        let cidr = if self.network.ip_family == "ipv6" {
            "serviceIpv6Cidr"
        } else {
            "serviceIpv4Cidr"
        };
        json!({
            cidr: self.network.service_cidr,
            "ipFamily": self.network.ip_family,
            "elasticLoadBalancing": {"enabled": auto},
        })
    }

    fn compute(&self) -> Value {
        let Some(auto) = &self.auto_mode else {
            return json!({"enabled": false, "nodePools": []});
        };
        let mut compute = json!({"enabled": true, "nodePools": auto.node_pools});
        if let (Some(role), Value::Object(members)) = (&auto.node_role_arn, &mut compute) {
            members.insert("nodeRoleArn".to_owned(), role.as_str().into());
        }
        compute
    }
}
