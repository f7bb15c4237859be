//! The operations on add-ons: enough for clients that install the usual ones.

use serde_json::{Value, json};

use super::addon::{Addon, KNOWN, Known};
use super::asking::{self, cluster_key, existing};
use super::page::{self, listed, page};
use super::refusal::{in_use, invalid_parameter, not_found};
use super::state::{ClusterKey, Doing, Phase};
use super::update::{Subject, begin, repeated};
use crate::authorize::Ask;
use crate::call::Call;
use crate::failure::Failure;
use crate::iam::pass_role;
use crate::operation::Outcome;
use crate::state::State;

/// The ARN of an add-on; its last part is `*` for one that does not exist.
pub(super) fn arn(state: &State, key: &ClusterKey, name: &str) -> String {
    match state.eks.addons.get(&key.of(name)) {
        Some(addon) => addon.arn(&state.partition),
        None => key.arn_of(&state.partition, "addon", &format!("{}/{name}/*", key.name)),
    }
}

fn on_addon(state: &State, call: &Call<'_>, action: &str) -> Result<(), Failure> {
    let key = cluster_key(call);
    let name = call.parameters.text("addonName").unwrap_or_default();
    let arn = arn(state, &key, name);
    let mut ask = Ask::new(action, &arn);
    if let Some(addon) = state.eks.addons.get(&key.of(name)) {
        ask = ask.resource_tags(&addon.tags);
    }
    call.authorize(&ask)
}

fn found<'a>(state: &'a State, call: &Call<'_>) -> Result<&'a Addon, Failure> {
    let key = cluster_key(call);
    existing(state, call, &key)?;
    let name = call.parameters.text("addonName").unwrap_or_default();
    state
        .eks
        .addons
        .get(&key.of(name))
        .filter(|addon| !addon.phase.is_gone(call.now))
        .ok_or_else(|| {
            not_found(format!("No addon: {name} found in cluster: {}", key.name))
                .with("clusterName", key.name.as_str())
                .with("addonName", name)
        })
}

fn known(name: &str) -> Result<&'static Known, Failure> {
    KNOWN
        .iter()
        .find(|known| known.name == name)
        .ok_or_else(|| invalid_parameter(format!("Addon {name} specified is not supported")))
}

fn checked_version(known: &Known, version: Option<&str>) -> Result<String, Failure> {
    let newest = known.versions.first().copied().unwrap_or_default();
    let version = version.unwrap_or(newest);
    if known.versions.contains(&version) {
        return Ok(version.to_owned());
    }
    Err(invalid_parameter(
        "Addon version specified is not supported",
    ))
}

pub(super) fn create_addon(state: &mut State, call: &mut Call<'_>) -> Outcome {
    asking::on_cluster(state, call, "eks:CreateAddon")?;
    let rest = format!(
        "{}/*",
        call.parameters.text("addonName").unwrap_or_default()
    );
    asking::tags_on_create_of(state, call, "addon", &rest)?;
    let key = cluster_key(call);
    existing(state, call, &key)?;
    let parameters = &call.parameters;
    let name = parameters.text("addonName").unwrap_or_default();
    let known = known(name)?;
    let old = state.eks.addons.get(&key.of(name));
    if let Some(old) = old.filter(|old| !old.phase.is_gone(call.now)) {
        if page::repeats(old.token.as_ref(), parameters) {
            return Ok(json!({"addon": old.shown(&state.partition, "CREATING")}));
        }
        return Err(in_use("Addon already exists.")
            .with("clusterName", key.name.as_str())
            .with("addonName", name));
    }
    let role = parameters.text("serviceAccountRoleArn");
    if let Some(role) = role {
        pass_role::authorize(call, role, "eks.amazonaws.com")?;
    }
    let addon = Addon {
        cluster: key.clone(),
        name: name.to_owned(),
        id: call.ids().uuid(),
        version: checked_version(known, parameters.text("addonVersion"))?,
        role_arn: role.map(str::to_owned),
        configuration: parameters.text("configurationValues").map(str::to_owned),
        created: call.now,
        modified: call.now,
        tags: page::tags(parameters),
        token: page::token(parameters),
        phase: Phase::begin(Doing::Creating, call.now, state.eks.times.addon),
    };
    let answer = json!({"addon": addon.shown(&state.partition, "CREATING")});
    state.eks.addons.insert(&key.of(name), addon.clone());
    Ok(answer)
}

