use std::collections::BTreeMap;

use jiff::Timestamp;
use rolecall_arn::{AccountId, Partition};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::assume_role::{after, recorded_output, recorded_parameters, token};
use super::constraints::Constraints;
use super::passed::Passed;
use crate::authorize::Ask;
use crate::call::Call;
use crate::caller::CallerKind;
use crate::event::seconds;
use crate::failure::Failure;
use crate::operation::Outcome;
use crate::state::State;

/// Temporary credentials of a user, or of somebody a user vouches for.
#[derive(Clone, Serialize, Deserialize)]
pub struct UserSession {
    /// The account of the user.
    pub account: AccountId,
    /// `ASIA…`
    pub access_key_id: String,
    /// The secret.
    pub secret: String,
    /// The token that goes with it.
    pub token: String,
    /// The name of the user.
    pub user: String,
    /// The name of the federated user, when `GetFederationToken` made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub federated: Option<String>,
    /// Inline session policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// ARNs of managed session policies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policy_arns: Vec<String>,
    /// Session tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// When it began.
    pub created: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
}

/// `arn:aws:sts::111122223333:federated-user/bob`
pub(crate) fn federated_arn(partition: &Partition, account: AccountId, name: &str) -> String {
    format!("arn:{partition}:sts::{account}:federated-user/{name}")
}

/// `GetSessionToken`: needs no permission (STS API Reference). The sandbox has no MFA devices.
pub(super) fn get_session_token(state: &mut State, call: &mut Call<'_>) -> Outcome {
    let user = own_user(call, "GetSessionToken")?;
    let mut constraints = Constraints::default();
    let seconds = call.parameters.integer("DurationSeconds");
    constraints.range("durationSeconds", seconds, 900, 129_600);
    constraints.check()?;
    if call.parameters.text("SerialNumber").is_some() {
        return Err(Failure::new(
            "AccessDenied",
            403,
            "MultiFactorAuthentication failed with invalid MFA one time pass code.",
        ));
    }
    let session = begin(call, user, seconds.unwrap_or(43_200));
    let output = credentials(&session);
    Ok(finish(state, call, session, output))
}

/// `GetFederationToken`: may what both the user and the policies passed may; nothing without any
/// (STS API Reference).
pub(super) fn get_federation_token(state: &mut State, call: &mut Call<'_>) -> Outcome {
    let user = own_user(call, "GetFederationToken")?;
    let name = call.parameters.required("Name")?.to_owned();
    let mut constraints = Constraints::default();
    constraints.length("name", Some(&name), 2, 32);
    constraints.letters("name", Some(&name), "+=,.@-", r"[\w+=,.@-]*");
    let seconds = call.parameters.integer("DurationSeconds");
    constraints.range("durationSeconds", seconds, 900, 129_600);
    constraints.check()?;
    let passed = Passed::read(state, &call.parameters, &BTreeMap::new())?;
    let arn = federated_arn(&state.partition, call.account(), &name);
    let tags = || {
        passed
            .tags
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    };
    call.authorize(&Ask::new("sts:GetFederationToken", &arn).request_tags(tags()))?;
    if !passed.tags.is_empty() {
        call.authorize(&Ask::new("sts:TagSession", &arn).request_tags(tags()))?;
    }
    let session = UserSession {
        federated: Some(name.clone()),
        policy: passed.policy,
        policy_arns: passed.policy_arns,
        tags: passed.tags,
        ..begin(call, user, seconds.unwrap_or(43_200))
    };
    let mut output = credentials(&session);
    let id = format!("{}:{name}", call.account());
    output.insert(
        "FederatedUser".to_owned(),
        json!({"FederatedUserId": id, "Arn": arn}),
    );
    if let Some(packed) = passed.packed {
        output.insert("PackedPolicySize".to_owned(), packed.into());
    }
    Ok(finish(state, call, session, output))
}

/// The caller, if it is a user with a key of its own.
fn own_user(call: &Call<'_>, operation: &str) -> Result<String, Failure> {
    match &call.caller().kind {
        CallerKind::User { name } if call.caller().issued.is_none() => Ok(name.clone()),
        _ => Err(Failure::new(
            "AccessDenied",
            403,
            format!("Cannot call {operation} with session credentials"),
        )),
    }
}

fn begin(call: &Call<'_>, user: String, seconds: i64) -> UserSession {
    let ids = call.ids();
    UserSession {
        account: call.account(),
        access_key_id: ids.unique("ASIA", call.account()),
        secret: ids.secret(40),
        token: token(call),
        user,
        federated: None,
        policy: None,
        policy_arns: Vec::new(),
        tags: BTreeMap::new(),
        created: call.now,
        expires: after(call.now, seconds),
    }
}

fn credentials(session: &UserSession) -> serde_json::Map<String, Value> {
    let credentials = json!({
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret,
        "SessionToken": session.token,
        "Expiration": seconds(session.expires),
    });
    [("Credentials".to_owned(), credentials)]
        .into_iter()
        .collect()
}

fn finish(
    state: &mut State,
    call: &mut Call<'_>,
    session: UserSession,
    output: serde_json::Map<String, Value>,
) -> Value {
    call.notes.read_only = Some(true);
    call.notes.request_parameters = Some(recorded_parameters(call));
    call.notes.response_elements = Some(recorded_output(&output, session.expires));
    let key = session.access_key_id.clone();
    state.sts.user_sessions.insert(&key, session);
    Value::Object(output)
}
