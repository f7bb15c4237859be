//! How nodes of a managed group are let in, and what becomes of a group whose nodes are not.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::access_entry::EntryType;
use super::auto_mode;
use super::aws_auth::AwsAuthLine;
use super::cluster::Cluster;
use super::node_group::NodeGroup;
use super::principal::Principal;
use super::state::{ClusterKey, Doing};
use crate::call::Call;
use crate::state::State;

/// How long EKS waits for nodes to join (EKS User Guide, "Troubleshoot problems with Amazon EKS
/// clusters and nodes").
const WAIT_SECONDS: i64 = 15 * 60;

/// Registers a node role as EKS does for a group: as Linux nodes, whatever the group's images are
/// (terraform-aws-eks#3286).
pub(super) fn register(state: &mut State, call: &Call<'_>, cluster: &Cluster, role: &str) {
    let key = &cluster.key;
    if !cluster.authentication_mode.has_api() {
        let line = AwsAuthLine::of_nodes(key.clone(), role);
        state.eks.aws_auth.insert(&key.of(role), line);
    } else if state.eks.entry(key, role).is_none() {
        let kind = EntryType::Ec2Linux;
        auto_mode::put(state, call.ids(), key, role, kind, &[], call.now);
    }
}

/// Registers the roles of all groups, when a cluster opens its API.
pub(super) fn register_roles(state: &mut State, call: &Call<'_>, key: &ClusterKey) {
    let Some(cluster) = state.eks.cluster(key).cloned() else {
        return;
    };
    let roles: Vec<String> = state
        .eks
        .node_groups(key)
        .into_iter()
        .map(|group| group.node_role.clone())
        .collect();
    for role in roles {
        register(state, call, &cluster, &role);
    }
}

/// Whether nodes of a role are let in as far as EKS itself arranges it: by an entry for nodes that
/// is bound to the role as it is now, or by a line of `aws-auth`, which EKS writes with the path that
/// the authenticator does not have. What users write into `aws-auth` is not looked at.
pub(super) fn nodes_can_join(state: &State, cluster: &Cluster, role: &str) -> bool {
    let present = Principal::parse(role).and_then(|principal| principal.unique_id(state));
    if cluster.authentication_mode.has_api()
        && let Some(entry) = state.eks.entry(&cluster.key, role)
        && present.as_deref() == Some(entry.principal_id.as_str())
    {
        return matches!(entry.kind, EntryType::Ec2Linux | EntryType::Ec2Windows);
    }
    let has_path = role.matches('/').count() > 1;
    !cluster.authentication_mode.has_api() && present.is_some() && !has_path
}

/// Lets groups that still wait for their nodes find that they can join now.
pub(super) fn join_where_possible(state: &mut State, key: &ClusterKey, now: Timestamp) {
    let Some(cluster) = state.eks.cluster(key).cloned() else {
        return;
    };
    let waiting: Vec<String> = state
        .eks
        .node_groups(key)
        .into_iter()
        .filter(|group| !group.joined && !waited_enough(group, now))
        .filter(|group| nodes_can_join(state, &cluster, &group.node_role))
        .map(|group| key.of(&group.name))
        .collect();
    for group in waiting {
        state
            .eks
            .node_groups
            .change(&group, |group| group.joined = true);
    }
}

fn waited_enough(group: &NodeGroup, now: Timestamp) -> bool {
    now.as_second() - group.created.as_second() >= WAIT_SECONDS
}

/// Status and health issues. A dead entry shows as nothing but nodes that did not join
/// (aws/containers-roadmap#2441).
pub(super) fn judged(group: &NodeGroup, now: Timestamp) -> (&'static str, Vec<Value>) {
    let status = group.phase.status(now);
    if group.joined || group.phase.doing != Doing::Creating {
        return (status, Vec::new());
    }
    if !waited_enough(group, now) {
        return ("CREATING", Vec::new());
    }
    let issue = json!({
        "code": "NodeCreationFailure",
        "message": "Instances failed to join the kubernetes cluster",
        "resourceIds": [format!("DUMMY_{}", group.id)],
    });
    ("CREATE_FAILED", vec![issue])
}
