//! The operations that make, show and delete clusters.

use serde_json::{Value, json};

use super::access_entry::EntryType;
use super::access_policies::{CLUSTER_ADMIN, policy_arn};
use super::asking::{self, cluster_key, existing};
use super::auto_mode;
use super::cluster::{AuthenticationMode, Cluster};
use super::page::{self, listed, page, texts};
use super::refusal::{in_use, invalid_parameter, invalid_request, no_cluster};
use super::service_roles::{OF_EKS, Trust, trust};
use super::state::{Doing, Phase};
use super::{versions, vpc};
use crate::authorize::Ask;
use crate::call::Call;
use crate::caller::CallerKind;
use crate::failure::Failure;
use crate::iam::pass_role;
use crate::operation::Outcome;
use crate::parameters::Parameters;
use crate::state::State;

/// Settings that change nothing in the sandbox: kept and shown.
pub(super) const KEPT: [&str; 11] = [
    "logging",
    "encryptionConfig",
    "outpostConfig",
    "upgradePolicy",
    "zonalShiftConfig",
    "remoteNetworkConfig",
    "deletionProtection",
    "controlPlaneScalingConfig",
    "kubeApiServerConfig",
    "kubeSchedulerConfig",
    "kubeControllerManagerConfig",
];

pub(super) fn create_cluster(state: &mut State, call: &mut Call<'_>) -> Outcome {
    asking::on_cluster(state, call, "eks:CreateCluster")?;
    let key = cluster_key(call);
    asking::tags_on_create(call, &key.arn(&state.partition))?;
    let parameters = &call.parameters;
    check_name(&key.name)?;
    let role = parameters.text("roleArn").unwrap_or_default();
    pass_role::authorize(call, role, "eks.amazonaws.com")?;
    if let Some(old) = state
        .eks
        .cluster(&key)
        .filter(|old| !old.phase.is_gone(call.now))
    {
        if page::repeats(old.token.as_ref(), parameters) {
            return Ok(json!({"cluster": old.shown(&state.partition, &state.eks, "CREATING")}));
        }
        return Err(
            in_use(format!("Cluster already exists with name: {}", key.name))
                .with("clusterName", key.name.as_str()),
        );
    }
    let mut cluster = Cluster::new(key.clone(), &call.ids().uuid(), role, call.now);
    read_access(&mut cluster, parameters)?;
    cluster.auto_mode = auto_mode::Settings::of(parameters).applied(None)?;
    auto_mode::check_mode(cluster.auto_mode.as_ref(), cluster.authentication_mode)?;
    if let Some(node_role) = node_role(&cluster) {
        pass_role::authorize(call, node_role, "eks.amazonaws.com")?;
        check_role(state, node_role, "ec2.amazonaws.com")?;
    }
    check_role(state, role, "eks.amazonaws.com")?;
    if let Some(version) = parameters.text("version") {
        if !versions::is_known(version) {
            return Err(invalid_parameter("unsupported Kubernetes version"));
        }
        version.clone_into(&mut cluster.version);
    }
    let network_is_known = read_network(&mut cluster, state, call)?;
    keep_settings(&mut cluster, parameters);
    cluster.tags = page::tags(parameters);
    cluster.token = page::token(parameters);
    cluster.phase = Phase::begin(Doing::Creating, call.now, state.eks.times.cluster);
    OF_EKS.ensure(state, call);
    cluster.creator = creator(state, call);
    forget_contents(state, &key);
    if network_is_known {
        vpc::make_security_group(state, call, &cluster);
    }
    state.eks.put_cluster(cluster.clone());
    if cluster.authentication_mode.has_api() {
        admit_creator(state, call, &cluster);
    }
    let auto = cluster.auto_mode.as_ref();
    auto_mode::keep_entries(state, call.ids(), &key, None, auto, call.now);
    Ok(json!({"cluster": cluster.shown(&state.partition, &state.eks, "CREATING")}))
}

pub(super) fn describe_cluster(state: &State, call: &mut Call<'_>) -> Outcome {
    asking::on_cluster(state, call, "eks:DescribeCluster")?;
    let cluster = existing(state, call, &cluster_key(call))?;
    let status = cluster.phase.status(call.now);
    Ok(json!({"cluster": cluster.shown(&state.partition, &state.eks, status)}))
}

