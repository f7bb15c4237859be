use rolecall_arn::AccountId;
use serde_json::{Value, json};

use super::seconds;
use crate::caller::{Caller, CallerKind};

/// Who called, as CloudTrail writes it and as its lookups ask for it. Shared by a caller's events.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Identity {
    /// `userIdentity`, as JSON.
    pub(crate) json: Box<str>,
    /// The caller's ARN, or the service's name.
    pub(crate) arn: Box<str>,
    /// What `LookupEvents` calls `Username`: a user's name, a session's name.
    pub(crate) user_name: Option<Box<str>>,
    pub(crate) access_key_id: Option<Box<str>>,
    /// The AWS service behind the call.
    pub(crate) invoked_by: Option<Box<str>>,
}

impl Identity {
    /// The caller as the trail of `recipient` shows it: the account whose resource was used learns
    /// less of a caller from elsewhere (CloudTrail User Guide, "CloudTrail userIdentity element").
    pub(crate) fn of(caller: &Caller, recipient: AccountId) -> Self {
        let identity = if recipient != caller.account && !caller.is_service() {
            json!({
                "type": "AWSAccount",
                "principalId": caller.user_id,
                "accountId": caller.account.to_string(),
            })
        } else {
            user_identity(caller)
        };
        Self::new(&identity, &caller.arn)
    }

    /// Someone whose identity an operation tells itself.
    pub(crate) fn new(identity: &Value, arn: &str) -> Self {
        let text = |name: &str| identity.get(name).and_then(Value::as_str);
        // A session's name stands behind the colon of its principal id.
        let user_name = match text("type") {
            Some("AssumedRole") => text("principalId").and_then(|id| id.rsplit(':').next()),
            _ => text("userName"),
        };
        Self {
            json: identity.to_string().into(),
            arn: text("arn").unwrap_or(arn).into(),
            user_name: user_name.map(Into::into),
            access_key_id: text("accessKeyId").map(Into::into),
            invoked_by: text("invokedBy").map(Into::into),
        }
    }

    pub(super) fn bytes(&self) -> usize {
        // The arn and the names are parts of the JSON: twice its length is more than all of them.
        size_of::<Self>() + 2 * self.json.len() + 80
    }
}

/// `userIdentity`. A session names its role with the path in `sessionIssuer.arn` and without in
/// `arn`. Sessions that AWS services hold show no key.
fn user_identity(caller: &Caller) -> Value {
    let account = caller.account.to_string();
    let mut identity = match &caller.kind {
        CallerKind::Service { name } => return json!({"type": "AWSService", "invokedBy": name}),
        CallerKind::Anonymous => {
            return json!({"type": "AWSAccount", "principalId": "", "accountId": "anonymous"});
        }
        CallerKind::User { name } => json!({
            "type": "IAMUser",
            "principalId": caller.user_id,
            "arn": caller.arn,
            "accountId": account,
            "accessKeyId": caller.access_key_id,
            "userName": name,
        }),
        CallerKind::Federated(session) => json!({
            "type": "FederatedUser",
            "principalId": caller.user_id,
            "arn": caller.arn,
            "accountId": account,
            "accessKeyId": caller.access_key_id,
            "sessionContext": {"sessionIssuer": {
                "type": "IAMUser",
                "accountId": account,
                "userName": session.user,
            }},
        }),
        CallerKind::Session(of) => {
            let session = &of.session;
            json!({
                "type": "AssumedRole",
                "principalId": caller.user_id,
                "arn": caller.arn,
                "accountId": account,
                "accessKeyId": caller.access_key_id,
                "sessionContext": {
                    "sessionIssuer": {
                        "type": "Role",
                        "principalId": session.role_id,
                        "arn": of.role_arn,
                        "accountId": account,
                        "userName": session.role,
                    },
                    "attributes": {
                        "creationDate": seconds(session.created),
                        "mfaAuthenticated": "false",
                    },
                },
            })
        }
    };
    if let (Value::Object(members), Some((began, _))) = (&mut identity, caller.issued) {
        let context = members.entry("sessionContext").or_insert_with(|| json!({}));
        if let Value::Object(context) = context {
            let attributes = json!({
                "creationDate": seconds(began),
                "mfaAuthenticated": "false",
            });
            context.insert("attributes".to_owned(), attributes);
        }
    }
    if let (Value::Object(members), Some(of)) = (&mut identity, caller.as_session()) {
        if let Some(service) = &of.session.invoked_by {
            members.remove("accessKeyId");
            members.insert("invokedBy".to_owned(), service.as_str().into());
        }
        if let (Some(source), Some(Value::Object(context))) = (
            &of.session.source_identity,
            members.get_mut("sessionContext"),
        ) {
            context.insert("sourceIdentity".to_owned(), source.as_str().into());
        }
        if let (Some(provider), Some(Value::Object(context))) =
            (&of.session.provider, members.get_mut("sessionContext"))
        {
            let data = json!({"federatedProvider": provider, "attributes": {}});
            context.insert("webIdFederationData".to_owned(), data);
        }
    }
    identity
}
