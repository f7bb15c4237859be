//! Managed policies of a role or user: `Attach…Policy`, `Detach…Policy`, `ListAttached…Policies`,
//! and the permissions boundary, which is one too.

use rolecall_arn::AccountId;
use rolecall_policy::managed;
use serde_json::{Value, json};

use super::checks::Checks;
use super::failures::{no_attachable_policy, no_policy, not_attachable, quota};
use super::holder::Holder;
use super::named::{self, Named};
use super::page::Page;
use super::shown::nothing;
use crate::call::Call;
use crate::failure::Failure;
use crate::operation::Outcome;
use crate::state::State;

/// Managed policies a user or role may have (IAM User Guide, "IAM and AWS STS quotas").
const MOST: usize = 10;

pub(super) fn attach<T: Holder>(state: &mut State, call: &mut Call<'_>) -> Outcome {
    T::check(Checks::of(&call.parameters))
        .arn("PolicyArn")
        .done()?;
    let arn = call.parameters.required("PolicyArn")?.to_owned();
    let key = named::write::<T>(state, call, |ask| ask.with("iam:PolicyARN", arn.as_str()))?;
    attachable(state, call.account(), &arn)?;
    if is_for_services(&arn) {
        return Err(not_attachable(
            "Cannot attach a Service Role Policy to a Customer Role.",
        ));
    }
    let holder = T::table(&state.iam).get(&key);
    let attached = holder.map(Holder::attached);
    if attached.is_some_and(|attached| attached.contains(&arn)) {
        return nothing();
    }
    if attached.is_some_and(|attached| attached.len() >= MOST) {
        return Err(quota(T::ATTACHED_QUOTA, MOST));
    }
    T::table_mut(&mut state.iam).change(&key, |holder| holder.attached_mut().push(arn));
    nothing()
}

pub(super) fn detach<T: Holder>(state: &mut State, call: &mut Call<'_>) -> Outcome {
    T::check(Checks::of(&call.parameters))
        .arn("PolicyArn")
        .done()?;
    let arn = call.parameters.required("PolicyArn")?.to_owned();
    let key = named::write::<T>(state, call, |ask| ask.with("iam:PolicyARN", arn.as_str()))?;
    let detached = T::table_mut(&mut state.iam).change(&key, |holder| {
        let before = holder.attached().len();
        holder.attached_mut().retain(|known| *known != arn);
        holder.attached().len() < before
    });
    if detached != Some(true) {
        return Err(no_policy(&arn));
    }
    nothing()
}

pub(super) fn list<T: Holder>(state: &State, call: &mut Call<'_>) -> Outcome {
    T::check(Checks::of(&call.parameters)).prefix().done()?;
    let page = Page::of(&call.parameters)?;
    let holder = named::read::<T>(state, call)?;
    let path = call.parameters.text("PathPrefix").unwrap_or("/");
    let mut attached: Vec<&String> = holder
        .attached()
        .iter()
        .filter(|arn| path_of(arn).starts_with(path))
        .collect();
    attached.sort_unstable();
    let rows = attached.into_iter().map(|arn| (&**arn, arn));
    Ok(page.cut(rows).answer("AttachedPolicies", |arn| shown(arn)))
}

pub(super) fn put_boundary<T: Holder>(state: &mut State, call: &mut Call<'_>) -> Outcome {
    T::check(Checks::of(&call.parameters))
        .arn("PermissionsBoundary")
        .done()?;
    let arn = call.parameters.required("PermissionsBoundary")?.to_owned();
    let key = named::write::<T>(state, call, |ask| {
        ask.with("iam:PermissionsBoundary", arn.as_str())
    })?;
    attachable(state, call.account(), &arn)?;
    T::table_mut(&mut state.iam).change(&key, |holder| *holder.boundary_mut() = Some(arn));
    nothing()
}

pub(super) fn delete_boundary<T: Holder>(state: &mut State, call: &mut Call<'_>) -> Outcome {
    T::check(Checks::of(&call.parameters)).done()?;
    let key = named::write::<T>(state, call, |ask| ask)?;
    T::table_mut(&mut state.iam).change(&key, |holder| *holder.boundary_mut() = None);
    nothing()
}

/// `PolicyName` and `PolicyArn`.
pub(super) fn shown(arn: &str) -> Value {
    let name = arn.rsplit('/').next().unwrap_or_default();
    json!({"PolicyName": name, "PolicyArn": arn})
}

/// Refuses a policy that is neither the account's nor AWS's, or of another partition.
pub(super) fn attachable(state: &State, account: AccountId, arn: &str) -> Result<(), Failure> {
    let known = match managed::find(arn) {
        Some(policy) => arn.starts_with("arn:") && policy.arn_in(state.partition.as_str()) == arn,
        None => state.iam.policy(arn).is_some_and(|policy| {
            policy.account == account && Named::arn(policy, &state.partition) == arn
        }),
    };
    if known {
        Ok(())
    } else {
        Err(no_attachable_policy(arn))
    }
}

/// Whether a policy of AWS is for service-linked roles only.
pub(super) fn is_for_services(arn: &str) -> bool {
    arn.contains(":iam::aws:policy/aws-service-role/")
}

/// The path in a policy's ARN, from `/` to `/`.
fn path_of(arn: &str) -> &str {
    arn.split_once(":policy")
        .and_then(|(_, resource)| resource.get(..=resource.rfind('/')?))
        .unwrap_or("/")
}
