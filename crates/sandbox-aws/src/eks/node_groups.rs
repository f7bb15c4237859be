//! The operations on managed node groups.
//!
//! A group registers its role by itself: an entry of type `EC2_LINUX` when the cluster has access
//! entries and none is there for the role, a line in `aws-auth` otherwise. It never takes the entry
//! away again (aws/containers-roadmap#2441, eksctl#8516).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::access_entry::EntryType;
use super::asking::{self, cluster_key, existing};
use super::auto_mode;
use super::aws_auth::AwsAuthLine;
use super::cluster::Cluster;
use super::node_group::{NodeGroup, Scaling};
use super::page::{self, listed, page};
use super::principal::Principal;
use super::refusal::{in_use, invalid_parameter, invalid_request, not_found};
use super::service_roles::{OF_NODE_GROUPS, Trust, trust};
use super::state::{ClusterKey, Doing, Phase};
use super::update::{Subject, begin, repeated};
use super::versions;
use crate::authorize::Ask;
use crate::call::Call;
use crate::failure::Failure;
use crate::iam::{self, InstanceProfile};
use crate::operation::Outcome;
use crate::state::State;

/// How long EKS waits for nodes to join (EKS User Guide, "Troubleshoot problems with Amazon EKS
/// clusters and nodes").
const WAIT_SECONDS: i64 = 15 * 60;

/// Settings that change nothing in the sandbox: kept and shown.
const KEPT: [&str; 12] = [
    "capacityType",
    "instanceTypes",
    "subnets",
    "remoteAccess",
    "amiType",
    "diskSize",
    "updateConfig",
    "nodeRepairConfig",
    "launchTemplate",
    "warmPoolConfig",
    "releaseVersion",
    "taints",
];

/// The ARN of a group; its last part is `*` for one that does not exist.
pub(super) fn arn(state: &State, key: &ClusterKey, name: &str) -> String {
    match state.eks.node_groups.get(&key.of(name)) {
        Some(group) => group.arn(&state.partition),
        None => key.arn_of(
            &state.partition,
            "nodegroup",
            &format!("{}/{name}/*", key.name),
        ),
    }
}

fn on_group(state: &State, call: &Call<'_>, action: &str) -> Result<(), Failure> {
    let key = cluster_key(call);
    let name = call.parameters.text("nodegroupName").unwrap_or_default();
    let arn = arn(state, &key, name);
    let mut ask = Ask::new(action, &arn);
    if let Some(group) = state.eks.node_groups.get(&key.of(name)) {
        ask = ask.resource_tags(&group.tags);
    }
    call.authorize(&ask)
}

fn found<'a>(state: &'a State, call: &Call<'_>) -> Result<&'a NodeGroup, Failure> {
    let key = cluster_key(call);
    existing(state, call, &key)?;
    let name = call.parameters.text("nodegroupName").unwrap_or_default();
    state
        .eks
        .node_groups
        .get(&key.of(name))
        .filter(|group| !group.phase.is_gone(call.now))
        .ok_or_else(|| {
            not_found(format!("No node group found for name: {name}."))
                .with("clusterName", key.name.as_str())
                .with("nodegroupName", name)
        })
}

pub(super) fn create_nodegroup(state: &mut State, call: &mut Call<'_>) -> Outcome {
    asking::on_cluster(state, call, "eks:CreateNodegroup")?;
    let key = cluster_key(call);
    let parameters = &call.parameters;
    let role = parameters.text("nodeRole").unwrap_or_default().to_owned();
    asking::pass_role(call, &role, "eks.amazonaws.com")?;
    let cluster = existing(state, call, &key)?.clone();
    let name = parameters.text("nodegroupName").unwrap_or_default();
    let old = state.eks.node_groups.get(&key.of(name));
    if let Some(old) = old.filter(|old| !old.phase.is_gone(call.now)) {
        if page::repeats(old.token.as_ref(), parameters) {
            return Ok(json!({"nodegroup": old.shown(&state.partition, "CREATING", &[])}));
        }
        return Err(in_use(format!(
            "NodeGroup already exists with name {name} and cluster name {}",
            key.name
        ))
        .with("clusterName", key.name.as_str())
        .with("nodegroupName", name));
    }
    check_trust(state, &role)?;
    let id = call.ids().uuid();
    let mut group = NodeGroup::new(key.clone(), name, &id, &role, call.now);
    group.version.clone_from(&cluster.version);
    if let Some(version) = parameters.text("version") {
        if !versions::is_known(version) {
            return Err(invalid_parameter(
                "Requested Nodegroup version is not supported",
            ));
        }
        version.clone_into(&mut group.version);
    }
    if let Some(scaling) = parameters.structure("scalingConfig") {
        group.scaling = scaled(group.scaling, scaling)?;
    }
    group.labels = labels(parameters.structure("labels"));
    for name in KEPT {
        if let Some(value) = parameters.get(name) {
            group.settings.insert(name.to_owned(), value.clone());
        }
    }
    group.tags = page::tags(parameters);
    group.token = page::token(parameters);
    group.phase = Phase::begin(Doing::Creating, call.now, state.eks.times.node_group);
    OF_NODE_GROUPS.ensure(state, call);
    make_instance_profile(state, call, &group);
    register(state, call, &cluster, &role);
    group.joined = group.scaling.desired == 0 || nodes_can_join(state, &cluster, &role);
    let answer = json!({"nodegroup": group.shown(&state.partition, "CREATING", &[])});
    state.eks.put_node_group(group);
    Ok(answer)
}

