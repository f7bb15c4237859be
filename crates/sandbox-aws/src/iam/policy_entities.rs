//! `ListEntitiesForPolicy`: who has a managed policy.

use serde_json::{Map, Value, json};

use super::checks::Checks;
use super::holder::Holder;
use super::named::Named;
use super::page::Page;
use super::policies::{authorize_aws, is_of_aws};
use super::{ManagedPolicy, Role, User, key, named};
use crate::call::Call;
use crate::operation::Outcome;
use crate::state::State;

const ENTITIES: [&str; 5] = [
    "User",
    "Role",
    "Group",
    "LocalManagedPolicy",
    "AWSManagedPolicy",
];

pub(super) fn list_entities_for_policy(state: &State, call: &mut Call<'_>) -> Outcome {
    Checks::of(&call.parameters)
        .arn("PolicyArn")
        .one_of("EntityFilter", &ENTITIES)
        .one_of(
            "PolicyUsageFilter",
            &["PermissionsPolicy", "PermissionsBoundary"],
        )
        .prefix()
        .done()?;
    let page = Page::of(&call.parameters)?;
    let arn = call.parameters.required("PolicyArn")?;
    if is_of_aws(arn) {
        authorize_aws(call, arn)?;
    } else {
        named::read::<ManagedPolicy>(state, call)?;
    }
    let filter = call.parameters.text("EntityFilter");
    let mut rows = Vec::new();
    if filter.is_none_or(|filter| filter == "Role") {
        rows.extend(holders::<Role>(state, call, arn));
    }
    if filter.is_none_or(|filter| filter == "User") {
        rows.extend(holders::<User>(state, call, arn));
    }
    let (taken, mut answer) = page.cut(rows.into_iter()).parts();
    let of_kind = |member: &str| -> Value {
        taken
            .iter()
            .filter(|shown| shown.contains_key(member))
            .cloned()
            .collect()
    };
    answer.insert("PolicyRoles".to_owned(), of_kind("RoleName"));
    answer.insert("PolicyUsers".to_owned(), of_kind("UserName"));
    answer.insert("PolicyGroups".to_owned(), json!([]));
    Ok(Value::Object(answer))
}

/// Name and id of the roles or users that have the policy, by key.
fn holders<T: Holder>(
    state: &State,
    call: &Call<'_>,
    arn: &str,
) -> Vec<(String, Map<String, Value>)> {
    let path = call.parameters.text("PathPrefix").unwrap_or("/");
    let usage = call.parameters.text("PolicyUsageFilter");
    let has = |holder: &T| {
        let attached = holder.attached().iter().any(|known| known == arn);
        let bounded = Named::boundary(holder) == Some(arn);
        match usage {
            Some("PermissionsPolicy") => attached,
            Some(_) => bounded,
            None => attached || bounded,
        }
    };
    let scope = key(call.account(), "");
    T::table(&state.iam)
        .seen_after(&scope, None)
        .filter(|(_, holder)| holder.path().starts_with(path) && has(holder))
        .map(|(key, holder)| {
            let id = T::PARAMETER.replace("Name", "Id");
            let mut shown = Map::new();
            shown.insert(T::PARAMETER.to_owned(), holder.name().into());
            shown.insert(id, holder.id().into());
            (format!("{}/{key}", T::NOUN), shown)
        })
        .collect()
}
