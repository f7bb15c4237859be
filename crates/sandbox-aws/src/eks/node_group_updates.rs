//! The operations that change managed node groups.

use serde_json::{Map, Value, json};

use super::asking::existing;
use super::node_group::NodeGroup;
use super::node_groups::{found, labels, on_group, scaled};
use super::page;
use super::refusal::{in_use, invalid_request};
use super::state::{Doing, Phase};
use super::update::{Subject, begin, repeated};
use super::versions;
use crate::call::Call;
use crate::operation::Outcome;
use crate::state::State;

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
