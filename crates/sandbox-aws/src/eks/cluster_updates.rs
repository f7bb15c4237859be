//! The operations that change a cluster.

use serde_json::{Map, Value};

use super::asking::{self, cluster_key, existing};
use super::auto_mode;
use super::cluster::{AuthenticationMode, Cluster};
use super::clusters::{KEPT, admit_creator, check_role, keep_settings, node_role};
use super::node_admission;
use super::page::texts;
use super::refusal::invalid_parameter;
use super::service_roles::OF_EKS;
use super::state::{Doing, Phase};
use super::update::{begin, check_idle, repeated};
use super::versions;
use crate::call::Call;
use crate::failure::Failure;
use crate::iam::pass_role;
use crate::operation::Outcome;
use crate::state::State;

/// The kinds of change a request can ask for, of which it may ask for one
/// (kubernetes-sigs/cluster-api-provider-aws#3553).
fn kinds(call: &Call<'_>) -> Vec<(&'static str, &'static str)> {
    let parameters = &call.parameters;
    let mut kinds = Vec::new();
    if let Some(vpc) = parameters.structure("resourcesVpcConfig") {
        let has = |names: &[&str]| names.iter().any(|name| vpc.contains_key(*name));
        if has(&[
            "endpointPublicAccess",
            "endpointPrivateAccess",
            "publicAccessCidrs",
        ]) {
            kinds.push(("EndpointAccessUpdate", "resourcesVpcConfig"));
        }
        if has(&["subnetIds", "securityGroupIds"]) {
            kinds.push(("VpcConfigUpdate", "resourcesVpcConfig"));
        }
    }
    if auto_mode::Settings::of(parameters).are_there() {
        kinds.push(("AutoModeUpdate", "computeConfig"));
    }
    for (kind, member) in [
        ("LoggingUpdate", "logging"),
        ("AccessConfigUpdate", "accessConfig"),
        ("UpgradePolicyUpdate", "upgradePolicy"),
        ("ZonalShiftConfigUpdate", "zonalShiftConfig"),
        ("RemoteNetworkConfigUpdate", "remoteNetworkConfig"),
        ("DeletionProtectionUpdate", "deletionProtection"),
        (
            "ControlPlaneScalingConfigUpdate",
            "controlPlaneScalingConfig",
        ),
        ("ControlPlaneComponentConfigUpdate", "kubeApiServerConfig"),
        ("ControlPlaneComponentConfigUpdate", "kubeSchedulerConfig"),
        (
            "ControlPlaneComponentConfigUpdate",
            "kubeControllerManagerConfig",
        ),
    ] {
        if parameters.get(member).is_some() {
            kinds.push((kind, member));
        }
    }
    kinds.dedup_by_key(|(kind, _)| *kind);
    kinds
}

pub(super) fn update_cluster_config(state: &mut State, call: &mut Call<'_>) -> Outcome {
    asking::on_cluster(state, call, "eks:UpdateClusterConfig")?;
    let key = cluster_key(call);
    let old = existing(state, call, &key)?.clone();
    if let Some(answer) = repeated(state, call, &key, None) {
        return Ok(answer);
    }
    let (kind, member) = match kinds(call).as_slice() {
        [one] => *one,
        [] => {
            return Err(invalid_parameter(
                "The type for cluster update was not provided.",
            ));
        }
        _ => return Err(invalid_parameter("Only one type of update can be allowed.")),
    };
    check_idle(old.phase, kind, &key.name, call.now)?;
    let mut new = old.clone();
    let params = match kind {
        "AccessConfigUpdate" => change_access(&mut new, call)?,
        "AutoModeUpdate" => change_auto_mode(state, &mut new, call)?,
        "EndpointAccessUpdate" => change_endpoint(&mut new, call)?,
        "VpcConfigUpdate" => change_vpc(&mut new, call),
        _ => {
            keep_settings(&mut new, &call.parameters);
            kept_params(call, member)
        }
    };
    new.phase = Phase::begin(Doing::Updating, call.now, state.eks.times.update);
    let access_opened = !old.authentication_mode.has_api() && new.authentication_mode.has_api();
    state.eks.put_cluster(new.clone());
    if access_opened {
        // Who got in before through EKS's own doing is registered: the creator and the roles of node
        // groups. No document says so; clusters that changed their mode are reported to have them.
        admit_creator(state, call, &new);
        node_admission::register_roles(state, call, &key);
    }
    if kind == "AutoModeUpdate" {
        OF_EKS.ensure(state, call);
        let (old, new) = (old.auto_mode.as_ref(), new.auto_mode.as_ref());
        auto_mode::keep_entries(state, call.ids(), &key, old, new, call.now);
    }
    Ok(begin(state, call, &key, None, kind, params))
}

