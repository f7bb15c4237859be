//! Access entries, access policies and the mappings of `aws-auth`.

use std::collections::BTreeMap;

use super::super::NewAccessEntry;
use super::super::entry_type::{groups, takes_groups, takes_policies, username};
use super::super::find::{Found, Home, made_by};
use super::{CannotApply, is_free, item, place, take_out};
use crate::{
    AccessEntry, AccessPolicyAssociation, AccessScope, AuthenticationMode, AwsAuth, AwsAuthRole,
    Completeness, Fact, Origin, Principal, Reference, Snapshot, Tag,
};

fn entry_of(principal: &str) -> String {
    format!("the access entry for {principal}")
}

/// Access entries are there only where the authentication mode has the API
/// (EKS User Guide, "Change authentication mode").
fn has_api(snapshot: &Snapshot, home: &Home) -> Result<(), CannotApply> {
    let cluster = home.cluster.and_then(|place| snapshot.clusters.get(place));
    match cluster.and_then(|cluster| cluster.authentication_mode.value()) {
        Some(AuthenticationMode::ConfigMap) => Err(CannotApply::Refused(
            "the cluster's authentication mode is CONFIG_MAP, which has no access entries"
                .to_owned(),
        )),
        _ => Ok(()),
    }
}

pub(super) fn create_entry(
    snapshot: &mut Snapshot,
    home: &Home,
    new: &NewAccessEntry,
) -> Result<(), CannotApply> {
    has_api(snapshot, home)?;
    is_free(home.entry(snapshot, &new.principal), || {
        entry_of(&new.principal)
    })?;
    let principal = Principal::parse(&new.principal);
    if !is_there(snapshot, home, &principal) {
        return Err(CannotApply::Refused(format!(
            "EKS makes no access entry for {}: there is no such role",
            new.principal
        )));
    }
    let sets_more = !new.kubernetes_groups.is_empty() || new.username.is_some();
    if sets_more && !takes_groups(&new.entry_type) {
        return Err(CannotApply::Refused(format!(
            "an access entry of type {} takes neither groups nor a user name",
            new.entry_type
        )));
    }
    let origin = made_by("eks:CreateAccessEntry", &new.principal);
    let entry = entry(home, snapshot, new, principal, origin);
    snapshot.access_entries.push(entry);
    Ok(())
}

/// An entry as it is read back. Its time stays open: it is later than anything in the snapshot.
pub(super) fn entry(
    home: &Home,
    snapshot: &Snapshot,
    new: &NewAccessEntry,
    principal: Principal,
    origin: Origin,
) -> AccessEntry {
    let given = new.username.clone();
    let username = given.map_or_else(
        || username(&new.entry_type, &principal, &origin),
        |name| Fact::known(name, origin.clone()),
    );
    AccessEntry {
        id: None,
        cluster: cluster_reference(home, snapshot, &origin),
        principal: Reference::by_value(Fact::known(principal, origin.clone())),
        entry_type: Fact::known(new.entry_type.clone(), origin.clone()),
        kubernetes_groups: groups(&new.entry_type, &new.kubernetes_groups, &origin),
        username: Some(username),
        tags: tags(&new.tags, &origin),
        created_at: None,
        made_by_this_change: false,
        policies_complete: Completeness::Complete,
        origin,
    }
}

pub(super) fn tags(tags: &BTreeMap<String, String>, origin: &Origin) -> Vec<Tag> {
    let tag = |(key, value): (&String, &String)| Tag {
        key: key.clone(),
        value: Fact::known(value.clone(), origin.clone()),
    };
    tags.iter().map(tag).collect()
}

/// How an object that is made names the cluster.
pub(super) fn cluster_reference(
    home: &Home,
    snapshot: &Snapshot,
    origin: &Origin,
) -> Reference<String> {
    let cluster = home.cluster.and_then(|place| snapshot.clusters.get(place));
    match cluster {
        Some(cluster) => Reference {
            value: cluster.name.clone(),
            object: cluster.id.clone(),
        },
        None => Reference::by_value(Fact::unknown_at(
            crate::Why::not_given("the cluster"),
            origin.clone(),
        )),
    }
}

/// Whether the principal may be there: EKS refuses one that is not (terraform-aws-modules/
/// terraform-aws-eks#2969). A role of the name under another path says that this one is not.
pub(in super::super) fn is_there(snapshot: &Snapshot, home: &Home, principal: &Principal) -> bool {
    let Principal::Role(wanted) = principal else {
        return true;
    };
    let account = wanted.account.or(home.account);
    if account != home.account {
        return true;
    }
    match home.role(snapshot, wanted.name.as_str()) {
        Found::At(place) => {
            let role = snapshot.roles.get(place);
            let known = role.and_then(|role| role.identity()).and_then(Result::ok);
            known.is_none_or(|known| {
                home.is_principal(&Principal::Role(known), &Principal::Role(wanted.clone()))
            })
        }
        Found::Nowhere => {
            !account.is_some_and(|account| snapshot.role_complete_accounts.contains(&account))
        }
        Found::Unclear => true,
    }
}

pub(super) fn delete_entry(
    snapshot: &mut Snapshot,
    home: &Home,
    principal: &str,
) -> Result<(), CannotApply> {
    has_api(snapshot, home)?;
    let place = place(home.entry(snapshot, principal), || entry_of(principal))?;
    let (associations, _) = home.associations(snapshot, principal);
    snapshot.access_entries.remove(place);
    take_out(&mut snapshot.access_policies, &associations);
    Ok(())
}

