//! Instance profiles: containers that hand a role to EC2 instances, one role each.

use std::collections::BTreeMap;

use super::checks::Checks;
use super::failures::{
    already_exists, delete_conflict, invalid_input, no_role, no_such_entity, protected_role, quota,
};
use super::named::{self, authorize_on, bare_arn};
use super::page::Page;
use super::shown::{self, answered, nothing, only};
use super::{InstanceProfile, Role, key, pass_role, tags};
use crate::authorize::Ask;
use crate::call::Call;
use crate::operation::Outcome;
use crate::state::State;
use crate::tag_on_create;
use rolecall_arn::AccountId;

/// Profiles of an account (IAM User Guide, "IAM and AWS STS quotas";
/// aws/karpenter-provider-aws#8838).
const MOST: usize = 1000;

pub(super) fn create_instance_profile(state: &mut State, call: &mut Call<'_>) -> Outcome {
    Checks::of(&call.parameters)
        .name("InstanceProfileName", 128)
        .path()
        .tags()
        .done()?;
    let account = call.account();
    let parameters = &call.parameters;
    let name = parameters.required("InstanceProfileName")?;
    let mut profile = InstanceProfile {
        path: parameters.text("Path").unwrap_or("/").to_owned(),
        ..InstanceProfile::new(account, name)
    };
    let given = parameters.tags("Tags");
    let arn = profile.arn(&state.partition);
    let ask = Ask::new("iam:CreateInstanceProfile", &arn)
        .request_tags(given.iter().map(|(key, value)| (&**key, &**value)));
    call.authorize(&ask)?;
    let pairs = given.iter().map(|(key, value)| (key, value));
    tag_on_create::authorize(call, "iam:TagInstanceProfile", &arn, pairs)?;
    if profile.path.starts_with("/aws-service-role/") {
        return Err(invalid_input(
            "Paths beginning with '/aws-service-role' are reserved for AWS Service Linked Roles",
        ));
    }
    let key = key(account, name);
    if state.iam.instance_profiles.contains(&key) {
        return Err(already_exists(format!(
            "Instance Profile {name} already exists."
        )));
    }
    let scope = super::key(account, "");
    if state.iam.instance_profiles.range(&scope, None).count() >= MOST {
        return Err(quota("InstanceProfilesPerAccount", MOST));
    }
    tags::add(&mut profile.tags, given)?;
    profile.id = call.ids().unique("AIPA", account);
    profile.created = call.now;
    let mut shown = shown::profile(state, &profile);
    shown::put_tags(&mut shown, &profile.tags);
    state.iam.instance_profiles.insert(&key, profile);
    answered(call, only("InstanceProfile", shown))
}

pub(super) fn get_instance_profile(state: &State, call: &mut Call<'_>) -> Outcome {
    Checks::of(&call.parameters)
        .name("InstanceProfileName", 128)
        .done()?;
    let profile = named::read::<InstanceProfile>(state, call)?;
    let mut shown = shown::profile(state, profile);
    shown.insert("Tags".to_owned(), shown::tag_list(&profile.tags));
    Ok(only("InstanceProfile", shown))
}

pub(super) fn list_instance_profiles(state: &State, call: &mut Call<'_>) -> Outcome {
    Checks::of(&call.parameters).prefix().done()?;
    let page = Page::of(&call.parameters)?;
    let path = call.parameters.text("PathPrefix").unwrap_or("/");
    let named = path.trim_start_matches('/');
    authorize_on(
        call,
        &bare_arn(state, call.account(), "instance-profile", named),
    )?;
    let scope = key(call.account(), "");
    let profiles = state
        .iam
        .instance_profiles
        .seen_after(&scope, page.after.as_deref())
        .filter(|(_, profile)| profile.path.starts_with(path));
    Ok(page.cut(profiles).answer("InstanceProfiles", |profile| {
        shown::profile(state, profile).into()
    }))
}

