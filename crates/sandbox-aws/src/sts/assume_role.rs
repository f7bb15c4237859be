use std::collections::BTreeMap;

use jiff::Timestamp;
use rolecall_arn::RoleArn;
use rolecall_policy::{Effect, Policy};
use serde_json::{Value, json};

use super::Session;
use super::constraints::{Constraints, invalid};
use super::passed::{Passed, transitive_keys};
use crate::authorize::Ask;
use crate::call::{Call, EventResource};
use crate::event::lower_camel;
use crate::failure::Failure;
use crate::iam::{Role, key};
use crate::operation::Outcome;
use crate::state::State;

/// `AssumeRole` (STS API Reference): the role's trust policy decides, and the caller's policies
/// where AWS asks them.
pub(super) fn assume_role(state: &mut State, call: &mut Call<'_>) -> Outcome {
    call.notes.read_only = Some(true);
    call.notes.request_parameters = Some(recorded_parameters(call));
    let request = Request::read(call)?;
    let inherited = inherited_tags(call);
    let passed = Passed::read(state, &call.parameters, &inherited)?;
    let transitive = transitive_keys(&call.parameters, &passed.tags)?;
    if let Ok(arn) = request.role_arn.parse::<RoleArn>() {
        call.notes.resources.push(EventResource {
            account: Some(arn.account()),
            kind: "AWS::IAM::Role",
            arn: request.role_arn.clone(),
        });
        if call.caller().is_service() {
            // A service acts in the account whose role it takes, wherever it sits itself.
            call.notes.recipients = vec![arn.account()];
        }
    }
    let Some(role) = find(state, &request.role_arn) else {
        // STS does not say which roles exist.
        return Err(denied(call, "sts:AssumeRole", &request.role_arn));
    };
    permit(call, role, &request, &passed, &transitive, &inherited)?;
    let chained = call.caller().as_session().is_some();
    let seconds = duration(call, role, chained)?;
    let session = begin(call, role, &request, seconds);
    if role.account != call.account() && !call.caller().is_service() {
        call.notes.recipients = vec![call.account(), role.account];
    }
    let mut tags = inherited;
    let mut carried: Vec<String> = tags.keys().cloned().collect();
    tags.extend(passed.tags);
    carried.extend(transitive);
    let session = Session {
        policy: passed.policy,
        policy_arns: passed.policy_arns,
        tags,
        transitive: carried,
        ..session
    };
    let mut output = given(state, &session);
    if let Some(packed) = passed.packed {
        output.insert("PackedPolicySize".to_owned(), packed.into());
    }
    if let Some(identity) = &session.source_identity {
        output.insert("SourceIdentity".to_owned(), identity.as_str().into());
    }
    call.notes.response_elements = Some(recorded_output(&output, session.expires));
    state.sts.keep(session, call.now);
    Ok(Value::Object(output))
}

/// The parameters that are the call's own.
struct Request {
    role_arn: String,
    name: String,
    external_id: Option<String>,
    source_identity: Option<String>,
}

impl Request {
    fn read(call: &Call<'_>) -> Result<Self, Failure> {
        let parameters = &call.parameters;
        let role_arn = parameters.required("RoleArn")?;
        let name = parameters.required("RoleSessionName")?;
        let external_id = parameters.text("ExternalId");
        let source_identity = parameters.text("SourceIdentity");
        let mut constraints = Constraints::default();
        constraints.length("roleArn", Some(role_arn), 20, 2048);
        check_session_name(&mut constraints, name);
        constraints.length("externalId", external_id, 2, 1224);
        constraints.letters("externalId", external_id, "+=,.@:/-", r"[\w+=,.@:\/-]*");
        constraints.length("sourceIdentity", source_identity, 2, 64);
        constraints.letters("sourceIdentity", source_identity, "+=,.@-", r"[\w+=,.@-]*");
        let seconds = parameters.integer("DurationSeconds");
        constraints.range("durationSeconds", seconds, 900, 43_200);
        constraints.check()?;
        if role_arn.parse::<RoleArn>().is_err() {
            return Err(invalid(format!("{role_arn} is invalid")));
        }
        let own = call
            .caller()
            .as_session()
            .and_then(|of| of.session.source_identity.clone());
        Ok(Self {
            role_arn: role_arn.to_owned(),
            name: name.to_owned(),
            external_id: external_id.map(str::to_owned),
            source_identity: source_identity.map(str::to_owned).or(own),
        })
    }
}