pub(super) fn associate(
    snapshot: &mut Snapshot,
    home: &Home,
    principal: &str,
    policy_arn: &str,
    scope: &AccessScope,
) -> Result<(), CannotApply> {
    has_api(snapshot, home)?;
    let of_entry = || entry_of(principal);
    let entry = place(home.entry(snapshot, principal), of_entry)?;
    let entry = item(&mut snapshot.access_entries, entry, of_entry)?;
    if let Some(kind) = entry.entry_type.value()
        && !takes_policies(kind)
    {
        return Err(CannotApply::Refused(format!(
            "EKS associates no access policy with an entry of type {kind}"
        )));
    }
    let (cluster, principal_fact) = (entry.cluster.clone(), entry.principal.clone());
    let origin = made_by("eks:AssociateAccessPolicy", principal);
    let scope = Fact::known(scope.clone(), origin.clone());
    match home.association(snapshot, principal, policy_arn) {
        Found::At(place) => {
            let what = || format!("{policy_arn} of {principal}");
            item(&mut snapshot.access_policies, place, what)?.scope = scope;
        }
        Found::Nowhere | Found::Unclear => {
            snapshot.access_policies.push(AccessPolicyAssociation {
                cluster,
                principal: principal_fact,
                policy_arn: Fact::known(policy_arn.to_owned(), origin.clone()),
                scope,
                origin,
            });
        }
    }
    Ok(())
}

pub(super) fn disassociate(
    snapshot: &mut Snapshot,
    home: &Home,
    principal: &str,
    policy_arn: &str,
) -> Result<(), CannotApply> {
    has_api(snapshot, home)?;
    let found = home.association(snapshot, principal, policy_arn);
    let place = place(found, || format!("{policy_arn} of {}", entry_of(principal)))?;
    snapshot.access_policies.remove(place);
    Ok(())
}

const AWS_AUTH: &str = "the aws-auth ConfigMap";

/// The mappings of the cluster's `aws-auth`.
fn mappings<'s>(
    snapshot: &'s mut Snapshot,
    home: &Home,
) -> Result<&'s mut Vec<AwsAuthRole>, CannotApply> {
    let place = place(home.aws_auth(snapshot), || AWS_AUTH.to_owned())?;
    let map = item(&mut snapshot.aws_auth, place, || AWS_AUTH.to_owned())?;
    match &mut map.map_roles {
        Fact::Known { value, .. } => Ok(value),
        Fact::Unknown { .. } => Err(CannotApply::NotKnown(format!("what is in {AWS_AUTH}"))),
    }
}

pub(super) fn map_role(
    snapshot: &mut Snapshot,
    home: &Home,
    role_arn: &str,
    username: &str,
    groups: &[String],
) -> Result<(), CannotApply> {
    let origin = made_by("kubernetes:patch", "kube-system/aws-auth");
    let mapping = AwsAuthRole {
        role_arn: Fact::known(role_arn.to_owned(), origin.clone()),
        username: Fact::known(username.to_owned(), origin.clone()),
        groups: Fact::known(groups.to_vec(), origin.clone()),
        origin: origin.clone(),
    };
    if home.aws_auth(snapshot) == Found::Nowhere {
        let cluster = cluster_reference(home, snapshot, &origin);
        snapshot.aws_auth.push(AwsAuth {
            cluster: Some(cluster),
            map_roles: Fact::known(vec![mapping], origin.clone()),
            problems: Vec::new(),
            origin,
        });
        return Ok(());
    }
    let mappings = mappings(snapshot, home)?;
    let same = home.mappings(mappings, role_arn);
    if same.is_some_and(|same| !same.is_empty()) {
        return Err(CannotApply::AlreadyThere(format!(
            "a mapping of {role_arn}"
        )));
    }
    mappings.push(mapping);
    Ok(())
}

pub(super) fn unmap_role(
    snapshot: &mut Snapshot,
    home: &Home,
    role_arn: &str,
) -> Result<(), CannotApply> {
    let mappings = mappings(snapshot, home)?;
    let places = mapped(mappings, home, role_arn)?;
    take_out(mappings, &places);
    Ok(())
}

pub(super) fn remap_role(
    snapshot: &mut Snapshot,
    home: &Home,
    from: &str,
    to: &str,
) -> Result<(), CannotApply> {
    let mappings = mappings(snapshot, home)?;
    let places = mapped(mappings, home, from)?;
    let in_the_way = home.mappings(mappings, to).unwrap_or_default();
    if in_the_way.iter().any(|place| !places.contains(place)) {
        return Err(CannotApply::AlreadyThere(format!("a mapping of {to}")));
    }
    let origin = made_by("kubernetes:patch", "kube-system/aws-auth");
    for place in places {
        let mapping = item(mappings, place, || format!("the mapping of {from}"))?;
        mapping.role_arn = Fact::known(to.to_owned(), origin.clone());
    }
    Ok(())
}

fn mapped(
    mappings: &[AwsAuthRole],
    home: &Home,
    role_arn: &str,
) -> Result<Vec<usize>, CannotApply> {
    let what = || format!("the mapping of {role_arn}");
    match home.mappings(mappings, role_arn) {
        Some(places) if places.is_empty() => Err(CannotApply::NotThere(what())),
        Some(places) => Ok(places),
        None => Err(CannotApply::NotKnown(what())),
    }
}
