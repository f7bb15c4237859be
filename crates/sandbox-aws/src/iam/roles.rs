//! Roles: `CreateRole`, `GetRole`, `ListRoles`, `UpdateRole`, `DeleteRole` and the like.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::attached_policies::attachable;
use super::checks::Checks;
use super::failures::{already_exists, delete_conflict, invalid_input};
use super::named::{self, authorize_on, bare_arn};
use super::page::Page;
use super::shown::{self, answered, nothing, only};
use super::{Role, key, tags, trust};
use crate::authorize::Ask;
use crate::call::Call;
use crate::operation::Outcome;
use crate::state::State;
use crate::tag_on_create;

/// Seconds a session lasts when the role does not say (IAM API Reference, `CreateRole`).
const DEFAULT_SESSION: u32 = 3600;

pub(super) fn create_role(state: &mut State, call: &mut Call<'_>) -> Outcome {
    Checks::of(&call.parameters)
        .path()
        .name("RoleName", 64)
        .document("AssumeRolePolicyDocument")
        .description()
        .number("MaxSessionDuration", 3600..=43_200)
        .optional_arn("PermissionsBoundary")
        .tags()
        .done()?;
    let account = call.account();
    let parameters = &call.parameters;
    let name = parameters.required("RoleName")?;
    let mut role = Role {
        path: parameters.text("Path").unwrap_or("/").to_owned(),
        description: parameters.text("Description").map(str::to_owned),
        max_session: session_length(call).unwrap_or(DEFAULT_SESSION),
        boundary: parameters.text("PermissionsBoundary").map(str::to_owned),
        ..Role::new(
            account,
            name,
            parameters.required("AssumeRolePolicyDocument")?,
        )
    };
    let given = parameters.tags("Tags");
    let arn = role.arn(&state.partition);
    let ask = Ask::new("iam:CreateRole", &arn)
        .with_some("iam:PermissionsBoundary", role.boundary.as_deref())
        .request_tags(given.iter().map(|(key, value)| (&**key, &**value)));
    call.authorize(&ask)?;
    let pairs = given.iter().map(|(key, value)| (key, value));
    tag_on_create::authorize(call, "iam:TagRole", &arn, pairs)?;
    if role.is_service_linked() {
        return Err(invalid_input(
            "Paths beginning with '/aws-service-role' are reserved for AWS Service Linked Roles",
        ));
    }
    trust::accept(state, account, &role.trust)?;
    if let Some(boundary) = &role.boundary {
        attachable(state, account, boundary)?;
    }
    let key = key(account, name);
    if state.iam.roles.contains(&key) {
        return Err(already_exists(format!(
            "Role with name {name} already exists."
        )));
    }
    tags::add(&mut role.tags, given)?;
    role.id = call.ids().unique("AROA", account);
    role.created = call.now;
    // Description and session length are not in this answer (seen in public event data).
    let mut shown = shown::role_brief(&state.partition, &role);
    shown::put_boundary(&mut shown, role.boundary.as_deref());
    shown::put_tags(&mut shown, &role.tags);
    state.iam.roles.insert(&key, role);
    answered(call, only("Role", shown))
}

pub(super) fn get_role(state: &State, call: &mut Call<'_>) -> Outcome {
    Checks::of(&call.parameters).name("RoleName", 64).done()?;
    let role = named::read::<Role>(state, call)?;
    Ok(only("Role", shown::role(&state.partition, role)))
}

pub(super) fn list_roles(state: &State, call: &mut Call<'_>) -> Outcome {
    Checks::of(&call.parameters).prefix().done()?;
    let page = Page::of(&call.parameters)?;
    let path = call.parameters.text("PathPrefix").unwrap_or("/");
    let named = path.trim_start_matches('/');
    authorize_on(call, &bare_arn(state, call.account(), "role", named))?;
    let scope = key(call.account(), "");
    let roles = state
        .iam
        .roles
        .seen_after(&scope, page.after.as_deref())
        .filter(|(_, role)| role.path.starts_with(path));
    Ok(page.cut(roles).answer("Roles", |role| {
        shown::role_listed(&state.partition, role).into()
    }))
}

