//! Roles, their policies, and instance profiles.

use super::super::NewRole;
use super::super::find::{Found, Home, indices, inline, made_by};
use super::access::tags;
use super::{CannotApply, is_free, item, place};
use crate::{
    Completeness, Fact, NamedDocument, PolicyDocument, Principal, Reference, Role, Snapshot,
};

fn role_named(name: &str) -> String {
    format!("role `{name}`")
}

fn the_role<'s>(
    snapshot: &'s mut Snapshot,
    home: &Home,
    name: &str,
) -> Result<&'s mut Role, CannotApply> {
    let place = place(home.role(snapshot, name), || role_named(name))?;
    item(&mut snapshot.roles, place, || role_named(name))
}

/// Makes a role. Names are unique in an account, whatever the path (IAM API Reference, `CreateRole`).
pub(super) fn create_role(
    snapshot: &mut Snapshot,
    home: &Home,
    new: &NewRole,
) -> Result<(), CannotApply> {
    is_free(home.role(snapshot, &new.name), || role_named(&new.name))?;
    let origin = made_by("iam:CreateRole", &new.name);
    snapshot.roles.push(Role {
        id: None,
        partition: home.partition.clone(),
        account: home.account,
        name: Fact::known(new.name.clone(), origin.clone()),
        path: Fact::known(new.path.clone(), origin.clone()),
        unique_id: None,
        created_at: None,
        replaced: None,
        tags: tags(&new.tags, &origin),
        trust: Fact::known(PolicyDocument::whole(&new.trust), origin.clone()),
        inline_policies: Vec::new(),
        attached_policies: Vec::new(),
        policies_complete: Completeness::Complete,
        permissions_boundary: new
            .boundary
            .as_ref()
            .map(|arn| Reference::by_value(Fact::known(arn.clone(), origin.clone()))),
        origin,
    });
    Ok(())
}

/// Deletes a role. IAM refuses one that has policies or is in an instance profile
/// (IAM API Reference, `DeleteRole`).
pub(super) fn delete_role(
    snapshot: &mut Snapshot,
    home: &Home,
    name: &str,
) -> Result<(), CannotApply> {
    let place = place(home.role(snapshot, name), || role_named(name))?;
    let role = item(&mut snapshot.roles, place, || role_named(name))?;
    if !role.inline_policies.is_empty() || !role.attached_policies.is_empty() {
        return Err(CannotApply::Refused(format!(
            "role `{name}` still has policies"
        )));
    }
    let profiles = indices(&snapshot.instance_profiles, |profile| {
        let inside = home.role_in(snapshot, profile).flatten();
        inside.is_some_and(|inside| home.is_text(&inside, name))
    });
    if !profiles.is_empty() {
        return Err(CannotApply::Refused(format!(
            "role `{name}` is still in an instance profile"
        )));
    }
    snapshot.roles.remove(place);
    Ok(())
}

pub(super) fn set_trust(
    snapshot: &mut Snapshot,
    home: &Home,
    name: &str,
    document: &str,
) -> Result<(), CannotApply> {
    let role = the_role(snapshot, home, name)?;
    let origin = made_by("iam:UpdateAssumeRolePolicy", name);
    role.trust = Fact::known(PolicyDocument::whole(document), origin);
    Ok(())
}

/// Attaches a policy; one that is attached already stays as it is.
pub(super) fn attach(
    snapshot: &mut Snapshot,
    home: &Home,
    name: &str,
    policy_arn: &str,
) -> Result<(), CannotApply> {
    let place = place(home.role(snapshot, name), || role_named(name))?;
    let role = snapshot.roles.get(place);
    if role.is_some_and(|role| home.attached(snapshot, role, policy_arn).place().is_some()) {
        return Ok(());
    }
    let origin = made_by("iam:AttachRolePolicy", name);
    let role = item(&mut snapshot.roles, place, || role_named(name))?;
    role.attached_policies.push(Reference::by_value(Fact::known(
        policy_arn.to_owned(),
        origin,
    )));
    Ok(())
}

pub(super) fn detach(
    snapshot: &mut Snapshot,
    home: &Home,
    name: &str,
    policy_arn: &str,
) -> Result<(), CannotApply> {
    let at = place(home.role(snapshot, name), || role_named(name))?;
    let what = || format!("{policy_arn} at role `{name}`");
    let role = snapshot.roles.get(at);
    let found = role.map_or(Found::Nowhere, |role| {
        home.attached(snapshot, role, policy_arn)
    });
    let policy = place(found, what)?;
    item(&mut snapshot.roles, at, what)?
        .attached_policies
        .remove(policy);
    Ok(())
}

pub(super) fn put_inline(
    snapshot: &mut Snapshot,
    home: &Home,
    role: &str,
    (name, document): (&str, &str),
) -> Result<(), CannotApply> {
    let origin = made_by("iam:PutRolePolicy", &format!("{role}/{name}"));
    let role = the_role(snapshot, home, role)?;
    let document = Fact::known(PolicyDocument::whole(document), origin);
    match inline(role, name) {
        Found::Nowhere => role.inline_policies.push(NamedDocument {
            name: name.to_owned(),
            document,
        }),
        found => {
            let what = || format!("inline policy `{name}`");
            let place = place(found, what)?;
            item(&mut role.inline_policies, place, what)?.document = document;
        }
    }
    Ok(())
}

pub(super) fn delete_inline(
    snapshot: &mut Snapshot,
    home: &Home,
    role: &str,
    name: &str,
) -> Result<(), CannotApply> {
    let found = the_role(snapshot, home, role)?;
    let place = place(inline(found, name), || {
        format!("inline policy `{name}` of role `{role}`")
    })?;
    found.inline_policies.remove(place);
    Ok(())
}

/// Puts a role into an instance profile, which holds one at most
/// (IAM User Guide, "Use instance profiles").
pub(super) fn add_to_profile(
    snapshot: &mut Snapshot,
    home: &Home,
    profile: &str,
    role: &str,
) -> Result<(), CannotApply> {
    let what = || format!("instance profile `{profile}`");
    let at = place(home.profile(snapshot, profile), what)?;
    let found = snapshot.instance_profiles.get(at);
    if found.is_some_and(|found| found.role.is_some()) {
        return Err(CannotApply::AlreadyThere(format!("a role in {}", what())));
    }
    let origin = made_by("iam:AddRoleToInstanceProfile", profile);
    let declared = home.role(snapshot, role).place();
    let declared = declared.and_then(|place| snapshot.roles.get(place));
    let identity = declared.and_then(|role| role.identity()?.ok());
    let principal = identity.map_or_else(|| Principal::Other(role.to_owned()), Principal::Role);
    let reference = Reference {
        value: Fact::known(principal, origin),
        object: declared.and_then(|role| role.id.clone()),
    };
    item(&mut snapshot.instance_profiles, at, what)?.role = Some(reference);
    Ok(())
}

pub(super) fn remove_from_profile(
    snapshot: &mut Snapshot,
    home: &Home,
    profile: &str,
    role: &str,
) -> Result<(), CannotApply> {
    let what = || format!("role `{role}` in instance profile `{profile}`");
    let at = place(home.profile(snapshot, profile), what)?;
    let found = snapshot.instance_profiles.get(at);
    let inside = found.and_then(|found| home.role_in(snapshot, found));
    match inside {
        None => Err(CannotApply::NotKnown(what())),
        Some(Some(inside)) if home.is_text(&inside, role) => {
            item(&mut snapshot.instance_profiles, at, what)?.role = None;
            Ok(())
        }
        Some(_) => Err(CannotApply::NotThere(what())),
    }
}