pub(super) fn list_clusters(state: &State, call: &mut Call<'_>) -> Outcome {
    let mut every = cluster_key(call);
    "*".clone_into(&mut every.name);
    let arn = every.arn(&state.partition);
    call.authorize(&Ask::new("eks:ListClusters", &arn))?;
    let prefix = format!("{}/{}/", every.account, every.region);
    let clusters = state
        .eks
        .clusters
        .range(&prefix, None)
        .filter(|(_, cluster)| !cluster.phase.is_gone(call.now))
        .map(|(key, cluster)| (key.to_owned(), Value::from(cluster.key.name.as_str())));
    let (found, next) = page(&call.parameters, clusters)?;
    Ok(listed("clusters", found, next))
}

pub(super) fn delete_cluster(state: &mut State, call: &mut Call<'_>) -> Outcome {
    asking::on_cluster(state, call, "eks:DeleteCluster")?;
    let key = cluster_key(call);
    let now = call.now;
    let cluster = state
        .eks
        .cluster(&key)
        .filter(|cluster| !cluster.phase.is_gone(now))
        .cloned()
        .ok_or_else(|| no_cluster(&key.name))?;
    if cluster.is_protected() {
        // That it is refused is documented (EKS API Reference, `DeleteCluster`); the words are not.
        return Err(invalid_request(format!(
            "Cluster {} has deletion protection enabled",
            key.name
        )));
    }
    let busy = |what: &str| {
        Err(in_use(format!("Cluster has {what} attached")).with("clusterName", key.name.as_str()))
    };
    if state
        .eks
        .node_groups(&key)
        .iter()
        .any(|group| !group.phase.is_gone(now))
    {
        return busy("nodegroups");
    }
    let prefix = key.prefix();
    let profiles = state
        .eks
        .fargate_profiles
        .range(&prefix, None)
        .any(|(_, profile)| !profile.phase.is_gone(now));
    if profiles {
        return busy("Fargate profiles");
    }
    forget_contents(state, &key);
    vpc::remove_security_group(state, &cluster);
    let phase = Phase::begin(Doing::Deleting, now, state.eks.times.cluster);
    if phase.is_gone(now) {
        state.eks.clusters.remove(&key.key());
    } else {
        state
            .eks
            .clusters
            .change(&key.key(), |row| row.phase = phase);
    }
    Ok(json!({"cluster": cluster.shown(&state.partition, &state.eks, "DELETING")}))
}

/// Everything inside a cluster goes with it.
fn forget_contents(state: &mut State, key: &super::state::ClusterKey) {
    let prefix = key.prefix();
    let eks = &mut state.eks;
    clear(&mut eks.entries, &prefix);
    clear(&mut eks.node_groups, &prefix);
    clear(&mut eks.fargate_profiles, &prefix);
    clear(&mut eks.pod_identities, &prefix);
    clear(&mut eks.addons, &prefix);
    clear(&mut eks.updates, &prefix);
    clear(&mut eks.aws_auth, &prefix);
}

fn clear<V>(table: &mut crate::table::Table<V>, prefix: &str)
where
    V: Clone + serde::Serialize + serde::de::DeserializeOwned,
{
    let keys: Vec<String> = table
        .range(prefix, None)
        .map(|(key, _)| key.to_owned())
        .collect();
    for key in keys {
        table.remove(&key);
    }
}

fn check_name(name: &str) -> Result<(), Failure> {
    let good = (1..=100).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_'));
    if good {
        return Ok(());
    }
    // The rule is the API's; its words are not known.
    Err(invalid_parameter(
        "The cluster name must begin with a letter or digit and have 1 to 100 letters, digits, \
         hyphens and underscores",
    ))
}

