use std::collections::BTreeMap;

use jiff::Timestamp;
use rolecall_arn::{AccountId, Partition};
use serde::{Deserialize, Serialize};

use crate::table::{AnyTable, Table};

/// Everything IAM keeps. Keys are `<account>/<name in lower case>`: names have no case and are
/// unique in an account whatever their path (IAM API Reference, `CreateRole`).
pub struct Iam {
    pub(crate) roles: Table<Role>,
    pub(crate) users: Table<User>,
    pub(crate) access_keys: Table<AccessKey>,
    pub(crate) policies: Table<ManagedPolicy>,
    pub(crate) instance_profiles: Table<InstanceProfile>,
    pub(crate) oidc_providers: Table<OidcProvider>,
    pub(crate) deletions: Table<DeletionTask>,
}

/// An IAM role.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Role {
    /// The account it is in.
    pub account: AccountId,
    /// Its name as spelled when made.
    pub name: String,
    /// `/` or `/…/`.
    pub path: String,
    /// `AROA…`
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// The trust policy.
    pub trust: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Seconds a session may last.
    pub max_session: u32,
    /// The ARN of the permissions boundary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boundary: Option<String>,
    /// Inline policies by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inline: BTreeMap<String, String>,
    /// ARNs of attached managed policies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attached: Vec<String>,
    /// Tags by key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// An IAM user.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct User {
    /// The account it is in.
    pub account: AccountId,
    /// Its name.
    pub name: String,
    /// `/` or `/…/`.
    pub path: String,
    /// `AIDA…`
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// The ARN of the permissions boundary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boundary: Option<String>,
    /// Inline policies by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inline: BTreeMap<String, String>,
    /// ARNs of attached managed policies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attached: Vec<String>,
    /// Tags by key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// A user's access key. The table's key is the id.
#[derive(Clone, Serialize, Deserialize)]
pub struct AccessKey {
    /// The account of the user.
    pub account: AccountId,
    /// The user's name.
    pub user: String,
    /// The secret.
    pub secret: String,
    /// Whether it may be used.
    pub active: bool,
    /// When it was made.
    pub created: Timestamp,
}

/// A customer managed policy. The table's key is `<account>/<name in lower case>`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ManagedPolicy {
    /// The account it is in.
    pub account: AccountId,
    /// Its name.
    pub name: String,
    /// `/` or `/…/`.
    pub path: String,
    /// `ANPA…`
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Versions by number: 1 is `v1`. At most five.
    pub versions: BTreeMap<u32, PolicyVersion>,
    /// The version in force.
    pub default_version: u32,
    /// The highest number ever given: those of deleted versions are not used again.
    #[serde(default)]
    pub last_version: u32,
    /// Tags by key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// One version of a managed policy.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PolicyVersion {
    /// The document.
    pub document: String,
    /// When it was made.
    pub created: Timestamp,
}

/// An instance profile.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct InstanceProfile {
    /// The account it is in.
    pub account: AccountId,
    /// Its name.
    pub name: String,
    /// `/` or `/…/`.
    pub path: String,
    /// `AIPA…`
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// The name of the role in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Tags by key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// An OpenID Connect identity provider. The table's key is `<account>/<host and path>`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OidcProvider {
    /// The account it is in.
    pub account: AccountId,
    /// Host and path of the issuer, without `https://`.
    pub url: String,
    /// The audiences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub client_ids: Vec<String>,
    /// SHA-1 of server certificates, in hexadecimal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thumbprints: Vec<String>,
    /// When it was made.
    pub created: Timestamp,
    /// Tags by key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// The deletion of a service-linked role that somebody asked for. The table's key is
/// `<account>/<task id>`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeletionTask {
    /// The role's name.
    pub role: String,
    /// Why the role could not be deleted; none when it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// ARNs of what still uses the role.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub used_by: Vec<String>,
}

impl Role {
    /// The ARN, path included.
    #[must_use]
    pub fn arn(&self, partition: &Partition) -> String {
        arn(partition, self.account, "role", &self.path, &self.name)
    }
}

impl User {
    /// The ARN, path included.
    #[must_use]
    pub fn arn(&self, partition: &Partition) -> String {
        arn(partition, self.account, "user", &self.path, &self.name)
    }
}

impl ManagedPolicy {
    /// The ARN, path included.
    #[must_use]
    pub fn arn(&self, partition: &Partition) -> String {
        arn(partition, self.account, "policy", &self.path, &self.name)
    }

    /// The document in force.
    #[must_use]
    pub fn document(&self) -> Option<&str> {
        let version = self.versions.get(&self.default_version)?;
        Some(&version.document)
    }
}

impl OidcProvider {
    /// The ARN.
    #[must_use]
    pub fn arn(&self, partition: &Partition) -> String {
        format!(
            "arn:{partition}:iam::{}:oidc-provider/{}",
            self.account, self.url
        )
    }
}

impl InstanceProfile {
    /// The ARN, path included.
    #[must_use]
    pub fn arn(&self, partition: &Partition) -> String {
        arn(
            partition,
            self.account,
            "instance-profile",
            &self.path,
            &self.name,
        )
    }
}

fn arn(partition: &Partition, account: AccountId, kind: &str, path: &str, name: &str) -> String {
    format!("arn:{partition}:iam::{account}:{kind}{path}{name}")
}

/// The key of a named thing in an account.
pub(crate) fn key(account: AccountId, name: &str) -> String {
    let mut key = format!("{account}/{name}");
    key.make_ascii_lowercase();
    key
}

impl Iam {
    pub(crate) fn new() -> Self {
        Self {
            roles: Table::new("iam.roles"),
            users: Table::new("iam.users"),
            access_keys: Table::new("iam.access-keys"),
            policies: Table::new("iam.policies"),
            instance_profiles: Table::new("iam.instance-profiles"),
            oidc_providers: Table::new("iam.oidc-providers"),
            deletions: Table::new("iam.deletion-tasks"),
        }
    }

    pub(crate) fn tables(&mut self) -> [&mut dyn AnyTable; 7] {
        [
            &mut self.roles,
            &mut self.users,
            &mut self.access_keys,
            &mut self.policies,
            &mut self.instance_profiles,
            &mut self.oidc_providers,
            &mut self.deletions,
        ]
    }

    /// The role of a name, whatever its path and case.
    pub(crate) fn role(&self, account: AccountId, name: &str) -> Option<&Role> {
        self.roles.get(&key(account, name))
    }

    /// The user of a name, whatever its path and case.
    pub(crate) fn user(&self, account: AccountId, name: &str) -> Option<&User> {
        self.users.get(&key(account, name))
    }

    /// The customer managed policy with this ARN.
    pub(crate) fn policy(&self, arn: &str) -> Option<&ManagedPolicy> {
        let mut fields = arn.splitn(6, ':');
        let account = fields.nth(4)?.parse().ok()?;
        let (_, name) = fields.next()?.rsplit_once('/')?;
        self.policies
            .get(&key(account, name))
            .filter(|policy| arn.ends_with(&format!(":policy{}{}", policy.path, policy.name)))
    }
}