pub(super) fn list_instance_profiles_for_role(state: &State, call: &mut Call<'_>) -> Outcome {
    Checks::of(&call.parameters).name("RoleName", 64).done()?;
    let page = Page::of(&call.parameters)?;
    let role = named::read::<Role>(state, call)?;
    let scope = key(call.account(), "");
    let profiles = state
        .iam
        .instance_profiles
        .seen_after(&scope, page.after.as_deref())
        .filter(|(_, profile)| profile.holds(&role.name));
    Ok(page.cut(profiles).answer("InstanceProfiles", |profile| {
        shown::profile(state, profile).into()
    }))
}

pub(super) fn delete_instance_profile(state: &mut State, call: &mut Call<'_>) -> Outcome {
    Checks::of(&call.parameters)
        .name("InstanceProfileName", 128)
        .done()?;
    let key = named::write::<InstanceProfile>(state, call, |ask| ask)?;
    let profile = state.iam.instance_profiles.get(&key);
    if profile.is_some_and(|profile| profile.role.is_some()) {
        return Err(delete_conflict(
            "Cannot delete entity, must remove roles from instance profile first.",
        ));
    }
    state.iam.instance_profiles.remove(&key);
    nothing()
}

/// Needs `iam:PassRole` on the role, with its path (IAM API Reference, `AddRoleToInstanceProfile`).
pub(super) fn add_role_to_instance_profile(state: &mut State, call: &mut Call<'_>) -> Outcome {
    Checks::of(&call.parameters)
        .name("InstanceProfileName", 128)
        .name("RoleName", 64)
        .done()?;
    let key = named::write::<InstanceProfile>(state, call, |ask| ask)?;
    let name = call.parameters.required("RoleName")?;
    let role = state.iam.role(call.account(), name);
    let role = role.ok_or_else(|| no_role(name))?;
    pass_role::authorize(call, &role.arn(&state.partition), "ec2.amazonaws.com")?;
    if role.is_service_linked() {
        return Err(protected_role(&role.name));
    }
    let profile = state.iam.instance_profiles.get(&key);
    if profile.is_some_and(|profile| profile.role.is_some()) {
        return Err(quota("InstanceSessionsPerInstanceProfile", 1));
    }
    let role = role.name.clone();
    state
        .iam
        .instance_profiles
        .change(&key, |profile| profile.role = Some(role));
    nothing()
}

pub(super) fn remove_role_from_instance_profile(state: &mut State, call: &mut Call<'_>) -> Outcome {
    Checks::of(&call.parameters)
        .name("InstanceProfileName", 128)
        .name("RoleName", 64)
        .done()?;
    let key = named::write::<InstanceProfile>(state, call, |ask| ask)?;
    let name = call.parameters.required("RoleName")?;
    let role = state.iam.role(call.account(), name);
    let role = role.ok_or_else(|| no_role(name))?;
    let removed = {
        let role = role.name.clone();
        state.iam.instance_profiles.change(&key, |profile| {
            let held = profile.holds(&role);
            if held {
                profile.role = None;
            }
            held
        })
    };
    if removed != Some(true) {
        let profile = call.parameters.required("InstanceProfileName")?;
        return Err(no_such_entity(format!(
            "The role with name {name} cannot be found in instance profile {profile}."
        )));
    }
    nothing()
}

impl InstanceProfile {
    /// A profile with nothing but a name.
    /// [`Iam::put_instance_profile`](super::Iam::put_instance_profile) gives it an id and a time.
    #[must_use]
    pub fn new(account: AccountId, name: &str) -> Self {
        Self {
            account,
            name: name.to_owned(),
            path: "/".to_owned(),
            id: String::new(),
            created: jiff::Timestamp::default(),
            role: None,
            tags: BTreeMap::new(),
        }
    }

    /// Whether the role is in it.
    #[must_use]
    pub fn holds(&self, role: &str) -> bool {
        self.role
            .as_deref()
            .is_some_and(|held| held.eq_ignore_ascii_case(role))
    }
}