pub(super) fn describe_addon(state: &State, call: &mut Call<'_>) -> Outcome {
    on_addon(state, call, "eks:DescribeAddon")?;
    let addon = found(state, call)?;
    let status = addon.phase.status(call.now);
    Ok(json!({"addon": addon.shown(&state.partition, status)}))
}

pub(super) fn list_addons(state: &State, call: &mut Call<'_>) -> Outcome {
    asking::on_cluster(state, call, "eks:ListAddons")?;
    let key = cluster_key(call);
    existing(state, call, &key)?;
    let prefix = key.prefix();
    let addons = state
        .eks
        .addons
        .range(&prefix, None)
        .filter(|(_, addon)| !addon.phase.is_gone(call.now))
        .map(|(key, addon)| (key.to_owned(), Value::from(addon.name.as_str())));
    let (found, next) = page(&call.parameters, addons)?;
    Ok(listed("addons", found, next))
}

pub(super) fn update_addon(state: &mut State, call: &mut Call<'_>) -> Outcome {
    on_addon(state, call, "eks:UpdateAddon")?;
    let mut addon = found(state, call)?.clone();
    let subject = Some(Subject::Addon(addon.name.clone()));
    if let Some(answer) = repeated(state, call, &addon.cluster, subject.as_ref()) {
        return Ok(answer);
    }
    let parameters = &call.parameters;
    let mut params = Vec::new();
    if let Some(version) = parameters.text("addonVersion") {
        addon.version = checked_version(known(&addon.name)?, Some(version))?;
        params.push(("AddonVersion", version.to_owned()));
    }
    if let Some(role) = parameters.text("serviceAccountRoleArn") {
        pass_role::authorize(call, role, "eks.amazonaws.com")?;
        addon.role_arn = Some(role.to_owned());
        params.push(("ServiceAccountRoleArn", role.to_owned()));
    }
    if let Some(values) = parameters.text("configurationValues") {
        addon.configuration = Some(values.to_owned());
        params.push(("ConfigurationValues", values.to_owned()));
    }
    if let Some(resolve) = parameters.text("resolveConflicts") {
        params.push(("ResolveConflicts", resolve.to_owned()));
    }
    addon.modified = call.now;
    addon.phase = Phase::begin(Doing::Updating, call.now, state.eks.times.update);
    let (key, name) = (addon.cluster.clone(), addon.name.clone());
    state.eks.addons.insert(&key.of(&name), addon);
    Ok(begin(state, call, &key, subject, "AddonUpdate", params))
}

pub(super) fn delete_addon(state: &mut State, call: &mut Call<'_>) -> Outcome {
    on_addon(state, call, "eks:DeleteAddon")?;
    let addon = found(state, call)?.clone();
    let key = addon.cluster.of(&addon.name);
    let phase = Phase::begin(Doing::Deleting, call.now, state.eks.times.addon);
    if phase.is_gone(call.now) {
        state.eks.addons.remove(&key);
    } else {
        state.eks.addons.change(&key, |row| row.phase = phase);
    }
    Ok(json!({"addon": addon.shown(&state.partition, "DELETING")}))
}

pub(super) fn describe_addon_versions(_state: &State, call: &mut Call<'_>) -> Outcome {
    call.authorize(&Ask::new("eks:DescribeAddonVersions", "*"))?;
    let parameters = &call.parameters;
    let name = parameters.text("addonName");
    let kubernetes = parameters.text("kubernetesVersion");
    let shown = KNOWN
        .iter()
        .filter(|known| name.is_none_or(|name| name == known.name))
        .map(|known| (known.name.to_owned(), known.shown(kubernetes)));
    let (found, next) = page(parameters, shown)?;
    Ok(listed("addons", found, next))
}
