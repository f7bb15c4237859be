//! The operations on access entries.
//!
//! Checks come in the order EKS makes them, as far as it was measured (cdk-preflight, `pf-eks-*`):
//! permission, the form of ARN, type, account, user, service-linked role, user name and groups, the
//! cluster, its authentication mode, the principal in IAM, a duplicate. The order of the last two is
//! not known.

use serde_json::{Value, json};

use super::access_entry::{AccessEntry, EntryType};
use super::asking::{self, cluster_key, with_entries};
use super::node_admission;
use super::page::{self, epoch, listed, note_encoded, page};
use super::principal::{Principal, PrincipalKind};
use super::refusal::{in_use, invalid_parameter, not_found};
use super::state::ClusterKey;
use crate::call::Call;
use crate::failure::Failure;
use crate::iam::pass_role;
use crate::operation::Outcome;
use crate::state::State;

pub(super) fn create_access_entry(state: &mut State, call: &mut Call<'_>) -> Outcome {
    asking::on_new_entry(state, call)?;
    let key = cluster_key(call);
    let parameters = &call.parameters;
    let principal = principal(state, parameters.text("principalArn").unwrap_or_default())?;
    let kind = entry_type(parameters.text("type"))?;
    check_principal(&principal, kind, &key)?;
    check_modifiable(&principal, call)?;
    let username = parameters.text("username").filter(|name| !name.is_empty());
    let groups = parameters.texts("kubernetesGroups");
    check_settable(kind, username, &groups)?;
    check_username(username)?;
    check_groups(&groups)?;
    if asking::passes_role(kind) {
        pass_role::authorize(call, &principal.arn, "eks.amazonaws.com")?;
    }
    with_entries(state, call, &key)?;
    let id = principal.unique_id(state).ok_or_else(|| {
        invalid_parameter("The specified principalArn is invalid: invalid principal.")
    })?;
    if let Some(old) = state.eks.entries.get(&key.of(&principal.arn)) {
        if page::repeats(old.token.as_ref(), parameters) {
            return Ok(json!({"accessEntry": shown(state, old)}));
        }
        return Err(in_use(
            "The specified access entry resource is already in use on this cluster.",
        ));
    }
    let mut entry = AccessEntry::new(
        key.clone(),
        &principal,
        &id,
        kind,
        call.ids().uuid(),
        call.now,
    );
    if let Some(username) = username {
        username.clone_into(&mut entry.username);
    }
    entry.groups.extend(groups.into_iter().map(str::to_owned));
    entry.tags = page::tags(parameters);
    entry.token = page::token(parameters);
    let answer = json!({"accessEntry": shown(state, &entry)});
    state.eks.put_entry(entry);
    node_admission::join_where_possible(state, &key, call.now);
    Ok(answer)
}

pub(super) fn describe_access_entry(state: &State, call: &mut Call<'_>) -> Outcome {
    note_encoded(call, &["principalArn"]);
    asking::on_entry(state, call, "eks:DescribeAccessEntry")?;
    let entry = found(state, call)?;
    Ok(json!({"accessEntry": shown(state, entry)}))
}

pub(super) fn update_access_entry(state: &mut State, call: &mut Call<'_>) -> Outcome {
    note_encoded(call, &["principalArn"]);
    asking::on_entry(state, call, "eks:UpdateAccessEntry")?;
    let parameters = &call.parameters;
    let principal = principal(state, parameters.text("principalArn").unwrap_or_default())?;
    check_modifiable(&principal, call)?;
    let username = parameters.text("username").filter(|name| !name.is_empty());
    let groups = parameters.texts("kubernetesGroups");
    check_username(username)?;
    check_groups(&groups)?;
    let entry = found(state, call)?;
    check_settable(entry.kind, username, &groups)?;
    let replaced = parameters
        .get("kubernetesGroups")
        .filter(|_| entry.kind == EntryType::Standard)
        .is_some();
    let key = entry.cluster.of(&entry.principal_arn);
    // Whether AWS binds the entry to the principal's present id here is not known. Its documents
    // only say to delete and make it again, so here it stays as it was.
    state.eks.entries.change(&key, |entry| {
        if let Some(username) = username {
            username.clone_into(&mut entry.username);
        }
        if replaced {
            entry.groups = groups.iter().map(|group| (*group).to_owned()).collect();
        }
        entry.modified = call.now;
    });
    match state.eks.entries.get(&key) {
        Some(entry) => Ok(json!({"accessEntry": shown(state, entry)})),
        None => Err(no_entry()),
    }
}

pub(super) fn delete_access_entry(state: &mut State, call: &mut Call<'_>) -> Outcome {
    note_encoded(call, &["principalArn"]);
    asking::on_entry(state, call, "eks:DeleteAccessEntry")?;
    let principal = principal(
        state,
        call.parameters.text("principalArn").unwrap_or_default(),
    )?;
    check_modifiable(&principal, call)?;
    let entry = found(state, call)?;
    let key = entry.cluster.of(&entry.principal_arn);
    state.eks.entries.remove(&key);
    Ok(json!({}))
}

pub(super) fn list_access_entries(state: &State, call: &mut Call<'_>) -> Outcome {
    asking::on_cluster(state, call, "eks:ListAccessEntries")?;
    let key = cluster_key(call);
    with_entries(state, call, &key)?;
    let policy = call.parameters.text("associatedPolicyArn");
    let prefix = key.prefix();
    let entries = state
        .eks
        .entries
        .seen_range(&prefix)
        .into_iter()
        .filter(|(_, entry)| policy.is_none_or(|policy| entry.policies.contains_key(policy)))
        .map(|(key, entry)| (key.to_owned(), Value::from(entry.principal_arn.as_str())));
    let (found, next) = page(&call.parameters, entries)?;
    Ok(listed("accessEntries", found, next))
}