pub(super) fn check_session_name(constraints: &mut Constraints, name: &str) {
    constraints.length("roleSessionName", Some(name), 2, 64);
    constraints.letters("roleSessionName", Some(name), "+=,.@-", r"[\w+=,.@-]*");
}

/// The tags of the caller's session that go on with it.
fn inherited_tags(call: &Call<'_>) -> BTreeMap<String, String> {
    let Some(of) = call.caller().as_session() else {
        return BTreeMap::new();
    };
    let carried = |key: &&String| {
        of.session
            .transitive
            .iter()
            .any(|t| t.eq_ignore_ascii_case(key))
    };
    let tags = of.session.tags.iter();
    tags.filter(|(key, _)| carried(key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// The role with exactly this ARN, path included.
pub(super) fn find<'s>(state: &'s State, arn: &str) -> Option<&'s Role> {
    let parsed: RoleArn = arn.parse().ok()?;
    let role = state
        .iam
        .roles
        .seen(&key(parsed.account(), parsed.name().as_str()))?;
    (role.arn(&state.partition) == arn).then_some(role)
}

/// Asks for the role, for its tags and for the source identity (IAM User Guide, "Pass session tags
/// in AWS STS" and "Monitor and control actions taken with assumed roles").
fn permit(
    call: &Call<'_>,
    role: &Role,
    request: &Request,
    passed: &Passed,
    transitive: &[String],
    inherited: &BTreeMap<String, String>,
) -> Result<(), Failure> {
    let mut actions = vec!["sts:AssumeRole"];
    if !passed.tags.is_empty() || !inherited.is_empty() {
        actions.push("sts:TagSession");
    }
    if request.source_identity.is_some() {
        actions.push("sts:SetSourceIdentity");
    }
    let own = call
        .caller()
        .as_session()
        .and_then(|of| of.session.source_identity.as_deref());
    if own.is_some() && own != request.source_identity.as_deref() {
        // Once set it stays for the whole chain.
        return Err(denied(call, "sts:SetSourceIdentity", &request.role_arn));
    }
    let trust = Policy::parse("trust policy", &role.trust)
        .map_err(|_| denied(call, "sts:AssumeRole", &request.role_arn))?;
    for action in actions {
        let ask = Ask::new(action, &request.role_arn)
            .resource_policy(trust.clone())
            .resource_tags(&role.tags)
            .request_tags(passed.tags.iter().map(|(k, v)| (k.as_str(), v.as_str())))
            .with("sts:RoleSessionName", request.name.as_str())
            .with_some("sts:ExternalId", request.external_id.as_deref())
            .with_some("sts:SourceIdentity", request.source_identity.as_deref())
            .with_values("sts:TransitiveTagKeys", transitive.to_vec());
        call.decide(&ask).map_err(|decision| {
            if decision.effect == Effect::ExplicitlyDenied {
                return Failure::new("AccessDenied", 403, call.denial(&decision));
            }
            denied(call, action, &request.role_arn)
        })?;
    }
    Ok(())
}

/// STS does not tell whose allow is missing.
pub(super) fn denied(call: &Call<'_>, action: &str, role_arn: &str) -> Failure {
    let caller = &call.caller().arn;
    Failure::new(
        "AccessDenied",
        403,
        format!("User: {caller} is not authorized to perform: {action} on resource: {role_arn}"),
    )
}

/// An hour by default and when chained, the role's maximum at most (STS API Reference,
/// `AssumeRole`).
pub(super) fn duration(call: &Call<'_>, role: &Role, chained: bool) -> Result<i64, Failure> {
    let Some(seconds) = call.parameters.integer("DurationSeconds") else {
        return Ok(3600);
    };
    if chained && seconds > 3600 {
        return Err(invalid(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by \
             role chaining.",
        ));
    }
    if seconds > i64::from(role.max_session) {
        return Err(invalid(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ));
    }
    Ok(seconds)
}

/// Services that hand a role's credentials out to workloads, which then act for themselves.
const HANDED_OUT: [&str; 4] = [
    "ec2.amazonaws.com",
    "pods.eks.amazonaws.com",
    "ecs-tasks.amazonaws.com",
    "lambda.amazonaws.com",
];

fn begin(call: &Call<'_>, role: &Role, request: &Request, seconds: i64) -> Session {
    let by_service = call
        .caller()
        .is_service()
        .then(|| call.caller().arn.clone());
    Session {
        name: request.name.clone(),
        source_identity: request.source_identity.clone(),
        invoked_by: by_service.filter(|service| !HANDED_OUT.contains(&service.as_str())),
        ..new_session(call, role, seconds)
    }
}

/// A session with fresh credentials and nothing passed.
pub(super) fn new_session(call: &Call<'_>, role: &Role, seconds: i64) -> Session {
    let ids = call.ids();
    Session {
        account: role.account,
        access_key_id: ids.unique("ASIA", role.account),
        secret: ids.secret(40),
        token: token(call),
        role: role.name.clone(),
        role_id: role.id.clone(),
        name: String::new(),
        policy: None,
        policy_arns: Vec::new(),
        tags: BTreeMap::new(),
        transitive: Vec::new(),
        source_identity: None,
        invoked_by: None,
        provider: None,
        created: call.now,
        expires: after(call.now, seconds),
    }
}

/// As long as the real ones, so that clients that cut it are found out.
pub(super) fn token(call: &Call<'_>) -> String {
    format!("IQoJb3JpZ2luX2Vj{}==", call.ids().secret(400))
}

pub(super) fn after(now: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_second(now.as_second() + seconds).unwrap_or(now)
}

/// `Credentials` and `AssumedRoleUser` of a session.
pub(super) fn given(state: &State, session: &Session) -> serde_json::Map<String, Value> {
    let output = json!({
        "Credentials": {
            "AccessKeyId": session.access_key_id,
            "SecretAccessKey": session.secret,
            "SessionToken": session.token,
            "Expiration": crate::event::seconds(session.expires),
        },
        "AssumedRoleUser": {
            "AssumedRoleId": session.user_id(),
            "Arn": session.arn(&state.partition),
        },
    });
    match output {
        Value::Object(members) => members,
        _ => serde_json::Map::new(),
    }
}

/// The output without the secret, and with CloudTrail's way of writing a time.
pub(super) fn recorded_output(
    output: &serde_json::Map<String, Value>,
    expires: Timestamp,
) -> Value {
    let mut recorded = lower_camel(&Value::Object(output.clone()));
    if let Some(Value::Object(credentials)) = recorded.get_mut("credentials") {
        credentials.remove("secretAccessKey");
        let expires = expires.strftime("%b %-d, %Y, %-I:%M:%S %p").to_string();
        credentials.insert("expiration".to_owned(), expires.into());
    }
    recorded
}

/// The parameters with the duration as the number it is.
pub(super) fn recorded_parameters(call: &Call<'_>) -> Value {
    let mut recorded = lower_camel(&Value::Object(call.parameters.all().clone()));
    if let (Some(seconds), Value::Object(members)) =
        (call.parameters.integer("DurationSeconds"), &mut recorded)
    {
        members.insert("durationSeconds".to_owned(), seconds.into());
    }
    recorded
}
