//! Access policies and their association with entries.

use serde_json::{Map, Value, json};

use super::access_entries::{check_modifiable, found, no_entry, principal};
use super::access_entry::{AccessEntry, AccessScope, Association, EntryType};
use super::asking;
use super::page::{self, epoch, listed, note_encoded, page};
use super::refusal::{invalid_parameter, not_found};
use crate::authorize::Ask;
use crate::call::Call;
use crate::failure::Failure;
use crate::operation::Outcome;
use crate::state::State;

/// What nodes of Auto Mode need (EKS User Guide, "Create a Node Class for Amazon EKS").
pub(super) const AUTO_NODE: &str = "AmazonEKSAutoNodePolicy";
/// What a cluster's creator gets.
pub(super) const CLUSTER_ADMIN: &str = "AmazonEKSClusterAdminPolicy";
/// What Auto Mode's own controllers get (`AmazonEKSServiceRolePolicy` may associate them).
pub(super) const OF_AUTO_MODE: [&str; 8] = [
    "AmazonEKSBlockStorageClusterPolicy",
    "AmazonEKSBlockStoragePolicy",
    "AmazonEKSComputeClusterPolicy",
    "AmazonEKSComputePolicy",
    "AmazonEKSLoadBalancingClusterPolicy",
    "AmazonEKSLoadBalancingPolicy",
    "AmazonEKSNetworkingClusterPolicy",
    "AmazonEKSNetworkingPolicy",
];

/// Every known access policy, and whether a user may associate it. Those only EKS's service-linked
/// role may: EKS User Guide, "Review access policy permissions", and `AmazonEKSServiceRolePolicy`.
const POLICIES: [(&str, bool); 22] = [
    ("AmazonEKSAdminPolicy", true),
    ("AmazonEKSAdminViewPolicy", true),
    (AUTO_NODE, true),
    ("AmazonEKSBlockStorageClusterPolicy", false),
    ("AmazonEKSBlockStoragePolicy", false),
    (CLUSTER_ADMIN, true),
    ("AmazonEKSClusterInsightsPolicy", false),
    ("AmazonEKSComputeClusterPolicy", false),
    ("AmazonEKSComputePolicy", false),
    ("AmazonEKSEditPolicy", true),
    ("AmazonEKSEventPolicy", false),
    ("AmazonEKSHybridPolicy", false),
    ("AmazonEKSLoadBalancingClusterPolicy", false),
    ("AmazonEKSLoadBalancingPolicy", false),
    ("AmazonEKSNetworkingClusterPolicy", false),
    ("AmazonEKSNetworkingPolicy", false),
    ("AmazonEKSPodIdentityPolicy", false),
    ("AmazonEKSViewPolicy", true),
    ("AmazonEMRJobPolicy", true),
    ("AmazonSagemakerHyperpodClusterPolicy", true),
    ("AmazonSagemakerHyperpodControllerPolicy", true),
    ("AmazonSagemakerHyperpodSystemNamespacePolicy", true),
];

/// The ARN of an access policy.
pub(super) fn policy_arn(state: &State, name: &str) -> String {
    format!(
        "arn:{}:eks::aws:cluster-access-policy/{name}",
        state.partition
    )
}

pub(super) fn list_access_policies(state: &State, call: &mut Call<'_>) -> Outcome {
    call.authorize(&Ask::new("eks:ListAccessPolicies", "*"))?;
    let policies = POLICIES.iter().map(|(name, _)| {
        let shown = json!({"name": name, "arn": policy_arn(state, name)});
        ((*name).to_owned(), shown)
    });
    let (found, next) = page(&call.parameters, policies)?;
    Ok(listed("accessPolicies", found, next))
}

pub(super) fn associate_access_policy(state: &mut State, call: &mut Call<'_>) -> Outcome {
    note_encoded(call, &["principalArn"]);
    asking::on_entry(state, call, "eks:AssociateAccessPolicy")?;
    let parameters = &call.parameters;
    let principal = principal(state, parameters.text("principalArn").unwrap_or_default())?;
    check_modifiable(&principal, call)?;
    let arn = parameters.text("policyArn").unwrap_or_default();
    let name = policy_name(arn)?;
    let scope = scope(parameters.structure("accessScope"))?;
    let entry = found(state, call)?;
    check_takes_policies(entry, Some(name))?;
    let (_, by_users) = known(state, arn, name)?;
    let by_eks = call.caller().invoked_by() == Some("eks.amazonaws.com");
    if !by_users && !by_eks {
        // That users cannot is documented; AWS's words for it are not known.
        return Err(invalid_parameter(format!(
            "The policy {name} can only be associated by Amazon EKS"
        )));
    }
    let key = entry.cluster.of(&entry.principal_arn);
    let shown = state.eks.entries.change(&key, |entry| {
        entry.associate(arn, scope, call.now);
        entry
            .policies
            .get(arn)
            .map(|association| associated(arn, association))
    });
    Ok(json!({
        "clusterName": parameters.text("name"),
        "principalArn": principal.arn,
        "associatedAccessPolicy": shown.flatten().ok_or_else(no_entry)?,
    }))
}

