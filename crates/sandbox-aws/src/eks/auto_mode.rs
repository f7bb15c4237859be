//! EKS Auto Mode: the rules of its three settings, and the access entries EKS makes for it.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::access_entry::{AccessEntry, AccessScope, EntryType};
use super::access_policies::{AUTO_NODE, OF_AUTO_MODE, policy_arn};
use super::cluster::{AuthenticationMode, AutoMode};
use super::page::texts;
use super::principal::Principal;
use super::refusal::invalid_parameter;
use super::service_roles::role;
use super::state::ClusterKey;
use crate::failure::Failure;
use crate::ids::Ids;
use crate::parameters::Parameters;
use crate::state::State;

const BUILT_IN: [&str; 2] = ["general-purpose", "system"];

/// The three settings of a request.
pub(super) struct Settings<'a> {
    compute: Option<&'a Map<String, Value>>,
    load_balancing: Option<bool>,
    block_storage: Option<bool>,
}

impl<'a> Settings<'a> {
    pub(super) fn of(parameters: &'a Parameters) -> Self {
        let enabled = |outer: &str, inner: &str| {
            let members = parameters.structure(outer)?.get(inner)?;
            members.get("enabled")?.as_bool()
        };
        Self {
            compute: parameters.structure("computeConfig"),
            load_balancing: enabled("kubernetesNetworkConfig", "elasticLoadBalancing"),
            block_storage: enabled("storageConfig", "blockStorage"),
        }
    }

    pub(super) fn are_there(&self) -> bool {
        self.compute.is_some() || self.load_balancing.is_some() || self.block_storage.is_some()
    }

    /// What Auto Mode is to be, from what it is.
    ///
    /// A setting that is not given stays as it is, and all three must agree in the end
    /// (kubernetes-sigs/cluster-api-provider-aws#5278). When neither pools nor role are given, both
    /// stay; when pools are given, the role is what the same request says, or the present one if
    /// there are any pools. Those two are inferences from how clients use the API.
    pub(super) fn applied(&self, old: Option<&AutoMode>) -> Result<Option<AutoMode>, Failure> {
        let was = old.is_some();
        let compute = self
            .compute
            .and_then(|compute| compute.get("enabled")?.as_bool())
            .unwrap_or(was);
        let others = [self.load_balancing, self.block_storage];
        if others.iter().any(|other| other.unwrap_or(was) != compute) {
            return Err(invalid_parameter(
                "For EKS Auto Mode, please ensure that all required configs, including \
                 computeConfig, kubernetesNetworkConfig, and blockStorage are all either fully \
                 enabled or fully disabled.",
            ));
        }
        let empty = Map::new();
        let members = self.compute.unwrap_or(&empty);
        let given_pools = texts(members, "nodePools");
        let given_role = members
            .get("nodeRoleArn")
            .and_then(Value::as_str)
            .filter(|arn| !arn.is_empty());
        check_pair(old, given_pools.as_deref(), given_role)?;
        if !compute {
            return Ok(None);
        }
        let old = old.cloned().unwrap_or_default();
        let node_pools = given_pools.unwrap_or_else(|| old.node_pools.clone());
        if let Some(unknown) = node_pools
            .iter()
            .find(|pool| !BUILT_IN.contains(&pool.as_str()))
        {
            // AWS's words for an unknown pool are not known.
            return Err(invalid_parameter(format!(
                "The nodePool {unknown} is invalid; the built-in node pools are general-purpose \
                 and system"
            )));
        }
        let node_role_arn = if node_pools.is_empty() {
            None
        } else {
            given_role.map(str::to_owned).or(old.node_role_arn.clone())
        };
        if old.node_role_arn.is_some()
            && node_role_arn.is_some()
            && node_role_arn != old.node_role_arn
        {
            // The rule is documented (EKS API Reference, `ComputeConfigRequest`), the words are not.
            return Err(invalid_parameter(
                "The nodeRoleArn cannot be changed after the compute capability is enabled",
            ));
        }
        Ok(Some(AutoMode {
            node_pools,
            node_role_arn,
        }))
    }
}

