use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use rolecall_arn::RoleArn;
use rolecall_policy::{Effect, Layers, Policy, Principal, effect};
use serde_json::{Value, json};

use super::Session;
use super::assume_role::{
    check_session_name, duration, find, given, new_session, recorded_output, recorded_parameters,
};
use super::constraints::{Constraints, invalid};
use super::passed::Passed;
use crate::call::{Call, EventResource};
use crate::event::Identity;
use crate::failure::Failure;
use crate::iam::{OidcProvider, Role, key};
use crate::operation::Outcome;
use crate::state::State;

/// `AssumeRoleWithWebIdentity`, as pods with IAM roles for service accounts call it: unsigned, with
/// a token of the cluster's issuer (STS API Reference).
///
/// The token's claims are believed if its issuer is a provider of the role's account: the sandbox
/// cannot fetch an issuer's keys, so it does not check the token's signature.
pub(super) fn assume_role_with_web_identity(state: &mut State, call: &mut Call<'_>) -> Outcome {
    call.notes.read_only = Some(true);
    let mut recorded = recorded_parameters(call);
    if let Value::Object(members) = &mut recorded {
        members.remove("webIdentityToken");
    }
    call.notes.request_parameters = Some(recorded);
    let (role_arn, name) = parameters(call)?;
    let claims = Claims::read(call.parameters.required("WebIdentityToken")?)?;
    let account = role_arn.account();
    call.notes.recipients = vec![account];
    let provider = state
        .iam
        .oidc_providers
        .seen(&key(account, &claims.issuer))
        .ok_or_else(|| {
            untrusted(format!(
                "No OpenIDConnect provider found in your account for https://{}",
                claims.issuer
            ))
        })?;
    let provider_arn = provider.arn(&state.partition);
    call.notes.identity = Some(identity(&claims, &provider_arn));
    check(&claims, provider, call.now)?;
    let arn = role_arn.to_string();
    let denied = || {
        Failure::new(
            "AccessDenied",
            403,
            "Not authorized to perform sts:AssumeRoleWithWebIdentity",
        )
    };
    let role = find(state, &arn).ok_or_else(denied)?;
    call.notes.resources.push(EventResource {
        account: Some(account),
        kind: "AWS::IAM::Role",
        arn,
    });
    if !trusts(call, role, &role_arn, &provider_arn, &claims, &name) {
        return Err(denied());
    }
    let passed = Passed::read(state, &call.parameters, &std::collections::BTreeMap::new())?;
    let seconds = duration(call, role, false)?;
    let session = Session {
        name,
        policy: passed.policy,
        policy_arns: passed.policy_arns,
        provider: Some(provider_arn.clone()),
        ..new_session(call, role, seconds)
    };
    let mut output = given(state, &session);
    output.insert(
        "SubjectFromWebIdentityToken".to_owned(),
        claims.subject.into(),
    );
    output.insert("Provider".to_owned(), provider_arn.into());
    if let Some(audience) = claims.audiences.into_iter().next() {
        output.insert("Audience".to_owned(), audience.into());
    }
    if let Some(packed) = passed.packed {
        output.insert("PackedPolicySize".to_owned(), packed.into());
    }
    call.notes.response_elements = Some(recorded_output(&output, session.expires));
    state.sts.keep(session, call.now);
    Ok(Value::Object(output))
}

fn parameters(call: &Call<'_>) -> Result<(RoleArn, String), Failure> {
    let role_arn = call.parameters.required("RoleArn")?;
    let name = call.parameters.required("RoleSessionName")?;
    let mut constraints = Constraints::default();
    constraints.length("roleArn", Some(role_arn), 20, 2048);
    check_session_name(&mut constraints, name);
    let seconds = call.parameters.integer("DurationSeconds");
    constraints.range("durationSeconds", seconds, 900, 43_200);
    constraints.check()?;
    let role = role_arn
        .parse()
        .map_err(|_| invalid(format!("{role_arn} is invalid")))?;
    Ok((role, name.to_owned()))
}

