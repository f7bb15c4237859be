use std::sync::Arc;

use rolecall_arn::AccountId;
use serde::{Deserialize, Serialize};

use crate::{Fact, ObjectId, Origin, Why};

/// A policy document as JSON text.
///
/// A part that could not be evaluated stands in it as the symbol
/// [`symbol::unknown`](crate::symbol::unknown)`(i)`, inside a string or as a whole string in place of
/// any value; `unknown[i]` says why. Account, partition and region may be symbols too.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PolicyDocument {
    /// The JSON text.
    pub text: Arc<str>,
    /// Why each unknown part is unknown, by number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<Why>,
}

impl PolicyDocument {
    /// A document that is known whole.
    #[must_use]
    pub fn whole(text: &str) -> Self {
        Self {
            text: text.into(),
            unknown: Vec::new(),
        }
    }
}

/// An inline policy: a name and its document.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NamedDocument {
    /// The policy's name, or what it is called in the file.
    pub name: String,
    /// The document.
    pub document: Fact<PolicyDocument>,
}

/// A managed policy of the customer's own. Those of AWS are data of the policy crate.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ManagedPolicy {
    /// The declared object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ObjectId>,
    /// Its ARN, in which account and partition may be symbols.
    pub arn: Fact<String>,
    /// Its default version's document.
    pub document: Fact<PolicyDocument>,
    /// Where it is declared.
    pub origin: Origin,
}

/// The service control policies attached at one level of an organisation (root, unit or account).
/// An action must be allowed at every level (Organizations User Guide, "SCP evaluation").
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ServiceControlLevel {
    /// The level, such as `r-abcd`, `ou-abcd-12345678` or an account id.
    pub target: String,
    /// The accounts under this level; empty for all accounts of the snapshot.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<AccountId>,
    /// The policies attached here.
    pub policies: Vec<NamedDocument>,
}
