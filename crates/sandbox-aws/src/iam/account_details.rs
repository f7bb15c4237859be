//! `GetAccountAuthorizationDetails`: all users, roles and policies with their relations.

use std::cell::LazyCell;

use serde_json::{Map, Value, json};

use super::aws_policies::AwsPolicy;
use super::checks::Checks;
use super::holder::Holder;
use super::named::authorize_on;
use super::page::Page;
use super::policies::{all_uses, listed};
use super::policy_versions::{shown_aws, shown_with_document};
use super::shown::{self, encoded, put_boundary};
use super::{ManagedPolicy, Role, User, attached_policies, key};
use crate::call::Call;
use crate::operation::Outcome;
use crate::state::State;

const KINDS: [&str; 5] = [
    "User",
    "Role",
    "Group",
    "LocalManagedPolicy",
    "AWSManagedPolicy",
];

/// A row of the details, before it is written out.
enum Detail<'s> {
    User(&'s User),
    Role(&'s Role),
    Local(&'s ManagedPolicy),
    OfAws(AwsPolicy),
}

/// Users come first, then roles, then the account's policies, then those of AWS that are in use; a
/// page may hold some of each.
pub(super) fn get_account_authorization_details(state: &State, call: &mut Call<'_>) -> Outcome {
    Checks::of(&call.parameters)
        .all_of("Filter", &KINDS)
        .done()?;
    let page = Page::of(&call.parameters)?;
    authorize_on(call, "*")?;
    let account = call.account();
    let filter = call.parameters.texts("Filter");
    let wants = |kind: &str| filter.is_empty() || filter.contains(&kind);
    let scope = key(account, "");
    let iam = &state.iam;
    let users = iam
        .users
        .seen_after(&scope, page.after_in("1/"))
        .filter(|_| wants("User"))
        .map(|(key, user)| (format!("1/{key}"), Detail::User(user)));
    let roles = iam
        .roles
        .seen_after(&scope, page.after_in("2/"))
        .filter(|_| wants("Role"))
        .map(|(key, role)| (format!("2/{key}"), Detail::Role(role)));
    let local = iam
        .policies
        .seen_after(&scope, page.after_in("3/"))
        .filter(|_| wants("LocalManagedPolicy"))
        .map(|(key, policy)| (format!("3/{key}"), Detail::Local(policy)));
    // How policies are used takes a look at every role: only the pages with policies need it.
    let uses = LazyCell::new(|| all_uses(state, account));
    let of_aws = AwsPolicy::all(&state.partition)
        .filter(|policy| wants("AWSManagedPolicy") && uses.contains_key(policy.arn.as_str()))
        .map(|policy| {
            let key = format!("4/{}", policy.heading.name);
            (key, Detail::OfAws(policy))
        });
    let (taken, mut answer) = page
        .cut(users.chain(roles).chain(local).chain(of_aws))
        .parts();
    let mut lists: [Vec<Value>; 3] = Default::default();
    let [users, roles, policies] = &mut lists;
    for detail in taken {
        match detail {
            Detail::User(user) => users.push(user_detail(state, user).into()),
            Detail::Role(role) => roles.push(role_detail(state, role).into()),
            Detail::Local(policy) => {
                let arn = policy.arn(&state.partition);
                let used = uses.get(arn.as_str()).copied().unwrap_or_default();
                let mut shown = listed(state, policy, used);
                if let Some(text) = &policy.description {
                    shown.insert("Description".to_owned(), text.as_str().into());
                }
                let versions: Vec<Value> = policy
                    .versions
                    .iter()
                    .map(|(number, version)| shown_with_document(policy, *number, version).into())
                    .collect();
                shown.insert("PolicyVersionList".to_owned(), versions.into());
                policies.push(shown.into());
            }
            Detail::OfAws(policy) => {
                let used = uses.get(policy.arn.as_str()).copied().unwrap_or_default();
                let mut shown = policy.shown(used);
                let mut version = shown_aws(&policy);
                let found = rolecall_policy::managed::find(&policy.arn);
                let document = found.map(|policy| encoded(policy.document));
                version.insert("Document".to_owned(), document.into());
                shown.insert("PolicyVersionList".to_owned(), json!([version]));
                policies.push(shown.into());
            }
        }
    }
    let [users, roles, policies] = lists;
    answer.insert("UserDetailList".to_owned(), users.into());
    answer.insert("GroupDetailList".to_owned(), json!([]));
    answer.insert("RoleDetailList".to_owned(), roles.into());
    answer.insert("Policies".to_owned(), policies.into());
    Ok(Value::Object(answer))
}

fn user_detail(state: &State, user: &User) -> Map<String, Value> {
    let mut shown = shown::user_listed(&state.partition, user);
    put_policies(&mut shown, user, "UserPolicyList");
    shown.insert("GroupList".to_owned(), json!([]));
    shown.insert("Tags".to_owned(), shown::tag_list(&user.tags));
    shown
}

fn role_detail(state: &State, role: &Role) -> Map<String, Value> {
    let mut shown = shown::role_brief(&state.partition, role);
    put_policies(&mut shown, role, "RolePolicyList");
    let profiles: Vec<Value> = state
        .iam
        .profiles_of(role.account, &role.name)
        .into_iter()
        .map(|profile| shown::profile(state, profile).into())
        .collect();
    shown.insert("InstanceProfileList".to_owned(), profiles.into());
    shown.insert("Tags".to_owned(), shown::tag_list(&role.tags));
    shown.insert("RoleLastUsed".to_owned(), json!({}));
    shown
}

fn put_policies<T: Holder>(shown: &mut Map<String, Value>, holder: &T, inline: &str) {
    let policies: Vec<Value> = holder
        .inline()
        .iter()
        .map(|(name, text)| json!({"PolicyName": name, "PolicyDocument": encoded(text)}))
        .collect();
    shown.insert(inline.to_owned(), policies.into());
    let attached: Vec<Value> = holder
        .attached()
        .iter()
        .map(|arn| attached_policies::shown(arn))
        .collect();
    shown.insert("AttachedManagedPolicies".to_owned(), attached.into());
    put_boundary(shown, holder.boundary());
}