/// Pools and role come together or not at all (terraform-aws-eks#3366, #3238, #3483).
fn check_pair(
    old: Option<&AutoMode>,
    pools: Option<&[String]>,
    role: Option<&str>,
) -> Result<(), Failure> {
    let old_role = old.and_then(|old| old.node_role_arn.as_deref());
    let old_pools = old.is_some_and(|old| !old.node_pools.is_empty());
    let has_pools = pools.map_or(old_pools && role.is_some(), |pools| !pools.is_empty());
    if has_pools && role.or(old_role).is_none() {
        return Err(invalid_parameter(
            "When Compute Config nodeRoleArn is null or empty, nodePool list cannot be populated.",
        ));
    }
    if role.is_some() && !has_pools {
        return Err(invalid_parameter(
            "When Compute Config nodeRoleArn is not null or empty, nodePool value(s) must be \
             provided.",
        ));
    }
    Ok(())
}

/// Auto Mode needs access entries (measured by cdk-preflight).
pub(super) fn check_mode(auto: Option<&AutoMode>, mode: AuthenticationMode) -> Result<(), Failure> {
    if auto.is_none() || mode.has_api() {
        return Ok(());
    }
    Err(invalid_parameter(
        "When EKS Auto Mode is enabled, you must use an EKS access config authentication mode of \
         API_AND_CONFIG_MAP or API",
    ))
}

/// Makes and removes the entries EKS keeps for Auto Mode.
///
/// With built-in pools the node role gets an entry of type `EC2` with `AmazonEKSAutoNodePolicy`;
/// without, EKS registers nothing (terraform-aws-eks#3241, eksctl#8098), and takes away what it made
/// when the last pool goes. The service-linked role gets an entry of its own (EKS User Guide, "Learn
/// about the identities EKS Auto Mode uses"), gone again with Auto Mode, which is an inference. Entries somebody
/// else made are left as they are.
pub(super) fn keep_entries(
    state: &mut State,
    ids: &Ids,
    key: &ClusterKey,
    old: Option<&AutoMode>,
    new: Option<&AutoMode>,
    now: Timestamp,
) {
    let role_of = |auto: Option<&AutoMode>| auto.and_then(|auto| auto.node_role_arn.clone());
    let (old_role, new_role) = (role_of(old), role_of(new));
    if let Some(gone) = old_role.filter(|old| Some(old) != new_role.as_ref()) {
        remove(state, key, &gone);
    }
    if let Some(arn) = &new_role {
        let policies = [policy_arn(state, AUTO_NODE)];
        put(state, ids, key, arn, EntryType::Ec2, &policies, now);
    }
    let linked = format!(
        "arn:{}:iam::{}:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS",
        state.partition, key.account
    );
    if new.is_some() {
        let policies = OF_AUTO_MODE.map(|name| policy_arn(state, name));
        put(
            state,
            ids,
            key,
            &linked,
            EntryType::Standard,
            &policies,
            now,
        );
    } else if old.is_some() {
        remove(state, key, &linked);
    }
}

fn remove(state: &mut State, key: &ClusterKey, arn: &str) {
    if state
        .eks
        .entry(key, arn)
        .is_some_and(|entry| entry.made_by_eks)
    {
        state.eks.entries.remove(&key.of(arn));
    }
}

/// Makes an entry for EKS itself, or adds policies to one of the same type.
pub(super) fn put(
    state: &mut State,
    ids: &Ids,
    key: &ClusterKey,
    arn: &str,
    kind: EntryType,
    policies: &[String],
    now: Timestamp,
) {
    let mut entry = match state.eks.entry(key, arn) {
        Some(entry) if entry.kind != kind => return,
        Some(entry) => entry.clone(),
        None => {
            let Some(principal) = Principal::parse(arn) else {
                return;
            };
            let id = role(state, arn).map(|role| role.id.clone());
            let id = id
                .or_else(|| principal.unique_id(state))
                .unwrap_or_default();
            let mut entry = AccessEntry::new(key.clone(), &principal, &id, kind, ids.uuid(), now);
            entry.made_by_eks = true;
            entry
        }
    };
    for policy in policies {
        if !entry.policies.contains_key(policy) {
            entry.associate(policy, AccessScope::Cluster, now);
        }
    }
    state.eks.put_entry(entry);
}
