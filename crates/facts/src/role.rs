use rolecall_arn::{AccountId, ArnError, IamPath, Partition, UniqueId};
use serde::{Deserialize, Serialize};

use crate::{
    Completeness, Fact, NamedDocument, ObjectId, Origin, PolicyDocument, Principal, Reference,
    RoleIdentity, Tag, Timestamp, symbol,
};

/// An IAM role.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Role {
    /// The declared object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ObjectId>,
    /// Its partition; `None` for the one the files are applied to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<Partition>,
    /// Its account; `None` for the one the files are applied to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// Its name, as written.
    pub name: Fact<String>,
    /// Its path, as written; `/` where the source leaves it out.
    pub path: Fact<String>,
    /// Its unique id, from live sources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unique_id: Option<UniqueId>,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// Set when a plan deletes and makes it again; says what forces that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced: Option<String>,
    /// Its tags, where the source tells them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// Its trust policy.
    pub trust: Fact<PolicyDocument>,
    /// Its inline policies.
    #[serde(default)]
    pub inline_policies: Vec<NamedDocument>,
    /// Its attached managed policies, by ARN.
    #[serde(default)]
    pub attached_policies: Vec<Reference<String>>,
    /// Whether the two lists above are all.
    pub policies_complete: Completeness,
    /// Its permissions boundary, by policy ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions_boundary: Option<Reference<String>>,
    /// Where it is declared.
    pub origin: Origin,
}

impl Role {
    /// Partition, account, path and name together.
    ///
    /// # Errors
    /// `Some(Err)` when name or path break IAM's grammar; `None` when either is unknown or holds a
    /// [`symbol`].
    #[must_use]
    pub fn identity(&self) -> Option<Result<RoleIdentity, ArnError>> {
        let (name, path) = (self.name.value()?, self.path.value()?);
        if symbol::has_any(name) || symbol::has_any(path) {
            return None;
        }
        Some(path.parse::<IamPath>().and_then(|path| {
            Ok(RoleIdentity {
                partition: self.partition.clone(),
                account: self.account,
                path,
                name: name.parse()?,
            })
        }))
    }
}

/// An IAM instance profile.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct InstanceProfile {
    /// The declared object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ObjectId>,
    /// Its account; `None` for the one the files are applied to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// Its name, as written.
    pub name: Fact<String>,
    /// Its path, as written; `/` where the source leaves it out.
    pub path: Fact<String>,
    /// The role in it, by ARN or bare name (in [`Principal::Other`]); `None` when it holds none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Reference<Principal>>,
    /// Where it is declared.
    pub origin: Origin,
}
