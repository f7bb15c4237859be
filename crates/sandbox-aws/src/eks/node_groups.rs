//! The operations on managed node groups.
//!
//! A group registers its role by itself: an entry of type `EC2_LINUX` when the cluster has access
//! entries and none is there for the role, a line in `aws-auth` otherwise. It never takes the entry
//! away again (aws/containers-roadmap#2441, eksctl#8516).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::asking::{self, cluster_key, existing};
use super::node_admission::{judged, nodes_can_join, register};
use super::node_group::{NodeGroup, Scaling};
use super::page::{self, listed, page};
use super::refusal::{in_use, invalid_parameter, invalid_request, not_found};
use super::service_roles::{OF_NODE_GROUPS, Trust, trust};
use super::state::{ClusterKey, Doing, Phase};
use super::versions;
use crate::authorize::Ask;
use crate::call::Call;
use crate::failure::Failure;
use crate::iam::{self, InstanceProfile, pass_role};
use crate::operation::Outcome;
use crate::state::State;

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

pub(super) fn on_group(state: &State, call: &Call<'_>, action: &str) -> Result<(), Failure> {
    let key = cluster_key(call);
    let name = call.parameters.text("nodegroupName").unwrap_or_default();
    let arn = arn(state, &key, name);
    let mut ask = Ask::new(action, &arn);
    if let Some(group) = state.eks.node_groups.get(&key.of(name)) {
        ask = ask.resource_tags(&group.tags);
    }
    call.authorize(&ask)
}

pub(super) fn found<'a>(state: &'a State, call: &Call<'_>) -> Result<&'a NodeGroup, Failure> {
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
    let rest = format!(
        "{}/*",
        call.parameters.text("nodegroupName").unwrap_or_default()
    );
    asking::tags_on_create_of(state, call, "nodegroup", &rest)?;
    let key = cluster_key(call);
    let parameters = &call.parameters;
    let role = parameters.text("nodeRole").unwrap_or_default().to_owned();
    pass_role::authorize(call, &role, "eks.amazonaws.com")?;
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
    check_caller(state, call, &role)?;
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

/// What EKS asks of IAM and EC2 in the caller's name, and so only where the caller may: whether its own
/// service-linked role is there (terraform-aws-modules/terraform-aws-eks#823), to make it where it is
/// not (XenitAB/terraform-modules#396), which policies the node role has, and the subnets
/// (aws-controllers-k8s/community#2164; permissions of `AWS::EKS::Nodegroup`). The order of the four,
/// and the code of the last two, are not known.
fn check_caller(state: &State, call: &Call<'_>, role: &str) -> Result<(), Failure> {
    OF_NODE_GROUPS.check_caller(state, call)?;
    let name = role.rsplit('/').next().unwrap_or_default();
    call.authorize(&Ask::new("iam:ListAttachedRolePolicies", role))
        .map_err(|failure| iam::spoken(failure, role, &format!("role {name}")))?;
    const SUBNETS: &str = "ec2:DescribeSubnets";
    let ask = Ask::new(SUBNETS, "*").in_account(call.account());
    call.decide(&ask).map_err(|decision| {
        let why = call.denial(&decision);
        invalid_request(format!(
            "You are not authorized to perform {SUBNETS}. {why}"
        ))
    })
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

pub(super) fn scaled(old: Scaling, members: &Map<String, Value>) -> Result<Scaling, Failure> {
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

pub(super) fn labels(members: Option<&Map<String, Value>>) -> BTreeMap<String, String> {
    members
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect()
}
