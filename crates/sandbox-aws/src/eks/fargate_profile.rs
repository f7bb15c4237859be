//! Fargate profiles.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rolecall_arn::Partition;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::access_entry::{ClientToken, EntryType};
use super::asking::{self, cluster_key, existing};
use super::auto_mode;
use super::aws_auth::AwsAuthLine;
use super::page::{self, epoch, listed, page};
use super::refusal::{in_use, invalid_parameter, not_found};
use super::service_roles::{OF_FARGATE, Trust, trust};
use super::state::{ClusterKey, Doing, Phase};
use crate::authorize::Ask;
use crate::call::Call;
use crate::failure::Failure;
use crate::iam::pass_role;
use crate::operation::Outcome;
use crate::state::State;

/// A Fargate profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FargateProfile {
    /// The cluster.
    pub cluster: ClusterKey,
    /// Its name.
    pub name: String,
    /// The UUID in its ARN.
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// The ARN of the pod execution role.
    pub role_arn: String,
    /// Subnets of its pods.
    pub subnets: Vec<String>,
    /// Which pods, as given.
    pub selectors: Value,
    /// Tags by key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// What is going on.
    pub phase: Phase,
    /// The token of the request that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<ClientToken>,
}

impl FargateProfile {
    /// `arn:aws:eks:…:fargateprofile/<cluster>/<name>/<uuid>`
    #[must_use]
    pub fn arn(&self, partition: &Partition) -> String {
        let rest = format!("{}/{}/{}", self.cluster.name, self.name, self.id);
        self.cluster.arn_of(partition, "fargateprofile", &rest)
    }

    fn shown(&self, partition: &Partition, status: &str) -> Value {
        json!({
            "fargateProfileName": self.name,
            "fargateProfileArn": self.arn(partition),
            "clusterName": self.cluster.name,
            "createdAt": epoch(self.created),
            "podExecutionRoleArn": self.role_arn,
            "subnets": self.subnets,
            "selectors": self.selectors,
            "status": status,
            "tags": self.tags,
            "health": {"issues": []},
        })
    }
}

fn on_profile(state: &State, call: &Call<'_>, action: &str) -> Result<(), Failure> {
    let key = cluster_key(call);
    let name = call
        .parameters
        .text("fargateProfileName")
        .unwrap_or_default();
    let profile = state.eks.fargate_profiles.get(&key.of(name));
    let arn = match profile {
        Some(profile) => profile.arn(&state.partition),
        None => {
            let rest = format!("{}/{name}/*", key.name);
            key.arn_of(&state.partition, "fargateprofile", &rest)
        }
    };
    let mut ask = Ask::new(action, &arn);
    if let Some(profile) = profile {
        ask = ask.resource_tags(&profile.tags);
    }
    call.authorize(&ask)
}

fn found<'a>(state: &'a State, call: &Call<'_>) -> Result<&'a FargateProfile, Failure> {
    let key = cluster_key(call);
    existing(state, call, &key)?;
    let name = call
        .parameters
        .text("fargateProfileName")
        .unwrap_or_default();
    state
        .eks
        .fargate_profiles
        .get(&key.of(name))
        .filter(|profile| !profile.phase.is_gone(call.now))
        .ok_or_else(|| {
            not_found(format!("No Fargate Profile found with name: {name}."))
                .with("clusterName", key.name.as_str())
                .with("fargateProfileName", name)
        })
}

