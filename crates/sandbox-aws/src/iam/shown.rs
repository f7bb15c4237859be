//! How answers and events show what IAM keeps.

use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rolecall_arn::Partition;
use serde_json::{Map, Value, json};

use super::named::Tags;
use super::{InstanceProfile, Role, User};
use crate::call::Call;
use crate::event::lower_camel;
use crate::operation::Outcome;
use crate::state::State;

/// Documents are encoded by RFC 3986 (IAM API Reference, `GetRole`).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

pub(super) fn encoded(document: &str) -> String {
    utf8_percent_encode(document, ENCODED).to_string()
}

pub(super) fn date(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// An answer with one member. Unlike `json!` it moves what it is given.
pub(super) fn only(name: &str, shown: Map<String, Value>) -> Value {
    let mut answer = Map::with_capacity(1);
    answer.insert(name.to_owned(), Value::Object(shown));
    Value::Object(answer)
}

/// As listings and instance profiles show a role.
pub(super) fn role_brief(partition: &Partition, role: &Role) -> Map<String, Value> {
    // Room for all that `role` adds.
    let mut shown = Map::with_capacity(11);
    let mut put = |name: &str, value: Value| shown.insert(name.to_owned(), value);
    put("Path", role.path.as_str().into());
    put("RoleName", role.name.as_str().into());
    put("RoleId", role.id.as_str().into());
    put("Arn", role.arn(partition).into());
    put("CreateDate", date(role.created).into());
    put("AssumeRolePolicyDocument", encoded(&role.trust).into());
    shown
}

/// As `ListRoles` shows a role: without tags and boundary (IAM API Reference, `ListRoles`).
pub(super) fn role_listed(partition: &Partition, role: &Role) -> Map<String, Value> {
    let mut shown = role_brief(partition, role);
    if let Some(description) = &role.description {
        shown.insert("Description".to_owned(), description.as_str().into());
    }
    shown.insert("MaxSessionDuration".to_owned(), role.max_session.into());
    shown
}

/// As `GetRole` shows a role.
pub(super) fn role(partition: &Partition, role: &Role) -> Map<String, Value> {
    let mut shown = role_listed(partition, role);
    put_boundary(&mut shown, role.boundary.as_deref());
    put_tags(&mut shown, &role.tags);
    shown.insert("RoleLastUsed".to_owned(), json!({}));
    shown
}

/// As `ListUsers` shows a user.
pub(super) fn user_listed(partition: &Partition, user: &User) -> Map<String, Value> {
    let mut shown = Map::new();
    let mut put = |name: &str, value: Value| shown.insert(name.to_owned(), value);
    put("Path", user.path.as_str().into());
    put("UserName", user.name.as_str().into());
    put("UserId", user.id.as_str().into());
    put("Arn", user.arn(partition).into());
    put("CreateDate", date(user.created).into());
    shown
}

/// As `GetUser` shows a user.
pub(super) fn user(partition: &Partition, user: &User) -> Map<String, Value> {
    let mut shown = user_listed(partition, user);
    put_boundary(&mut shown, user.boundary.as_deref());
    put_tags(&mut shown, &user.tags);
    shown
}

/// An instance profile with its role, as `role` shows it.
pub(super) fn profile(state: &State, profile: &InstanceProfile) -> Map<String, Value> {
    let partition = &state.partition;
    let role = profile
        .role
        .as_deref()
        .and_then(|name| state.iam.role(profile.account, name));
    let roles: Vec<Value> = role
        .map(|role| role_brief(partition, role).into())
        .into_iter()
        .collect();
    let mut shown = Map::new();
    let mut put = |name: &str, value: Value| shown.insert(name.to_owned(), value);
    put("Path", profile.path.as_str().into());
    put("InstanceProfileName", profile.name.as_str().into());
    put("InstanceProfileId", profile.id.as_str().into());
    put("Arn", profile.arn(partition).into());
    put("CreateDate", date(profile.created).into());
    put("Roles", roles.into());
    shown
}

pub(super) fn put_boundary(shown: &mut Map<String, Value>, boundary: Option<&str>) {
    if let Some(arn) = boundary {
        shown.insert(
            "PermissionsBoundary".to_owned(),
            // The model calls the type `PermissionsBoundaryPolicy`, answers call it `Policy` (AWS CLI
            // Command Reference, `create-user`, examples).
            json!({
                "PermissionsBoundaryType": "Policy",
                "PermissionsBoundaryArn": arn,
            }),
        );
    }
}

pub(super) fn put_tags(shown: &mut Map<String, Value>, tags: &Tags) {
    if !tags.is_empty() {
        shown.insert("Tags".to_owned(), tag_list(tags));
    }
}

pub(super) fn tag_list(tags: &Tags) -> Value {
    tags.iter()
        .map(|(key, value)| json!({"Key": key, "Value": value}))
        .collect()
}

/// Answers a changing call. Its event has the same elements, with dates the way CloudTrail prints
/// IAM's: `Jul 10, 2023 12:09:21 PM` (seen in public event data).
pub(super) fn answered(call: &mut Call<'_>, output: Value) -> Outcome {
    let mut elements = lower_camel(&output);
    record_dates(&mut elements);
    call.notes.response_elements = Some(elements);
    Ok(output)
}

/// Answers a call that has no output.
pub(super) fn nothing() -> Outcome {
    Ok(Value::Null)
}

fn record_dates(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, inner) in members {
                match inner {
                    Value::String(text) if matches!(name.as_str(), "createDate" | "updateDate") => {
                        if let Ok(time) = text.parse::<Timestamp>() {
                            *text = time.strftime("%b %-d, %Y %-I:%M:%S %p").to_string();
                        }
                    }
                    _ => record_dates(inner),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(record_dates),
        _ => {}
    }
}
