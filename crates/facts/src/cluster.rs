use std::fmt;
use std::str::FromStr;

use rolecall_arn::{AccountId, Partition};
use serde::{Deserialize, Serialize};

use crate::{Completeness, Fact, ObjectId, Origin, Principal, Reference};

/// An EKS cluster.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cluster {
    /// The declared object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ObjectId>,
    /// Its name.
    pub name: Fact<String>,
    /// Its partition; `None` for the one the files are applied to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<Partition>,
    /// Its account; `None` for the one the files are applied to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// Its region; `None` for the one the files are applied to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// How principals are mapped. Where the source leaves it out, what the API then takes:
    /// `CONFIG_MAP` (Amazon EKS API Reference, `CreateAccessConfigRequest`).
    pub authentication_mode: Fact<AuthenticationMode>,
    /// Auto Mode's settings; `None` when the source has none, which means Auto Mode is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compute: Option<ComputeConfig>,
    /// The cluster role.
    pub role: Reference<Principal>,
    /// The OIDC issuer's URL, for trust policies of service accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oidc_issuer: Option<Fact<String>>,
    /// Whether the snapshot holds all access entries of this cluster that users made.
    pub access_entries_complete: Completeness,
    /// Whether the snapshot would hold this cluster's `aws-auth` if there were one.
    pub aws_auth_complete: Completeness,
    /// Where it is declared.
    pub origin: Origin,
}

/// Auto Mode's `computeConfig`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ComputeConfig {
    /// Whether Auto Mode is on.
    pub enabled: Fact<bool>,
    /// The built-in node pools, `general-purpose` and `system`.
    pub node_pools: Fact<Vec<String>>,
    /// The node role of the built-in pools, a full ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_role: Option<Reference<Principal>>,
    /// Where it is declared.
    pub origin: Origin,
}

/// How a cluster maps IAM principals (Amazon EKS API Reference, `AccessConfigResponse`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AuthenticationMode {
    /// Access entries only.
    Api,
    /// Access entries first, then `aws-auth`.
    ApiAndConfigMap,
    /// `aws-auth` only.
    ConfigMap,
}

impl AuthenticationMode {
    /// Whether access entries count.
    #[must_use]
    pub fn has_api(self) -> bool {
        self != Self::ConfigMap
    }

    /// Whether `aws-auth` counts.
    #[must_use]
    pub fn has_config_map(self) -> bool {
        self != Self::Api
    }

    /// The name the API uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Api => "API",
            Self::ApiAndConfigMap => "API_AND_CONFIG_MAP",
            Self::ConfigMap => "CONFIG_MAP",
        }
    }
}

impl FromStr for AuthenticationMode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Api, Self::ApiAndConfigMap, Self::ConfigMap]
            .into_iter()
            .find(|mode| mode.as_str() == text)
            .ok_or_else(|| {
                format!(
                    "`{text}` is not an authentication mode: API, API_AND_CONFIG_MAP or CONFIG_MAP"
                )
            })
    }
}

impl fmt::Display for AuthenticationMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
