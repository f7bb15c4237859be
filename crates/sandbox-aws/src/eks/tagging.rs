//! Tags of everything in EKS that has an ARN.

use std::collections::BTreeMap;

use rolecall_arn::Arn;
use serde_json::json;

use super::page;
use super::state::ClusterKey;
use crate::authorize::Ask;
use crate::call::Call;
use crate::failure::Failure;
use crate::operation::Outcome;
use crate::state::State;

/// What an ARN names: the table and the row.
#[derive(Clone)]
enum Row {
    Cluster(String),
    Entry(String),
    NodeGroup(String),
    FargateProfile(String),
    PodIdentity(String),
    Addon(String),
}

fn row(state: &State, arn: &str) -> Option<Row> {
    let parsed: Arn = arn.parse().ok()?;
    if &*parsed.service != "eks" || parsed.partition != state.partition {
        return None;
    }
    let mut parts = parsed.resource.split('/');
    let (kind, name) = (parts.next()?, parts.next()?);
    let key = ClusterKey {
        account: parsed.account.parse().ok()?,
        region: parsed.region.to_string(),
        name: name.to_owned(),
    };
    let inner = parts.next();
    let (eks, partition) = (&state.eks, &state.partition);
    match (kind, inner) {
        ("cluster", None) => eks.cluster(&key).map(|_| Row::Cluster(key.key())),
        ("access-entry", Some(_)) => eks
            .entries(&key)
            .into_iter()
            .find(|entry| entry.arn(partition) == arn)
            .map(|entry| Row::Entry(key.of(&entry.principal_arn))),
        ("nodegroup", Some(name)) => eks
            .node_groups
            .get(&key.of(name))
            .filter(|group| group.arn(partition) == arn)
            .map(|_| Row::NodeGroup(key.of(name))),
        ("fargateprofile", Some(name)) => eks
            .fargate_profiles
            .get(&key.of(name))
            .filter(|profile| profile.arn(partition) == arn)
            .map(|_| Row::FargateProfile(key.of(name))),
        ("podidentityassociation", Some(id)) => eks
            .pod_identities
            .get(&key.of(id))
            .map(|_| Row::PodIdentity(key.of(id))),
        ("addon", Some(name)) => eks
            .addons
            .get(&key.of(name))
            .filter(|addon| addon.arn(partition) == arn)
            .map(|_| Row::Addon(key.of(name))),
        _ => None,
    }
}

fn tags_of<'a>(state: &'a State, row: &Row) -> Option<&'a BTreeMap<String, String>> {
    let eks = &state.eks;
    match row {
        Row::Cluster(key) => eks.clusters.get(key).map(|row| &row.tags),
        Row::Entry(key) => eks.entries.get(key).map(|row| &row.tags),
        Row::NodeGroup(key) => eks.node_groups.get(key).map(|row| &row.tags),
        Row::FargateProfile(key) => eks.fargate_profiles.get(key).map(|row| &row.tags),
        Row::PodIdentity(key) => eks.pod_identities.get(key).map(|row| &row.tags),
        Row::Addon(key) => eks.addons.get(key).map(|row| &row.tags),
    }
}

fn change(state: &mut State, row: &Row, change: impl FnOnce(&mut BTreeMap<String, String>)) {
    let eks = &mut state.eks;
    match row {
        Row::Cluster(key) => eks.clusters.change(key, |row| change(&mut row.tags)),
        Row::Entry(key) => eks.entries.change(key, |row| change(&mut row.tags)),
        Row::NodeGroup(key) => eks.node_groups.change(key, |row| change(&mut row.tags)),
        Row::FargateProfile(key) => eks
            .fargate_profiles
            .change(key, |row| change(&mut row.tags)),
        Row::PodIdentity(key) => eks.pod_identities.change(key, |row| change(&mut row.tags)),
        Row::Addon(key) => eks.addons.change(key, |row| change(&mut row.tags)),
    };
}

/// Asks on the ARN as given and finds what it names. An ARN of another account names nothing.
fn asked(state: &State, call: &Call<'_>, action: &str) -> Result<Row, Failure> {
    let arn = call.parameters.text("resourceArn").unwrap_or_default();
    let found = row(state, arn);
    let mut ask = Ask::new(action, arn);
    if let Some(tags) = found.as_ref().and_then(|row| tags_of(state, row)) {
        ask = ask.resource_tags(tags);
    }
    let tags = page::tags(&call.parameters);
    ask = ask.request_tags(
        tags.iter()
            .map(|(key, value)| (key.as_str(), value.as_str())),
    );
    let removed = call.parameters.texts("tagKeys");
    if !removed.is_empty() {
        let removed = removed.into_iter().map(str::to_owned).collect();
        ask = ask.with_values("aws:TagKeys", removed);
    }
    call.authorize(&ask)?;
    let here = arn.split(':').nth(4) == Some(&call.account().to_string());
    found.filter(|_| here).ok_or_else(|| {
        // Tagging has its own errors in EKS's model; the words are not known.
        Failure::new(
            "NotFoundException",
            404,
            format!("Resource not found: {arn}"),
        )
    })
}

pub(super) fn tag_resource(state: &mut State, call: &mut Call<'_>) -> Outcome {
    page::note_encoded(call, &["resourceArn"]);
    let row = asked(state, call, "eks:TagResource")?;
    let tags = page::tags(&call.parameters);
    let count = tags_of(state, &row).map_or(0, |old| {
        old.keys().filter(|key| !tags.contains_key(*key)).count() + tags.len()
    });
    if count > 50 {
        return Err(Failure::new(
            "BadRequestException",
            400,
            "A resource can have 50 tags at most",
        ));
    }
    change(state, &row, |old| old.extend(tags));
    Ok(json!({}))
}

pub(super) fn untag_resource(state: &mut State, call: &mut Call<'_>) -> Outcome {
    page::note_encoded(call, &["resourceArn"]);
    let row = asked(state, call, "eks:UntagResource")?;
    let keys = call.parameters.texts("tagKeys");
    change(state, &row, |old| {
        for key in keys {
            old.remove(key);
        }
    });
    Ok(json!({}))
}

pub(super) fn list_tags_for_resource(state: &State, call: &mut Call<'_>) -> Outcome {
    page::note_encoded(call, &["resourceArn"]);
    let row = asked(state, call, "eks:ListTagsForResource")?;
    Ok(json!({"tags": tags_of(state, &row)}))
}