/// EKS looks at the trust policy before it makes anything; the text is in many reports.
fn check_trust(state: &State, role: &str) -> Result<(), Failure> {
    const NODES: &str = "ec2.amazonaws.com";
    match trust(state, role, NODES) {
        Trust::Trusts => Ok(()),
        Trust::Refuses => Err(invalid_parameter(format!(
            "Following required service principals [{NODES}] were not found in the trust \
             relationships of nodeRole {role}"
        ))),
        // EKS asks IAM by name; which words it passes on is not known for sure.
        Trust::Missing => {
            let name = role.rsplit('/').next().unwrap_or_default();
            Err(invalid_parameter(format!(
                "The role with name {name} cannot be found."
            )))
        }
    }
}

/// A group's profile is at the root path whatever its role's path is (EKS User Guide, sample event
/// of a node group).
fn make_instance_profile(state: &mut State, call: &Call<'_>, group: &NodeGroup) {
    let account = group.cluster.account;
    let name = &group.instance_profile;
    let role = group.node_role.rsplit('/').next().map(str::to_owned);
    let profile = InstanceProfile {
        account,
        name: name.clone(),
        path: "/".to_owned(),
        id: call.ids().unique("AIPA", account),
        created: call.now,
        role,
        tags: BTreeMap::new(),
    };
    state
        .iam
        .put_instance_profile(call.ids(), call.now, profile);
    state.touch();
}