pub(super) fn disassociate_access_policy(state: &mut State, call: &mut Call<'_>) -> Outcome {
    note_encoded(call, &["principalArn", "policyArn"]);
    asking::on_entry(state, call, "eks:DisassociateAccessPolicy")?;
    let parameters = &call.parameters;
    let principal = principal(state, parameters.text("principalArn").unwrap_or_default())?;
    check_modifiable(&principal, call)?;
    let arn = parameters.text("policyArn").unwrap_or_default();
    let name = policy_name(arn)?;
    let entry = found(state, call)?;
    check_takes_policies(entry, Some(name))?;
    let key = entry.cluster.of(&entry.principal_arn);
    let removed = state
        .eks
        .entries
        .change(&key, |entry| entry.policies.remove(arn).is_some());
    // What AWS says of a policy that is known and not associated is not known.
    if removed != Some(true) {
        return Err(no_policy());
    }
    Ok(json!({}))
}

pub(super) fn list_associated_access_policies(state: &State, call: &mut Call<'_>) -> Outcome {
    note_encoded(call, &["principalArn"]);
    asking::on_entry(state, call, "eks:ListAssociatedAccessPolicies")?;
    let entry = found(state, call)?;
    check_takes_policies(entry, None)?;
    let policies = entry
        .policies
        .iter()
        .map(|(arn, association)| (arn.clone(), associated(arn, association)));
    let (found, next) = page(&call.parameters, policies)?;
    let mut answer = listed("associatedAccessPolicies", found, next);
    if let Value::Object(members) = &mut answer {
        members.insert("clusterName".to_owned(), entry.cluster.name.as_str().into());
        members.insert(
            "principalArn".to_owned(),
            entry.principal_arn.as_str().into(),
        );
    }
    Ok(answer)
}

fn associated(arn: &str, association: &Association) -> Value {
    let scope = match &association.scope {
        AccessScope::Cluster => json!({"type": "cluster", "namespaces": []}),
        AccessScope::Namespaces(names) => json!({"type": "namespace", "namespaces": names}),
    };
    json!({
        "policyArn": arn,
        "accessScope": scope,
        "associatedAt": epoch(association.associated),
        "modifiedAt": epoch(association.modified),
    })
}

/// Entries for nodes take no policies, but those of Auto Mode need one: `AmazonEKSAutoNodePolicy`
/// (EKS User Guide, "Create a Node Class for Amazon EKS"; eksctl#8098). Whether another can be
/// associated with type `EC2` is not known; it is refused as for other nodes. So it is for
/// `FARGATE_LINUX`, `HYBRID_LINUX` and `HYPERPOD_LINUX`, where only the documents say so.
fn check_takes_policies(entry: &AccessEntry, name: Option<&str>) -> Result<(), Failure> {
    let takes = match entry.kind {
        EntryType::Standard => true,
        EntryType::Ec2 => name.is_none_or(|name| name == AUTO_NODE),
        _ => false,
    };
    if takes {
        return Ok(());
    }
    Err(invalid_parameter(
        "This operation can only be performed on Access Entries with a type of \"STANDARD\".",
    ))
}

fn policy_name(arn: &str) -> Result<&str, Failure> {
    let name = arn
        .strip_prefix("arn:")
        .and_then(|rest| rest.split_once(":eks::aws:cluster-access-policy/"))
        .map(|(_, name)| name)
        .filter(|name| !name.is_empty());
    name.ok_or_else(|| invalid_parameter("The policyArn parameter format is not valid"))
}

fn known(state: &State, arn: &str, name: &str) -> Result<(&'static str, bool), Failure> {
    POLICIES
        .into_iter()
        .find(|(known, _)| *known == name && policy_arn(state, known) == arn)
        .ok_or_else(no_policy)
}

/// The text was measured (cdk-preflight); that the code is this one is an inference.
fn no_policy() -> Failure {
    not_found("The specified policyArn could not be found.")
}

fn scope(scope: Option<&Map<String, Value>>) -> Result<AccessScope, Failure> {
    let empty = Map::new();
    let scope = scope.unwrap_or(&empty);
    let namespaces = page::texts(scope, "namespaces").unwrap_or_default();
    match scope.get("type").and_then(Value::as_str) {
        Some("namespace") if namespaces.is_empty() => Err(invalid_parameter(
            "At least 1 namespace must be provided if the type is set as namespace",
        )),
        Some("namespace") => Ok(AccessScope::Namespaces(namespaces)),
        _ if !namespaces.is_empty() => Err(invalid_parameter(
            "accessScope should not include namespaces if the type is not set as namespace",
        )),
        Some("cluster") => Ok(AccessScope::Cluster),
        // What AWS says to another type is not known.
        _ => Err(invalid_parameter(
            "The accessScope type must be cluster or namespace",
        )),
    }
}