type Params = Vec<(&'static str, String)>;

/// The mode goes from ConfigMap to both to API, one step at a time and never back (EKS User Guide,
/// "Set cluster authentication mode"; pulumi-eks#1493 for the text).
fn change_access(cluster: &mut Cluster, call: &Call<'_>) -> Result<Params, Failure> {
    let name = call
        .parameters
        .structure("accessConfig")
        .and_then(|access| access.get("authenticationMode")?.as_str())
        .unwrap_or_default();
    let new = AuthenticationMode::named(name)
        .ok_or_else(|| invalid_parameter(format!("Unsupported authentication mode {name}")))?;
    let old = cluster.authentication_mode;
    let allowed = matches!(
        (old, new),
        (
            AuthenticationMode::ConfigMap,
            AuthenticationMode::ApiAndConfigMap
        ) | (AuthenticationMode::ApiAndConfigMap, AuthenticationMode::Api)
    );
    if !allowed {
        return Err(invalid_parameter(format!(
            "Unsupported authentication mode update from {} to {}",
            old.as_str(),
            new.as_str()
        )));
    }
    cluster.authentication_mode = new;
    let mode = new.as_str().to_owned();
    Ok(vec![("AuthenticationMode", format!("\"{mode}\""))])
}

fn change_auto_mode(
    state: &State,
    cluster: &mut Cluster,
    call: &Call<'_>,
) -> Result<Params, Failure> {
    let settings = auto_mode::Settings::of(&call.parameters);
    let before = node_role(cluster).map(str::to_owned);
    cluster.auto_mode = settings.applied(cluster.auto_mode.as_ref())?;
    auto_mode::check_mode(cluster.auto_mode.as_ref(), cluster.authentication_mode)?;
    if let Some(role) = node_role(cluster).filter(|role| Some(*role) != before.as_deref()) {
        pass_role::authorize(call, role, "eks.amazonaws.com")?;
        check_role(state, role, "ec2.amazonaws.com")?;
    }
    let members = [
        ("ComputeConfig", "computeConfig"),
        ("KubernetesNetworkConfig", "kubernetesNetworkConfig"),
        ("StorageConfig", "storageConfig"),
    ];
    Ok(members
        .into_iter()
        .filter_map(|(param, name)| Some((param, call.parameters.get(name)?.to_string())))
        .collect())
}

fn change_endpoint(cluster: &mut Cluster, call: &Call<'_>) -> Result<Params, Failure> {
    let empty = Map::new();
    let vpc = call
        .parameters
        .structure("resourcesVpcConfig")
        .unwrap_or(&empty);
    let network = &mut cluster.network;
    let before = network.clone();
    let flag = |name: &str| vpc.get(name).and_then(Value::as_bool);
    network.public_access = flag("endpointPublicAccess").unwrap_or(network.public_access);
    network.private_access = flag("endpointPrivateAccess").unwrap_or(network.private_access);
    if let Some(cidrs) = texts(vpc, "publicAccessCidrs").filter(|cidrs| !cidrs.is_empty()) {
        network.public_access_cidrs = cidrs;
    }
    if *network == before {
        return Err(invalid_parameter(format!(
            "Cluster is already at the desired configuration with endpointPrivateAccess: {} , \
             endpointPublicAccess: {}, and Public Endpoint Restrictions: [{}]",
            network.private_access,
            network.public_access,
            network.public_access_cidrs.join(", ")
        )));
    }
    let cidrs = Value::from(network.public_access_cidrs.clone());
    Ok(vec![
        ("EndpointPublicAccess", network.public_access.to_string()),
        ("EndpointPrivateAccess", network.private_access.to_string()),
        ("PublicAccessCidrs", cidrs.to_string()),
    ])
}

fn change_vpc(cluster: &mut Cluster, call: &Call<'_>) -> Params {
    let empty = Map::new();
    let vpc = call
        .parameters
        .structure("resourcesVpcConfig")
        .unwrap_or(&empty);
    let mut params = Vec::new();
    if let Some(subnets) = texts(vpc, "subnetIds") {
        params.push(("Subnets", Value::from(subnets.clone()).to_string()));
        cluster.network.subnet_ids = subnets;
    }
    if let Some(groups) = texts(vpc, "securityGroupIds") {
        params.push(("SecurityGroups", Value::from(groups.clone()).to_string()));
        cluster.network.security_group_ids = groups;
    }
    params
}

fn kept_params(call: &Call<'_>, member: &str) -> Params {
    let names = [
        ("logging", "ClusterLogging"),
        ("upgradePolicy", "UpgradePolicy"),
        ("zonalShiftConfig", "ZonalShiftConfig"),
        ("remoteNetworkConfig", "RemoteNetworkConfig"),
        ("deletionProtection", "DeletionProtection"),
        ("controlPlaneScalingConfig", "UpdatedTier"),
        ("kubeApiServerConfig", "KubeApiServerConfig"),
        ("kubeSchedulerConfig", "KubeSchedulerConfig"),
        ("kubeControllerManagerConfig", "KubeControllerManagerConfig"),
    ];
    debug_assert!(KEPT.contains(&member));
    names
        .into_iter()
        .filter(|(name, _)| *name == member)
        .filter_map(|(name, param)| Some((param, call.parameters.get(name)?.to_string())))
        .collect()
}

/// One minor version at a time, never back.
pub(super) fn update_cluster_version(state: &mut State, call: &mut Call<'_>) -> Outcome {
    asking::on_cluster(state, call, "eks:UpdateClusterVersion")?;
    let key = cluster_key(call);
    let cluster = existing(state, call, &key)?;
    if let Some(answer) = repeated(state, call, &key, None) {
        return Ok(answer);
    }
    let to = call
        .parameters
        .text("version")
        .unwrap_or_default()
        .to_owned();
    check_idle(cluster.phase, "VersionUpdate", &key.name, call.now)?;
    if !versions::is_known(&to) {
        return Err(invalid_parameter("unsupported Kubernetes version"));
    }
    let step = versions::minor(&cluster.version).and_then(|minor| minor.checked_add(1));
    if versions::minor(&to) != step {
        return Err(invalid_parameter(format!(
            "Unsupported Kubernetes minor version update from {} to {to}",
            cluster.version
        )));
    }
    let phase = Phase::begin(Doing::Updating, call.now, state.eks.times.update);
    state.eks.clusters.change(&key.key(), |cluster| {
        cluster.version.clone_from(&to);
        cluster.phase = phase;
    });
    let params = vec![
        ("Version", to.clone()),
        (
            "PlatformVersion",
            versions::platform_version(&to).to_owned(),
        ),
    ];
    Ok(begin(state, call, &key, None, "VersionUpdate", params))
}