pub(super) fn update_role(state: &mut State, call: &mut Call<'_>) -> Outcome {
    Checks::of(&call.parameters)
        .name("RoleName", 64)
        .description()
        .number("MaxSessionDuration", 3600..=43_200)
        .done()?;
    let key = named::write::<Role>(state, call, |ask| ask)?;
    let description = call.parameters.text("Description").map(str::to_owned);
    let length = session_length(call);
    state.iam.roles.change(&key, |role| {
        if let Some(text) = description {
            role.description = Some(text).filter(|text| !text.is_empty());
        }
        // Without a value the default applies (IAM API Reference, `UpdateRole`).
        role.max_session = length.unwrap_or(DEFAULT_SESSION);
    });
    call.notes.response_elements = Some(Value::Null);
    // The result element is there, and empty.
    Ok(json!({"Role": null}))
}

/// The description of a service-linked role may be changed, nothing else of it (IAM User Guide,
/// "Edit a service-linked role description").
pub(super) fn update_role_description(state: &mut State, call: &mut Call<'_>) -> Outcome {
    Checks::of(&call.parameters)
        .name("RoleName", 64)
        .text("Description", 0..=1000)
        .description()
        .done()?;
    let key = named::write_protected::<Role>(state, call, |ask| ask)?;
    let description = call.parameters.required("Description")?.to_owned();
    let partition = state.partition.clone();
    let shown = state.iam.roles.change(&key, |role| {
        role.description = Some(description).filter(|text| !text.is_empty());
        shown::role_listed(&partition, role)
    });
    answered(call, json!({"Role": shown}))
}

pub(super) fn update_assume_role_policy(state: &mut State, call: &mut Call<'_>) -> Outcome {
    Checks::of(&call.parameters)
        .name("RoleName", 64)
        .document("PolicyDocument")
        .done()?;
    let key = named::write::<Role>(state, call, |ask| ask)?;
    let document = call.parameters.required("PolicyDocument")?.to_owned();
    trust::accept(state, call.account(), &document)?;
    state.iam.roles.change(&key, |role| role.trust = document);
    nothing()
}

pub(super) fn delete_role(state: &mut State, call: &mut Call<'_>) -> Outcome {
    Checks::of(&call.parameters).name("RoleName", 64).done()?;
    let key = named::write::<Role>(state, call, |ask| ask)?;
    let name = call.parameters.required("RoleName")?;
    let in_profile = !state.iam.profiles_of(call.account(), name).is_empty();
    let held = state.iam.roles.get(&key).and_then(|role| {
        if in_profile {
            Some("remove roles from instance profile")
        } else if !role.attached.is_empty() {
            Some("detach all policies")
        } else if !role.inline.is_empty() {
            Some("delete policies")
        } else {
            None
        }
    });
    if let Some(what) = held {
        return Err(delete_conflict(format!(
            "Cannot delete entity, must {what} first."
        )));
    }
    if let Some(role) = state.iam.roles.remove(&key) {
        let arn = role.arn(&state.partition);
        trust::forget(state, &arn, &role.id);
    }
    nothing()
}

fn session_length(call: &Call<'_>) -> Option<u32> {
    let length = call.parameters.integer("MaxSessionDuration")?;
    u32::try_from(length).ok()
}

impl Role {
    /// A role with nothing but a name and a trust policy. [`Iam::put_role`](super::Iam::put_role)
    /// gives it an id and a time.
    #[must_use]
    pub fn new(account: rolecall_arn::AccountId, name: &str, trust: &str) -> Self {
        Self {
            account,
            name: name.to_owned(),
            path: "/".to_owned(),
            id: String::new(),
            created: jiff::Timestamp::default(),
            trust: trust.to_owned(),
            description: None,
            max_session: DEFAULT_SESSION,
            boundary: None,
            inline: BTreeMap::new(),
            attached: Vec::new(),
            tags: BTreeMap::new(),
        }
    }

    /// Whether it belongs to an AWS service, which its path tells.
    #[must_use]
    pub fn is_service_linked(&self) -> bool {
        self.path.starts_with("/aws-service-role/")
    }
}
