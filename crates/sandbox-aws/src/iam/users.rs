//! Users.

use serde_json::Value;

use super::attached_policies::attachable;
use super::checks::Checks;
use super::failures::{already_exists, delete_conflict, validation};
use super::named::{self, authorize_on, bare_arn};
use super::page::Page;
use super::shown::{self, answered, nothing, only};
use super::{User, key, tags, trust};
use crate::authorize::Ask;
use crate::call::Call;
use crate::caller::CallerKind;
use crate::event::lower_camel;
use crate::failure::Failure;
use crate::operation::Outcome;
use crate::state::State;
use crate::tag_on_create;

pub(super) fn create_user(state: &mut State, call: &mut Call<'_>) -> Outcome {
    Checks::of(&call.parameters)
        .path()
        .name("UserName", 64)
        .optional_arn("PermissionsBoundary")
        .tags()
        .done()?;
    let account = call.account();
    let parameters = &call.parameters;
    let name = parameters.required("UserName")?;
    let mut user = User {
        path: parameters.text("Path").unwrap_or("/").to_owned(),
        boundary: parameters.text("PermissionsBoundary").map(str::to_owned),
        ..User::new(account, name)
    };
    let given = parameters.tags("Tags");
    let arn = user.arn(&state.partition);
    let ask = Ask::new("iam:CreateUser", &arn)
        .with_some("iam:PermissionsBoundary", user.boundary.as_deref())
        .request_tags(given.iter().map(|(key, value)| (&**key, &**value)));
    call.authorize(&ask)?;
    let pairs = given.iter().map(|(key, value)| (key, value));
    tag_on_create::authorize(call, "iam:TagUser", &arn, pairs)?;
    if let Some(boundary) = &user.boundary {
        attachable(state, account, boundary)?;
    }
    let key = key(account, name);
    if state.iam.users.contains(&key) {
        return Err(already_exists(format!(
            "User with name {name} already exists."
        )));
    }
    tags::add(&mut user.tags, given)?;
    user.id = call.ids().unique("AIDA", account);
    user.created = call.now;
    let shown = shown::user(&state.partition, &user);
    state.iam.users.insert(&key, user);
    answered(call, only("User", shown))
}

pub(super) fn get_user(state: &State, call: &mut Call<'_>) -> Outcome {
    name_the_caller(call)?;
    Checks::of(&call.parameters).name("UserName", 128).done()?;
    let user = named::read::<User>(state, call)?;
    Ok(only("User", shown::user(&state.partition, user)))
}

pub(super) fn list_users(state: &State, call: &mut Call<'_>) -> Outcome {
    Checks::of(&call.parameters).prefix().done()?;
    let page = Page::of(&call.parameters)?;
    let path = call.parameters.text("PathPrefix").unwrap_or("/");
    let named = path.trim_start_matches('/');
    authorize_on(call, &bare_arn(state, call.account(), "user", named))?;
    let scope = key(call.account(), "");
    let users = state
        .iam
        .users
        .seen_after(&scope, page.after.as_deref())
        .filter(|(_, user)| user.path.starts_with(path));
    Ok(page.cut(users).answer("Users", |user| {
        shown::user_listed(&state.partition, user).into()
    }))
}

pub(super) fn delete_user(state: &mut State, call: &mut Call<'_>) -> Outcome {
    Checks::of(&call.parameters).name("UserName", 128).done()?;
    let key = named::write::<User>(state, call, |ask| ask)?;
    let name = call.parameters.required("UserName")?;
    let has_keys = state.iam.keys_of(call.account(), name).next().is_some();
    let held = state.iam.users.get(&key).and_then(|user| {
        if has_keys {
            Some("delete access keys")
        } else if !user.attached.is_empty() {
            Some("detach all policies")
        } else if !user.inline.is_empty() {
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
    if let Some(user) = state.iam.users.remove(&key) {
        let arn = user.arn(&state.partition);
        trust::forget(state, &arn, &user.id);
    }
    nothing()
}

/// Some calls are about the calling user when they name none. The event keeps what was sent.
pub(super) fn name_the_caller(call: &mut Call<'_>) -> Result<(), Failure> {
    if call.parameters.text("UserName").is_some() {
        return Ok(());
    }
    let CallerKind::User { name } = &call.caller().kind else {
        return Err(validation(
            "Must specify userName when calling with non-User credentials",
        ));
    };
    let name = name.clone();
    let sent = call.parameters.all();
    let recorded = if sent.is_empty() {
        Value::Null
    } else {
        lower_camel(&Value::Object(sent.clone()))
    };
    call.notes.request_parameters = Some(recorded);
    call.parameters.set("UserName", name);
    Ok(())
}

impl User {
    /// A user with nothing but a name. [`Iam::put_user`](super::Iam::put_user) gives it an id and a
    /// time.
    #[must_use]
    pub fn new(account: rolecall_arn::AccountId, name: &str) -> Self {
        Self {
            account,
            name: name.to_owned(),
            path: "/".to_owned(),
            id: String::new(),
            created: jiff::Timestamp::default(),
            boundary: None,
            inline: std::collections::BTreeMap::new(),
            attached: Vec::new(),
            tags: std::collections::BTreeMap::new(),
        }
    }
}