/// Registers a node role as EKS does for a group: as Linux nodes, whatever the group's images are
/// (terraform-aws-eks#3286).
fn register(state: &mut State, call: &Call<'_>, cluster: &Cluster, role: &str) {
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
fn nodes_can_join(state: &State, cluster: &Cluster, role: &str) -> bool {
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
fn judged(group: &NodeGroup, now: Timestamp) -> (&'static str, Vec<Value>) {
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

pub(super) fn describe_nodegroup(state: &State, call: &mut Call<'_>) -> Outcome {
    on_group(state, call, "eks:DescribeNodegroup")?;
    let group = found(state, call)?;
    let (status, issues) = judged(group, call.now);
    Ok(json!({"nodegroup": group.shown(&state.partition, status, &issues)}))
}

pub(super) fn list_nodegroups(state: &State, call: &mut Call<'_>) -> Outcome {
    asking::on_cluster(state, call, "eks:ListNodegroups")?;
    let key = cluster_key(call);
    existing(state, call, &key)?;
    let prefix = key.prefix();
    let groups = state
        .eks
        .node_groups
        .range(&prefix, None)
        .filter(|(_, group)| !group.phase.is_gone(call.now))
        .map(|(key, group)| (key.to_owned(), Value::from(group.name.as_str())));
    let (found, next) = page(&call.parameters, groups)?;
    Ok(listed("nodegroups", found, next))
}

pub(super) fn delete_nodegroup(state: &mut State, call: &mut Call<'_>) -> Outcome {
    on_group(state, call, "eks:DeleteNodegroup")?;
    let group = found(state, call)?.clone();
    let key = group.cluster.of(&group.name);
    let phase = Phase::begin(Doing::Deleting, call.now, state.eks.times.node_group);
    if phase.is_gone(call.now) {
        state.eks.node_groups.remove(&key);
    } else {
        state.eks.node_groups.change(&key, |row| row.phase = phase);
    }
    let profile = iam::key(group.cluster.account, &group.instance_profile);
    state.iam.instance_profiles.remove(&profile);
    state.touch();
    Ok(json!({"nodegroup": group.shown(&state.partition, "DELETING", &[])}))
}

pub(super) fn update_nodegroup_config(state: &mut State, call: &mut Call<'_>) -> Outcome {
    on_group(state, call, "eks:UpdateNodegroupConfig")?;
    let mut group = found(state, call)?.clone();
    let parameters = &call.parameters;
    let mut params = Vec::new();
    if let Some(scaling) = parameters.structure("scalingConfig") {
        group.scaling = scaled(group.scaling, scaling)?;
        params.push(("MinSize", group.scaling.min.to_string()));
        params.push(("MaxSize", group.scaling.max.to_string()));
        params.push(("DesiredSize", group.scaling.desired.to_string()));
    }
    if let Some(changes) = parameters.structure("labels") {
        let added = labels(changes.get("addOrUpdateLabels").and_then(Value::as_object));
        if !added.is_empty() {
            params.push(("LabelsToAdd", json!(added).to_string()));
        }
        group.labels.extend(added);
        let removed = page::texts(changes, "removeLabels").unwrap_or_default();
        for label in &removed {
            group.labels.remove(label);
        }
        if !removed.is_empty() {
            params.push(("LabelsToRemove", json!(removed).to_string()));
        }
    }
    if let Some(changes) = parameters.structure("taints") {
        params.extend(retaint(&mut group, changes));
    }
    for (name, param) in [
        ("updateConfig", "MaxUnavailable"),
        ("nodeRepairConfig", "NodeRepairConfig"),
        ("warmPoolConfig", "WarmPoolState"),
    ] {
        if let Some(value) = parameters.get(name) {
            params.push((param, value.to_string()));
            group.settings.insert(name.to_owned(), value.clone());
        }
    }
    change(state, call, group, "ConfigUpdate", params)
}

fn retaint(group: &mut NodeGroup, changes: &Map<String, Value>) -> Vec<(&'static str, String)> {
    let items = |name: &str| {
        let items = changes.get(name).and_then(Value::as_array);
        items.cloned().unwrap_or_default()
    };
    let same = |one: &Value, other: &Value| {
        one.get("key") == other.get("key") && one.get("effect") == other.get("effect")
    };
    let (added, removed) = (items("addOrUpdateTaints"), items("removeTaints"));
    let mut taints: Vec<Value> = group
        .settings
        .get("taints")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    taints.retain(|taint| !removed.iter().chain(&added).any(|other| same(taint, other)));
    taints.extend(added.clone());
    group.settings.insert("taints".to_owned(), taints.into());
    [("TaintsToAdd", added), ("TaintsToRemove", removed)]
        .into_iter()
        .filter(|(_, taints)| !taints.is_empty())
        .map(|(param, taints)| (param, Value::from(taints).to_string()))
        .collect()
}

pub(super) fn update_nodegroup_version(state: &mut State, call: &mut Call<'_>) -> Outcome {
    on_group(state, call, "eks:UpdateNodegroupVersion")?;
    let mut group = found(state, call)?.clone();
    let parameters = &call.parameters;
    let cluster = existing(state, call, &group.cluster)?;
    let to = parameters.text("version").unwrap_or(&cluster.version);
    if !versions::is_known(to) || versions::minor(to) > versions::minor(&cluster.version) {
        return Err(invalid_request(format!(
            "Nodegroup Kubernetes version {to} should be less than or equal to cluster version {}",
            cluster.version
        )));
    }
    to.clone_into(&mut group.version);
    let mut params = vec![("Version", group.version.clone())];
    if let Some(release) = parameters.text("releaseVersion") {
        params.push(("ReleaseVersion", release.to_owned()));
        group
            .settings
            .insert("releaseVersion".to_owned(), release.into());
    }
    if let Some(template) = parameters.get("launchTemplate") {
        group
            .settings
            .insert("launchTemplate".to_owned(), template.clone());
    }
    change(state, call, group, "VersionUpdate", params)
}

fn change(
    state: &mut State,
    call: &Call<'_>,
    mut group: NodeGroup,
    kind: &str,
    params: Vec<(&str, String)>,
) -> Outcome {
    let subject = Some(Subject::NodeGroup(group.name.clone()));
    if let Some(answer) = repeated(state, call, &group.cluster, subject.as_ref()) {
        return Ok(answer);
    }
    if group.phase.is_busy(call.now) {
        return Err(in_use(format!(
            "Nodegroup cannot be updated as it is currently not in Active State: {}",
            group.name
        )));
    }
    group.modified = call.now;
    if group.joined {
        group.phase = Phase::begin(Doing::Updating, call.now, state.eks.times.update);
    }
    let key = group.cluster.clone();
    state.eks.put_node_group(group);
    Ok(begin(state, call, &key, subject, kind, params))
}

fn scaled(old: Scaling, members: &Map<String, Value>) -> Result<Scaling, Failure> {
    let number = |name: &str, old: u32| {
        members
            .get(name)
            .and_then(Value::as_u64)
            .and_then(|number| u32::try_from(number).ok())
            .unwrap_or(old)
    };
    let new = Scaling {
        min: number("minSize", old.min),
        max: number("maxSize", old.max),
        desired: number("desiredSize", old.desired),
    };
    if new.desired < new.min {
        return Err(invalid_parameter(format!(
            "Minimum capacity {} can't be greater than desired size {}",
            new.min, new.desired
        )));
    }
    if new.desired > new.max {
        return Err(invalid_parameter(format!(
            "desired capacity {} can't be greater than max size {}",
            new.desired, new.max
        )));
    }
    Ok(new)
}

fn labels(members: Option<&Map<String, Value>>) -> BTreeMap<String, String> {
    members
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect()
}
