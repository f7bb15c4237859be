use std::collections::BTreeMap;

use jiff::Timestamp;
use rolecall_arn::{AccountId, Partition};
use serde::{Deserialize, Serialize};

use super::UserSession;
use crate::table::{AnyTable, Table};

/// Everything STS keeps: the sessions that are alive, by access key id.
pub struct Sts {
    pub(crate) sessions: Table<Session>,
    /// Temporary credentials of users, by access key id.
    pub(crate) user_sessions: Table<UserSession>,
    /// Expired sessions are looked for when there are this many.
    crowded: usize,
}

/// A role session.
#[derive(Clone, Serialize, Deserialize)]
pub struct Session {
    /// The account of the role.
    pub account: AccountId,
    /// `ASIA…`
    pub access_key_id: String,
    /// The secret.
    pub secret: String,
    /// The token that goes with it.
    pub token: String,
    /// The name of the role.
    pub role: String,
    /// The role's unique id when the session began: a session of a role that was deleted since is
    /// nobody's.
    pub role_id: String,
    /// The session's name.
    pub name: String,
    /// Inline session policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// ARNs of managed session policies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policy_arns: Vec<String>,
    /// Session tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Keys of those tags that a session made from this one has, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transitive: Vec<String>,
    /// `sts:SourceIdentity`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_identity: Option<String>,
    /// The AWS service that acts with the session, such as `eks.amazonaws.com`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoked_by: Option<String>,
    /// The ARN of the OpenID Connect provider that vouched for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// When it began.
    pub created: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
}

impl Session {
    /// `arn:aws:sts::111122223333:assumed-role/NodeRole/i-0abc`: no path.
    #[must_use]
    pub fn arn(&self, partition: &Partition) -> String {
        format!(
            "arn:{partition}:sts::{}:assumed-role/{}/{}",
            self.account, self.role, self.name
        )
    }

    /// `AROA…:i-0abc`, the `aws:userid`.
    #[must_use]
    pub fn user_id(&self) -> String {
        format!("{}:{}", self.role_id, self.name)
    }
}

/// As many sessions as may lie around expired.
const FEW: usize = 1024;

impl Sts {
    pub(crate) fn new() -> Self {
        Self {
            sessions: Table::new("sts.sessions"),
            user_sessions: Table::new("sts.user-sessions"),
            crowded: FEW,
        }
    }

    /// Keeps a session, and forgets expired ones when there are many: looking for them each time
    /// would make every call pay for all sessions.
    pub(crate) fn keep(&mut self, session: Session, now: Timestamp) {
        if self.sessions.len() >= self.crowded {
            let expired: Vec<String> = self
                .sessions
                .range("", None)
                .filter(|(_, session)| session.expires < now)
                .map(|(key, _)| key.to_owned())
                .collect();
            for key in expired {
                self.sessions.remove(&key);
            }
            self.crowded = FEW.max(2 * self.sessions.len());
        }
        let key = session.access_key_id.clone();
        self.sessions.insert(&key, session);
    }

    pub(crate) fn tables(&mut self) -> [&mut dyn AnyTable; 2] {
        [&mut self.sessions, &mut self.user_sessions]
    }
}
