//! Trust policies: the principals they name, which exist, and what becomes of those that go.

use rolecall_arn::AccountId;
use rolecall_policy::{Policy, PolicyKind};
use serde_json::Value;

use super::failures::{malformed_policy, quota};
use super::policy_text::size;
use crate::failure::Failure;
use crate::state::State;

/// Characters a trust policy may have, white space aside (IAM User Guide, "IAM and AWS STS quotas").
const LONGEST: usize = 2048;

/// Refuses what IAM would not take as the trust policy of a role.
pub(super) fn accept(state: &State, account: AccountId, text: &str) -> Result<(), Failure> {
    Policy::accept(PolicyKind::Trust, "AssumeRolePolicyDocument", text)
        .map_err(|error| malformed_policy(error.reason()))?;
    if let Some(unknown) = principals(text)
        .into_iter()
        .find(|arn| !exists(state, account, arn))
    {
        return Err(malformed_policy(format!(
            "Invalid principal in policy: \"AWS\":\"{unknown}\""
        )));
    }
    if size(text) > LONGEST {
        return Err(quota("ACLSizePerRole", LONGEST));
    }
    Ok(())
}

/// The users and roles a document names under `AWS`.
fn principals(text: &str) -> Vec<String> {
    let Ok(document) = serde_json::from_str::<Value>(text) else {
        return Vec::new();
    };
    let list = |value: &Value| match value {
        Value::Array(items) => items.clone(),
        one => vec![one.clone()],
    };
    document
        .get("Statement")
        .map(list)
        .unwrap_or_default()
        .iter()
        .flat_map(|statement| [statement.get("Principal"), statement.get("NotPrincipal")])
        .flatten()
        .filter_map(|principal| principal.get("AWS"))
        .flat_map(list)
        .filter_map(|principal| principal.as_str().map(str::to_owned))
        .collect()
}

/// Whether a principal exists. Accounts the sandbox knows nothing of are taken to have it: they are
/// not emulated, so nobody can say.
fn exists(state: &State, account: AccountId, principal: &str) -> bool {
    let mut fields = principal.splitn(6, ':').skip(2);
    let (service, owner) = (fields.next(), fields.nth(1));
    let (Some(service), Some(owner), Some(resource)) = (service, owner, fields.next()) else {
        return true;
    };
    let Ok(owner) = owner.parse::<AccountId>() else {
        return true;
    };
    if owner != account && !state.iam.has_account(owner) {
        return true;
    }
    let last = resource.rsplit('/').next().unwrap_or_default();
    match (service, resource.split('/').next().unwrap_or_default()) {
        ("iam", "role") => state
            .iam
            .role(owner, last)
            .is_some_and(|role| role.arn(&state.partition) == principal),
        ("iam", "user") => state
            .iam
            .user(owner, last)
            .is_some_and(|user| user.arn(&state.partition) == principal),
        ("sts", "assumed-role") => {
            let name = resource.split('/').nth(1).unwrap_or_default();
            state.iam.role(owner, name).is_some()
        }
        _ => true,
    }
}

/// Puts the unique id of a deleted user or role in place of its ARN in all trust policies: one made
/// later under the same name is not trusted (IAM User Guide, "AWS JSON policy elements: Principal").
pub(super) fn forget(state: &mut State, arn: &str, id: &str) {
    let quoted = format!("\"{arn}\"");
    let naming: Vec<String> = state
        .iam
        .roles
        .range("", None)
        .filter(|(_, role)| role.trust.contains(&quoted))
        .map(|(key, _)| key.to_owned())
        .collect();
    for key in naming {
        state.iam.roles.change(&key, |role| {
            role.trust = role.trust.replace(&quoted, &format!("\"{id}\""));
        });
    }
}