/// The principal of a request. An ARN of another partition has no form EKS knows; that it is
/// refused so is an inference.
pub(super) fn principal(state: &State, arn: &str) -> Result<Principal, Failure> {
    Principal::parse(arn)
        .filter(|principal| principal.partition == state.partition)
        .ok_or_else(|| invalid_parameter("The principalArn parameter format is not valid"))
}

/// The entry of a request, as the caller sees it.
pub(super) fn found<'a>(state: &'a State, call: &Call<'_>) -> Result<&'a AccessEntry, Failure> {
    let arn = call.parameters.text("principalArn").unwrap_or_default();
    principal(state, arn)?;
    let key = cluster_key(call);
    with_entries(state, call, &key)?;
    asking::seen_entry(state, call, &key, arn).ok_or_else(no_entry)
}

/// Users see what EKS made for its service-linked role and cannot change it (EKS User Guide, "Grant
/// IAM users and roles access to Kubernetes APIs"); EKS itself can.
pub(super) fn check_modifiable(principal: &Principal, call: &Call<'_>) -> Result<(), Failure> {
    let by_eks = call.caller().invoked_by() == Some("eks.amazonaws.com");
    if principal.is_service_linked() && !by_eks {
        return Err(invalid_parameter(
            "The caller is not allowed to modify access entries with a principalArn value of a \
             Service Linked Role",
        ));
    }
    Ok(())
}

pub(super) fn no_entry() -> Failure {
    not_found(
        "The specified principalArn could not be found. You can view your available access \
         entries with 'list-access-entries'.",
    )
}

/// What AWS says to an unknown type is not known; the sentence is ours.
fn entry_type(name: Option<&str>) -> Result<EntryType, Failure> {
    let Some(name) = name else {
        return Ok(EntryType::Standard);
    };
    EntryType::named(name)
        .ok_or_else(|| invalid_parameter(format!("The specified type is invalid: {name}")))
}

fn check_principal(
    principal: &Principal,
    kind: EntryType,
    key: &ClusterKey,
) -> Result<(), Failure> {
    const TYPES: &str = "[EC2_LINUX, EC2_WINDOWS, FARGATE_LINUX, HYBRID_LINUX, EC2]";
    if kind.is_bound_to_account() && principal.account != key.account {
        return Err(invalid_parameter(format!(
            "AccessEntry principalArn must be from the same account as the cluster when using \
             types {TYPES}"
        )));
    }
    // For `HYPERPOD_LINUX`, which the list of types leaves out, this is an inference.
    if kind != EntryType::Standard && principal.kind == PrincipalKind::User {
        return Err(invalid_parameter(format!(
            "AccessEntry principalArn must be IAM role when using types {TYPES}"
        )));
    }
    Ok(())
}

/// Measured for `EC2_LINUX` and `EC2_WINDOWS`; taken for the other node types, which have names and
/// groups of their own as well.
fn check_settable(kind: EntryType, username: Option<&str>, groups: &[&str]) -> Result<(), Failure> {
    let refused = |what: &str| {
        Err(invalid_parameter(format!(
            "The specified {what} is invalid: setting {what} is not allowed when the type is \"{kind}\""
        )))
    };
    if kind == EntryType::Standard {
        return Ok(());
    }
    if username.is_some() {
        return refused("username");
    }
    if !groups.is_empty() {
        return refused("kubernetesGroups");
    }
    Ok(())
}

const RESERVED: [&str; 5] = ["system:", "eks:", "aws:", "amazon:", "iam:"];

fn check_username(username: Option<&str>) -> Result<(), Failure> {
    let Some(username) = username else {
        return Ok(());
    };
    if let Some(prefix) = RESERVED
        .iter()
        .find(|prefix| username.starts_with(**prefix))
    {
        return Err(invalid_parameter(format!(
            "The username must not begin with {prefix}"
        )));
    }
    // The rule is documented (EKS User Guide, "Create access entries"); AWS's words for it are not.
    if let Some((before, _)) = username.split_once("{{SessionName}}")
        && !before.contains(':')
    {
        return Err(invalid_parameter(
            "The specified username is invalid: {{SessionName}} must be preceded by a colon",
        ));
    }
    Ok(())
}

fn check_groups(groups: &[&str]) -> Result<(), Failure> {
    for group in groups {
        if let Some(prefix) = RESERVED.iter().find(|prefix| group.starts_with(**prefix)) {
            return Err(invalid_parameter(format!(
                "The kubernetes group name {group} is invalid, it cannot start with {prefix}"
            )));
        }
    }
    Ok(())
}

/// The `accessEntry` member of an answer. All members are always there (EKS API Reference, samples).
fn shown(state: &State, entry: &AccessEntry) -> Value {
    json!({
        "clusterName": entry.cluster.name,
        "principalArn": entry.principal_arn,
        "kubernetesGroups": entry.groups,
        "accessEntryArn": entry.arn(&state.partition),
        "createdAt": epoch(entry.created),
        "modifiedAt": epoch(entry.modified),
        "tags": entry.tags,
        "username": entry.username,
        "type": entry.kind.as_str(),
    })
}
