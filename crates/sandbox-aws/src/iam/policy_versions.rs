//! Versions of managed policies. A policy has five at most; numbers are not used twice (IAM User
//! Guide, "Versioning IAM policies").

use serde_json::{Map, Value, json};

use super::aws_policies::AwsPolicy;
use super::checks::Checks;
use super::failures::{delete_conflict, limit_exceeded, no_such_entity};
use super::page::Page;
use super::shown::{answered, date, encoded, nothing, only};
use super::{ManagedPolicy, PolicyVersion, named, policies};
use crate::call::Call;
use crate::failure::Failure;
use crate::operation::Outcome;
use crate::state::State;

const MOST: usize = 5;

pub(super) fn create_policy_version(state: &mut State, call: &mut Call<'_>) -> Outcome {
    Checks::of(&call.parameters)
        .arn("PolicyArn")
        .document("PolicyDocument")
        .done()?;
    let key = named::write::<ManagedPolicy>(state, call, |ask| ask)?;
    let document = call.parameters.required("PolicyDocument")?.to_owned();
    policies::accept_document(&document)?;
    let versions = state.iam.policies.get(&key).map(|p| p.versions.len());
    if versions.is_some_and(|count| count >= MOST) {
        return Err(limit_exceeded(format!(
            "A managed policy can have up to {MOST} versions. Before you create a new version, you \
             must delete an existing version."
        )));
    }
    let default = call.parameters.boolean("SetAsDefault").unwrap_or(false);
    let now = call.now;
    let number = state.iam.policies.change(&key, |policy| {
        let highest = policy.versions.keys().next_back().copied().unwrap_or(0);
        let number = policy.last_version.max(highest) + 1;
        let created = now;
        policy
            .versions
            .insert(number, PolicyVersion { document, created });
        policy.last_version = number;
        policy.updated = now;
        if default {
            policy.default_version = number;
        }
        number
    });
    answered(
        call,
        json!({"PolicyVersion": {
            "VersionId": format!("v{}", number.unwrap_or_default()),
            "IsDefaultVersion": default,
            "CreateDate": date(now),
        }}),
    )
}

/// Of AWS's policies the sandbox knows the latest version.
pub(super) fn get_policy_version(state: &State, call: &mut Call<'_>) -> Outcome {
    let number = version_id(call)?;
    let arn = call.parameters.required("PolicyArn")?;
    let asked = call.parameters.required("VersionId")?;
    if let Some(policy) = AwsPolicy::find(&state.partition, arn) {
        policies::authorize_aws(call, arn)?;
        if policy.heading.version != asked {
            let mut failure = no_version(arn, asked);
            failure.message.push_str(
                " (The sandbox knows AWS managed policies in their latest version only.)",
            );
            return Err(failure);
        }
        let document = rolecall_policy::managed::find(arn).map(|policy| policy.document);
        let mut shown = shown_aws(&policy);
        shown.insert(
            "Document".to_owned(),
            encoded(document.unwrap_or_default()).into(),
        );
        return Ok(only("PolicyVersion", shown));
    }
    let policy = named::read::<ManagedPolicy>(state, call)?;
    let version = policy
        .versions
        .get(&number)
        .ok_or_else(|| no_version(arn, asked))?;
    Ok(only(
        "PolicyVersion",
        shown_with_document(policy, number, version),
    ))
}

pub(super) fn list_policy_versions(state: &State, call: &mut Call<'_>) -> Outcome {
    Checks::of(&call.parameters).arn("PolicyArn").done()?;
    let page = Page::of(&call.parameters)?;
    let arn = call.parameters.required("PolicyArn")?;
    if let Some(policy) = AwsPolicy::find(&state.partition, arn) {
        policies::authorize_aws(call, arn)?;
        let rows = std::iter::once((policy.heading.version, shown_aws(&policy)));
        return Ok(page.cut(rows).answer("Versions", Value::Object));
    }
    let policy = named::read::<ManagedPolicy>(state, call)?;
    // The newest first; keys count down so that a marker goes on where a page ended.
    let rows = policy.versions.iter().rev().map(|(number, version)| {
        let key = format!("{:010}", u32::MAX - number);
        (key, shown(policy, *number, version))
    });
    Ok(page.cut(rows).answer("Versions", Value::Object))
}

pub(super) fn delete_policy_version(state: &mut State, call: &mut Call<'_>) -> Outcome {
    let number = version_id(call)?;
    let key = named::write::<ManagedPolicy>(state, call, |ask| ask)?;
    let policy = state.iam.policies.get(&key);
    if !policy.is_some_and(|policy| policy.versions.contains_key(&number)) {
        return Err(no_such_version(call));
    }
    if policy.is_some_and(|policy| policy.default_version == number) {
        return Err(delete_conflict(
            "Cannot delete the default version of a policy.",
        ));
    }
    state.iam.policies.change(&key, |policy| {
        policy.versions.remove(&number);
    });
    nothing()
}

pub(super) fn set_default_policy_version(state: &mut State, call: &mut Call<'_>) -> Outcome {
    let number = version_id(call)?;
    let key = named::write::<ManagedPolicy>(state, call, |ask| ask)?;
    let policy = state.iam.policies.get(&key);
    if !policy.is_some_and(|policy| policy.versions.contains_key(&number)) {
        return Err(no_such_version(call));
    }
    let now = call.now;
    state.iam.policies.change(&key, |policy| {
        policy.default_version = number;
        policy.updated = now;
    });
    nothing()
}

/// Checks ARN and version id; 0 for an id with a suffix, which no policy here has.
fn version_id(call: &Call<'_>) -> Result<u32, Failure> {
    Checks::of(&call.parameters)
        .arn("PolicyArn")
        .version("VersionId")
        .done()?;
    let id = call.parameters.required("VersionId")?;
    let number = id.strip_prefix('v').and_then(|number| number.parse().ok());
    Ok(number.unwrap_or(0))
}

fn no_such_version(call: &Call<'_>) -> Failure {
    let text = |name| call.parameters.text(name).unwrap_or_default();
    no_version(text("PolicyArn"), text("VersionId"))
}

fn no_version(arn: &str, version: &str) -> Failure {
    no_such_entity(format!(
        "Policy {arn} version {version} does not exist or is not attachable."
    ))
}

fn shown(policy: &ManagedPolicy, number: u32, version: &PolicyVersion) -> Map<String, Value> {
    let mut shown = Map::new();
    let mut put = |name: &str, value: Value| shown.insert(name.to_owned(), value);
    put("VersionId", format!("v{number}").into());
    put(
        "IsDefaultVersion",
        (policy.default_version == number).into(),
    );
    put("CreateDate", date(version.created).into());
    shown
}

/// A version as `GetPolicyVersion` and `GetAccountAuthorizationDetails` show it.
pub(super) fn shown_with_document(
    policy: &ManagedPolicy,
    number: u32,
    version: &PolicyVersion,
) -> Map<String, Value> {
    let mut shown = shown(policy, number, version);
    shown.insert("Document".to_owned(), encoded(&version.document).into());
    shown
}

/// The one version of a policy of AWS that is known.
pub(super) fn shown_aws(policy: &AwsPolicy) -> Map<String, Value> {
    let mut shown = Map::new();
    let mut put = |name: &str, value: Value| shown.insert(name.to_owned(), value);
    put("VersionId", policy.heading.version.into());
    put("IsDefaultVersion", true.into());
    put("CreateDate", policy.date().into());
    shown
}