/// Makes a profile, and registers its role as EKS does: an entry of type `FARGATE_LINUX`, or a line
/// of `aws-auth`.
pub(super) fn create_fargate_profile(state: &mut State, call: &mut Call<'_>) -> Outcome {
    asking::on_cluster(state, call, "eks:CreateFargateProfile")?;
    let rest = format!(
        "{}/*",
        call.parameters
            .text("fargateProfileName")
            .unwrap_or_default()
    );
    asking::tags_on_create_of(state, call, "fargateprofile", &rest)?;
    let key = cluster_key(call);
    let parameters = &call.parameters;
    let role = parameters
        .text("podExecutionRoleArn")
        .unwrap_or_default()
        .to_owned();
    pass_role::authorize(call, &role, "eks-fargate-pods.amazonaws.com")?;
    let mode = existing(state, call, &key)?.authentication_mode;
    let name = parameters.text("fargateProfileName").unwrap_or_default();
    let old = state.eks.fargate_profiles.get(&key.of(name));
    if let Some(old) = old.filter(|old| !old.phase.is_gone(call.now)) {
        if page::repeats(old.token.as_ref(), parameters) {
            return Ok(json!({"fargateProfile": old.shown(&state.partition, "CREATING")}));
        }
        return Err(in_use(format!(
            "A Fargate Profile already exists with this name in this cluster: {name}"
        ))
        .with("clusterName", key.name.as_str())
        .with("fargateProfileName", name));
    }
    if !matches!(
        trust(state, &role, "eks-fargate-pods.amazonaws.com"),
        Trust::Trusts
    ) {
        return Err(invalid_parameter(
            "Misconfigured PodExecutionRole Trust Policy; Please add the \
             eks-fargate-pods.amazonaws.com Service Principal",
        ));
    }
    let profile = FargateProfile {
        cluster: key.clone(),
        name: name.to_owned(),
        id: call.ids().uuid(),
        created: call.now,
        role_arn: role.clone(),
        subnets: parameters
            .texts("subnets")
            .into_iter()
            .map(str::to_owned)
            .collect(),
        selectors: parameters
            .get("selectors")
            .cloned()
            .unwrap_or_else(|| json!([])),
        tags: page::tags(parameters),
        token: page::token(parameters),
        phase: Phase::begin(Doing::Creating, call.now, state.eks.times.fargate_profile),
    };
    OF_FARGATE.ensure(state, call);
    if !mode.has_api() {
        let line = AwsAuthLine::of_fargate(key.clone(), &role);
        state.eks.aws_auth.insert(&key.of(&role), line);
    } else if state.eks.entry(&key, &role).is_none() {
        let kind = EntryType::FargateLinux;
        auto_mode::put(state, call.ids(), &key, &role, kind, &[], call.now);
    }
    let answer = json!({"fargateProfile": profile.shown(&state.partition, "CREATING")});
    state.eks.put_fargate_profile(profile);
    Ok(answer)
}

pub(super) fn describe_fargate_profile(state: &State, call: &mut Call<'_>) -> Outcome {
    on_profile(state, call, "eks:DescribeFargateProfile")?;
    let profile = found(state, call)?;
    let status = profile.phase.status(call.now);
    Ok(json!({"fargateProfile": profile.shown(&state.partition, status)}))
}

pub(super) fn list_fargate_profiles(state: &State, call: &mut Call<'_>) -> Outcome {
    asking::on_cluster(state, call, "eks:ListFargateProfiles")?;
    let key = cluster_key(call);
    existing(state, call, &key)?;
    let prefix = key.prefix();
    let profiles = state
        .eks
        .fargate_profiles
        .range(&prefix, None)
        .filter(|(_, profile)| !profile.phase.is_gone(call.now))
        .map(|(key, profile)| (key.to_owned(), Value::from(profile.name.as_str())));
    let (found, next) = page(&call.parameters, profiles)?;
    Ok(listed("fargateProfileNames", found, next))
}

pub(super) fn delete_fargate_profile(state: &mut State, call: &mut Call<'_>) -> Outcome {
    on_profile(state, call, "eks:DeleteFargateProfile")?;
    let profile = found(state, call)?.clone();
    let key = profile.cluster.of(&profile.name);
    let phase = Phase::begin(Doing::Deleting, call.now, state.eks.times.fargate_profile);
    if phase.is_gone(call.now) {
        state.eks.fargate_profiles.remove(&key);
    } else {
        state
            .eks
            .fargate_profiles
            .change(&key, |row| row.phase = phase);
    }
    Ok(json!({"fargateProfile": profile.shown(&state.partition, "DELETING")}))
}