/// What a token says.
struct Claims {
    /// Without `https://`.
    issuer: String,
    subject: String,
    audiences: Vec<String>,
    expires: Option<i64>,
}

impl Claims {
    fn read(token: &str) -> Result<Self, Failure> {
        Self::parse(token).ok_or_else(|| {
            untrusted(
                "The ID Token provided is not a valid JWT. (You may see this error if you sent an \
                 Access Token)",
            )
        })
    }

    fn parse(token: &str) -> Option<Self> {
        let mut parts = token.split('.');
        let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let audiences = match claims.get("aud")? {
            Value::String(one) => vec![one.clone()],
            Value::Array(many) => many
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            _ => return None,
        };
        let issuer = text("iss")?;
        Some(Self {
            issuer: issuer
                .strip_prefix("https://")
                .unwrap_or(issuer)
                .trim_end_matches('/')
                .to_owned(),
            subject: text("sub")?.to_owned(),
            audiences,
            expires: claims.get("exp").and_then(Value::as_i64),
        })
    }
}

fn untrusted(message: impl Into<String>) -> Failure {
    Failure::new("InvalidIdentityToken", 400, message).recorded_as("InvalidIdentityTokenException")
}

fn check(claims: &Claims, provider: &OidcProvider, now: Timestamp) -> Result<(), Failure> {
    if !claims
        .audiences
        .iter()
        .any(|audience| provider.client_ids.contains(audience))
    {
        return Err(untrusted("Incorrect token audience"));
    }
    // Tokens are dated by their issuer's clock, which may be the sandbox's or the wall's.
    let over = |now: Timestamp| {
        claims
            .expires
            .is_some_and(|expires| expires < now.as_second())
    };
    if over(now) && over(Timestamp::now()) {
        return Err(Failure::new(
            "ExpiredTokenException",
            400,
            format!(
                "Token expired: current date/time {} must be before the expiration date/time {}",
                now.as_second(),
                claims.expires.unwrap_or_default()
            ),
        ));
    }
    Ok(())
}

/// Asks the trust policy about the provider, with the claims as condition keys (IAM User Guide,
/// "Available keys for AWS OIDC federation").
fn trusts(
    call: &Call<'_>,
    role: &Role,
    role_arn: &RoleArn,
    provider_arn: &str,
    claims: &Claims,
    name: &str,
) -> bool {
    let Ok(trust) = Policy::parse("trust policy", &role.trust) else {
        return false;
    };
    let Ok(principal) = provider_arn.parse::<Principal>() else {
        return false;
    };
    let issuer = &claims.issuer;
    let action = "sts:AssumeRoleWithWebIdentity";
    let mut request = rolecall_policy::Request::new(principal, action, &role_arn.to_string())
        .with(&format!("{issuer}:sub"), &claims.subject)
        .with(&format!("{issuer}:aud"), claims.audiences.clone())
        .with("aws:FederatedProvider", provider_arn)
        .with("sts:RoleSessionName", name)
        .with("aws:SourceIp", call.source_ip.to_string())
        .with("aws:SecureTransport", true)
        .with("aws:CurrentTime", call.now.to_string());
    for (key, value) in &role.tags {
        request = request.with(&format!("aws:ResourceTag/{key}"), value);
    }
    effect(&request, &Layers::resource(trust)) == Effect::Allowed
}

/// (CloudTrail User Guide, "CloudTrail userIdentity element".)
fn identity(claims: &Claims, provider_arn: &str) -> Identity {
    let audience = claims
        .audiences
        .first()
        .map(String::as_str)
        .unwrap_or_default();
    let identity = json!({
        "type": "WebIdentityUser",
        "principalId": format!("{provider_arn}:{audience}:{}", claims.subject),
        "userName": claims.subject,
        "identityProvider": provider_arn,
    });
    Identity::new(&identity, provider_arn)
}
