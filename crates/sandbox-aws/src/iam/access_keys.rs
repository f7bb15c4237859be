//! Access keys of users.

use rolecall_arn::AccountId;
use serde_json::{Map, Value, json};

use super::checks::Checks;
use super::failures::{no_such_entity, quota};
use super::named;
use super::page::Page;
use super::shown::{answered, date, nothing};
use super::users::name_the_caller;
use super::{AccessKey, Iam, User};
use crate::call::Call;
use crate::failure::Failure;
use crate::operation::Outcome;
use crate::state::State;

/// Keys a user may have (IAM User Guide, "IAM and AWS STS quotas").
const MOST: usize = 2;

/// The event leaves the secret out (CloudTrail User Guide, "Logging IAM and AWS STS API calls").
pub(super) fn create_access_key(state: &mut State, call: &mut Call<'_>) -> Outcome {
    name_the_caller(call)?;
    Checks::of(&call.parameters).name("UserName", 128).done()?;
    let row = named::write::<User>(state, call, |ask| ask)?;
    let account = call.account();
    let user = user_name(state, &row);
    if state.iam.keys_of(account, &user).count() >= MOST {
        return Err(quota("AccessKeysPerUser", MOST));
    }
    let id = call.ids().unique("AKIA", account);
    let made = AccessKey {
        account,
        user,
        secret: call.ids().secret(40),
        active: true,
        created: call.now,
    };
    let mut shown = shown(&id, &made);
    let secret = made.secret.clone();
    state.iam.access_keys.insert(&id, made);
    answered(call, json!({"AccessKey": shown.clone()}))?;
    shown.insert("SecretAccessKey".to_owned(), secret.into());
    Ok(json!({"AccessKey": shown}))
}

pub(super) fn list_access_keys(state: &State, call: &mut Call<'_>) -> Outcome {
    name_the_caller(call)?;
    Checks::of(&call.parameters).name("UserName", 128).done()?;
    let page = Page::of(&call.parameters)?;
    let user = named::read::<User>(state, call)?;
    let keys = state.iam.keys_of(call.account(), &user.name);
    let keys = keys.map(|(id, key)| (id, (id, key)));
    Ok(page
        .cut(keys)
        .answer("AccessKeyMetadata", |(id, key)| shown(id, key).into()))
}

pub(super) fn update_access_key(state: &mut State, call: &mut Call<'_>) -> Outcome {
    let id = access_key(state, call, true)?;
    let active = call.parameters.text("Status") == Some("Active");
    state.iam.access_keys.change(&id, |key| key.active = active);
    nothing()
}

pub(super) fn delete_access_key(state: &mut State, call: &mut Call<'_>) -> Outcome {
    let id = access_key(state, call, false)?;
    state.iam.access_keys.remove(&id);
    nothing()
}

/// Checks and authorises a call about one key, and gives its id.
fn access_key(state: &State, call: &mut Call<'_>, update: bool) -> Result<String, Failure> {
    name_the_caller(call)?;
    let mut checks = Checks::of(&call.parameters)
        .name("UserName", 128)
        .text("AccessKeyId", 16..=128);
    if update {
        checks = checks
            .text("Status", 1..=128)
            .one_of("Status", &["Active", "Inactive"]);
    }
    checks.done()?;
    let row = named::write::<User>(state, call, |ask| ask)?;
    let id = call.parameters.required("AccessKeyId")?;
    let user = user_name(state, &row);
    state
        .iam
        .access_keys
        .get(id)
        .filter(|key| key.account == call.account() && key.user == user)
        .map(|_| id.to_owned())
        .ok_or_else(|| no_such_entity(format!("The Access Key with id {id} cannot be found.")))
}

fn user_name(state: &State, row: &str) -> String {
    let user = state.iam.users.get(row);
    user.map(|user| user.name.clone()).unwrap_or_default()
}

fn shown(id: &str, key: &AccessKey) -> Map<String, Value> {
    let status = if key.active { "Active" } else { "Inactive" };
    let mut shown = Map::new();
    let mut put = |name: &str, value: Value| shown.insert(name.to_owned(), value);
    put("UserName", key.user.as_str().into());
    put("AccessKeyId", id.into());
    put("Status", status.into());
    put("CreateDate", date(key.created).into());
    shown
}

impl Iam {
    /// The access keys of a user, by id.
    pub(super) fn keys_of<'a>(
        &'a self,
        account: AccountId,
        user: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a AccessKey)> {
        self.access_keys
            .range("", None)
            .filter(move |(_, key)| key.account == account && key.user.eq_ignore_ascii_case(user))
    }
}