fn read_access(cluster: &mut Cluster, parameters: &Parameters) -> Result<(), Failure> {
    let Some(access) = parameters.structure("accessConfig") else {
        return Ok(());
    };
    if let Some(mode) = access.get("authenticationMode").and_then(Value::as_str) {
        cluster.authentication_mode = AuthenticationMode::named(mode)
            .ok_or_else(|| invalid_parameter(format!("Unsupported authentication mode {mode}")))?;
    }
    let bootstrap = access
        .get("bootstrapClusterCreatorAdminPermissions")
        .and_then(Value::as_bool);
    cluster.bootstrap_creator_admin = bootstrap.unwrap_or(true);
    if !cluster.bootstrap_creator_admin && !cluster.authentication_mode.has_api() {
        return Err(invalid_parameter(
            "bootstrapClusterCreatorAdminPermissions must be true if cluster authentication mode \
             is set to CONFIG_MAP",
        ));
    }
    Ok(())
}

pub(super) fn node_role(cluster: &Cluster) -> Option<&str> {
    cluster.auto_mode.as_ref()?.node_role_arn.as_deref()
}

pub(super) fn check_role(state: &State, arn: &str, service: &str) -> Result<(), Failure> {
    match trust(state, arn, service) {
        Trust::Trusts => Ok(()),
        Trust::Missing | Trust::Refuses => Err(invalid_parameter(format!(
            "Role with arn: {arn}, could not be assumed because it does not exist or the trusted \
             entity is not correct"
        ))),
    }
}

/// Reads the network of a request, and tells whether its VPC is known.
fn read_network(cluster: &mut Cluster, state: &State, call: &Call<'_>) -> Result<bool, Failure> {
    let network = &mut cluster.network;
    let empty = serde_json::Map::new();
    let given = call
        .parameters
        .structure("resourcesVpcConfig")
        .unwrap_or(&empty);
    network.subnet_ids = texts(given, "subnetIds").unwrap_or_default();
    network.security_group_ids = texts(given, "securityGroupIds").unwrap_or_default();
    let known = vpc::of_subnets(state, &cluster.key, &network.subnet_ids)?;
    let is_known = known.is_some();
    network.vpc_id = known.unwrap_or_else(|| call.ids().resource("vpc"));
    network.cluster_security_group_id = call.ids().resource("sg");
    let flag = |name: &str| given.get(name).and_then(Value::as_bool);
    network.public_access = flag("endpointPublicAccess").unwrap_or(true);
    network.private_access = flag("endpointPrivateAccess").unwrap_or(false);
    if let Some(cidrs) = texts(given, "publicAccessCidrs").filter(|cidrs| !cidrs.is_empty()) {
        network.public_access_cidrs = cidrs;
    }
    let kubernetes = call
        .parameters
        .structure("kubernetesNetworkConfig")
        .unwrap_or(&empty);
    if let Some(cidr) = kubernetes.get("serviceIpv4Cidr").and_then(Value::as_str) {
        cidr.clone_into(&mut network.service_cidr);
    }
    if kubernetes.get("ipFamily").and_then(Value::as_str) == Some("ipv6") {
        "ipv6".clone_into(&mut network.ip_family);
        "fd30:1c53:5f8a::/108".clone_into(&mut network.service_cidr);
    }
    Ok(is_known)
}

pub(super) fn keep_settings(cluster: &mut Cluster, parameters: &Parameters) {
    for name in KEPT {
        if let Some(value) = parameters.get(name) {
            cluster.settings.insert(name.to_owned(), value.clone());
        }
    }
}

/// The caller's IAM ARN, with path: a session's role.
fn creator(state: &State, call: &Call<'_>) -> Option<String> {
    match &call.caller().kind {
        CallerKind::User { name } => state
            .iam
            .user(call.account(), name)
            .map(|user| user.arn(&state.partition)),
        CallerKind::Session(of) => Some(of.role_arn.clone()),
        CallerKind::Service { .. } | CallerKind::Federated(_) | CallerKind::Anonymous => None,
    }
}

/// The creator's entry (EKS User Guide, "Create access entries").
pub(super) fn admit_creator(state: &mut State, call: &Call<'_>, cluster: &Cluster) {
    let Some(creator) = cluster
        .creator
        .as_ref()
        .filter(|_| cluster.bootstrap_creator_admin)
    else {
        return;
    };
    let policies = [policy_arn(state, CLUSTER_ADMIN)];
    auto_mode::put(
        state,
        call.ids(),
        &cluster.key,
        creator,
        EntryType::Standard,
        &policies,
        call.now,
    );
}
