use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::access_entry::ClientToken;
use super::asking::{self, cluster_key, existing};
use super::page::{self, epoch, listed, page};
use super::refusal::{in_use, not_found};
use super::state::{ClusterKey, Doing, Phase};
use crate::authorize::Ask;
use crate::call::Call;
use crate::failure::Failure;
use crate::operation::Outcome;
use crate::state::State;

/// An update of a cluster, a node group or an add-on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    /// The cluster.
    pub cluster: ClusterKey,
    /// A UUID.
    pub id: String,
    /// The node group or add-on; none for the cluster itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    /// `AccessConfigUpdate` and the like.
    #[serde(rename = "type")]
    pub kind: String,
    /// What changed: names and values as the API shows them.
    pub params: Vec<(String, String)>,
    /// When it was asked for.
    pub created: Timestamp,
    /// When it is done.
    pub until: Timestamp,
    /// The token of the request that asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<ClientToken>,
}

/// What an update is of, when it is not of the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Subject {
    /// A node group, by name.
    NodeGroup(String),
    /// An add-on, by name.
    Addon(String),
}

impl Update {
    fn shown(&self, now: Timestamp) -> Value {
        let status = if now >= self.until {
            "Successful"
        } else {
            "InProgress"
        };
        self.shown_as(status)
    }

    fn shown_as(&self, status: &str) -> Value {
        let params: Vec<Value> = self
            .params
            .iter()
            .map(|(name, value)| json!({"type": name, "value": value}))
            .collect();
        json!({
            "id": self.id,
            "status": status,
            "type": self.kind,
            "params": params,
            "createdAt": epoch(self.created),
            "errors": [],
        })
    }
}

/// Notes an update and gives the answer to the call that asked for it, which is always `InProgress`.
pub(super) fn begin(
    state: &mut State,
    call: &Call<'_>,
    cluster: &ClusterKey,
    subject: Option<Subject>,
    kind: &str,
    params: Vec<(&str, String)>,
) -> Value {
    let phase = Phase::begin(Doing::Updating, call.now, state.eks.times.update);
    let update = Update {
        cluster: cluster.clone(),
        id: call.ids().uuid(),
        subject,
        kind: kind.to_owned(),
        params: params
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        created: call.now,
        until: phase.until,
        token: page::token(&call.parameters),
    };
    let answer = json!({"update": update.shown_as("InProgress")});
    state.eks.updates.insert(&cluster.of(&update.id), update);
    answer
}

/// The answer to a request for an update that repeats one, as clients do that lost the answer.
pub(super) fn repeated(
    state: &State,
    call: &Call<'_>,
    cluster: &ClusterKey,
    subject: Option<&Subject>,
) -> Option<Value> {
    let prefix = cluster.prefix();
    let (_, update) = state.eks.updates.range(&prefix, None).find(|(_, update)| {
        update.subject.as_ref() == subject && page::repeats(update.token.as_ref(), &call.parameters)
    })?;
    Some(json!({"update": update.shown_as("InProgress")}))
}

/// One update at a time (cloud-custodian#9250).
pub(super) fn check_idle(
    phase: Phase,
    kind: &str,
    name: &str,
    now: Timestamp,
) -> Result<(), Failure> {
    if !phase.is_busy(now) {
        return Ok(());
    }
    Err(in_use(format!(
        "Cannot {kind} because cluster {name} currently has update in progress"
    ))
    .with("clusterName", name))
}

fn asked_subject(call: &Call<'_>) -> Option<Subject> {
    let parameters = &call.parameters;
    let group = parameters.text("nodegroupName");
    let addon = parameters.text("addonName");
    group
        .map(|name| Subject::NodeGroup(name.to_owned()))
        .or_else(|| addon.map(|name| Subject::Addon(name.to_owned())))
}

/// Updates are authorised on what they are of.
fn ask(state: &State, call: &Call<'_>, action: &str) -> Result<Option<Subject>, Failure> {
    let key = cluster_key(call);
    let subject = asked_subject(call);
    match &subject {
        None => asking::on_cluster(state, call, action)?,
        Some(Subject::NodeGroup(name)) => {
            let arn = super::node_groups::arn(state, &key, name);
            call.authorize(&Ask::new(action, &arn))?;
        }
        Some(Subject::Addon(name)) => {
            let arn = super::addons::arn(state, &key, name);
            call.authorize(&Ask::new(action, &arn))?;
        }
    }
    existing(state, call, &key)?;
    Ok(subject)
}

pub(super) fn describe_update(state: &State, call: &mut Call<'_>) -> Outcome {
    let subject = ask(state, call, "eks:DescribeUpdate")?;
    let id = call.parameters.text("updateId").unwrap_or_default();
    let key = cluster_key(call);
    let update = state
        .eks
        .updates
        .get(&key.of(id))
        .filter(|update| update.subject == subject)
        .ok_or_else(|| {
            not_found(format!("No update found for ID: {id}"))
                .with("clusterName", key.name.as_str())
        })?;
    Ok(json!({"update": update.shown(call.now)}))
}

pub(super) fn list_updates(state: &State, call: &mut Call<'_>) -> Outcome {
    let subject = ask(state, call, "eks:ListUpdates")?;
    let prefix = cluster_key(call).prefix();
    let updates = state
        .eks
        .updates
        .range(&prefix, None)
        .filter(|(_, update)| update.subject == subject)
        .map(|(key, update)| (key.to_owned(), Value::from(update.id.as_str())));
    let (found, next) = page(&call.parameters, updates)?;
    Ok(listed("updateIds", found, next))
}
