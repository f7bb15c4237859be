//! Pod identity associations.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rolecall_arn::Partition;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::access_entry::ClientToken;
use super::asking::{self, cluster_key, existing};
use super::page::{self, epoch, listed, page};
use super::refusal::{in_use, invalid_parameter, not_found};
use super::service_roles::role;
use super::state::ClusterKey;
use crate::authorize::Ask;
use crate::call::Call;
use crate::failure::Failure;
use crate::iam::pass_role;
use crate::operation::Outcome;
use crate::state::State;

/// A role for the pods of a service account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PodIdentityAssociation {
    /// The cluster.
    pub cluster: ClusterKey,
    /// `a-` and seventeen letters and digits.
    pub id: String,
    /// The namespace.
    pub namespace: String,
    /// The service account.
    pub service_account: String,
    /// The role.
    pub role_arn: String,
    /// A role of another account that the first one assumes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_role_arn: Option<String>,
    /// Whether sessions go without EKS's tags.
    pub disable_session_tags: bool,
    /// When it was made.
    pub created: Timestamp,
    /// When it last changed.
    pub modified: Timestamp,
    /// Tags by key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// The token of the request that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<ClientToken>,
}

impl PodIdentityAssociation {
    /// `arn:aws:eks:…:podidentityassociation/<cluster>/<id>`
    #[must_use]
    pub fn arn(&self, partition: &Partition) -> String {
        arn(partition, &self.cluster, &self.id)
    }

    fn summary(&self, partition: &Partition) -> Map<String, Value> {
        let shown = json!({
            "clusterName": self.cluster.name,
            "namespace": self.namespace,
            "serviceAccount": self.service_account,
            "associationArn": self.arn(partition),
            "associationId": self.id,
        });
        match shown {
            Value::Object(members) => members,
            _ => Map::new(),
        }
    }

    fn shown(&self, partition: &Partition) -> Value {
        let mut members = self.summary(partition);
        members.insert("roleArn".to_owned(), self.role_arn.as_str().into());
        members.insert("tags".to_owned(), json!(self.tags));
        members.insert("createdAt".to_owned(), epoch(self.created));
        members.insert("modifiedAt".to_owned(), epoch(self.modified));
        members.insert(
            "disableSessionTags".to_owned(),
            self.disable_session_tags.into(),
        );
        if let Some(target) = &self.target_role_arn {
            members.insert("targetRoleArn".to_owned(), target.as_str().into());
        }
        Value::Object(members)
    }
}

fn arn(partition: &Partition, cluster: &ClusterKey, id: &str) -> String {
    cluster.arn_of(
        partition,
        "podidentityassociation",
        &format!("{}/{id}", cluster.name),
    )
}

fn on_association(state: &State, call: &Call<'_>, action: &str) -> Result<(), Failure> {
    let key = cluster_key(call);
    let id = call.parameters.text("associationId").unwrap_or_default();
    let arn = arn(&state.partition, &key, id);
    let mut ask = Ask::new(action, &arn);
    if let Some(association) = state.eks.pod_identities.get(&key.of(id)) {
        ask = ask.resource_tags(&association.tags);
    }
    call.authorize(&ask)
}

fn found<'a>(state: &'a State, call: &Call<'_>) -> Result<&'a PodIdentityAssociation, Failure> {
    let key = cluster_key(call);
    existing(state, call, &key)?;
    let id = call.parameters.text("associationId").unwrap_or_default();
    state.eks.pod_identities.get(&key.of(id)).ok_or_else(|| {
        not_found(format!("Association not found: {id}")).with("clusterName", key.name.as_str())
    })
}

fn check_role(state: &State, arn: &str) -> Result<(), Failure> {
    if role(state, arn).is_some() {
        return Ok(());
    }
    Err(invalid_parameter(
        "Role provided in the request does not exist.",
    ))
}

pub(super) fn create_pod_identity_association(state: &mut State, call: &mut Call<'_>) -> Outcome {
    asking::on_cluster(state, call, "eks:CreatePodIdentityAssociation")?;
    asking::tags_on_create_of(state, call, "podidentityassociation", "*")?;
    let key = cluster_key(call);
    let parameters = &call.parameters;
    let role = parameters.text("roleArn").unwrap_or_default();
    pass_role::authorize(call, role, "pods.eks.amazonaws.com")?;
    existing(state, call, &key)?;
    let namespace = parameters.text("namespace").unwrap_or_default();
    let account = parameters.text("serviceAccount").unwrap_or_default();
    if namespace.is_empty() || account.is_empty() {
        return Err(invalid_parameter(
            "namespace and serviceAccount must not be empty",
        ));
    }
    check_role(state, role)?;
    let prefix = key.prefix();
    let old = state
        .eks
        .pod_identities
        .range(&prefix, None)
        .find(|(_, old)| old.namespace == namespace && old.service_account == account);
    if let Some((_, old)) = old {
        if page::repeats(old.token.as_ref(), parameters) {
            return Ok(json!({"association": old.shown(&state.partition)}));
        }
        return Err(in_use(format!("Association already exists: {}", old.id)));
    }
    let association = PodIdentityAssociation {
        cluster: key,
        id: format!("a-{}", call.ids().secret(17).to_ascii_lowercase()),
        namespace: namespace.to_owned(),
        service_account: account.to_owned(),
        role_arn: role.to_owned(),
        target_role_arn: parameters.text("targetRoleArn").map(str::to_owned),
        disable_session_tags: parameters.boolean("disableSessionTags").unwrap_or(false),
        created: call.now,
        modified: call.now,
        tags: page::tags(parameters),
        token: page::token(parameters),
    };
    let answer = json!({"association": association.shown(&state.partition)});
    state.eks.put_pod_identity_association(association);
    Ok(answer)
}

pub(super) fn describe_pod_identity_association(state: &State, call: &mut Call<'_>) -> Outcome {
    on_association(state, call, "eks:DescribePodIdentityAssociation")?;
    let association = found(state, call)?;
    Ok(json!({"association": association.shown(&state.partition)}))
}

pub(super) fn list_pod_identity_associations(state: &State, call: &mut Call<'_>) -> Outcome {
    asking::on_cluster(state, call, "eks:ListPodIdentityAssociations")?;
    let key = cluster_key(call);
    existing(state, call, &key)?;
    let namespace = call.parameters.text("namespace");
    let account = call.parameters.text("serviceAccount");
    let prefix = key.prefix();
    let associations = state
        .eks
        .pod_identities
        .range(&prefix, None)
        .filter(|(_, one)| namespace.is_none_or(|name| name == one.namespace))
        .filter(|(_, one)| account.is_none_or(|name| name == one.service_account))
        .map(|(key, one)| (key.to_owned(), Value::Object(one.summary(&state.partition))));
    let (found, next) = page(&call.parameters, associations)?;
    Ok(listed("associations", found, next))
}

pub(super) fn update_pod_identity_association(state: &mut State, call: &mut Call<'_>) -> Outcome {
    on_association(state, call, "eks:UpdatePodIdentityAssociation")?;
    let parameters = &call.parameters;
    let role = parameters.text("roleArn");
    if let Some(role) = role {
        pass_role::authorize(call, role, "pods.eks.amazonaws.com")?;
    }
    let mut association = found(state, call)?.clone();
    if let Some(role) = role {
        check_role(state, role)?;
        role.clone_into(&mut association.role_arn);
    }
    if let Some(target) = parameters.text("targetRoleArn") {
        association.target_role_arn = Some(target.to_owned()).filter(|target| !target.is_empty());
    }
    if let Some(disable) = parameters.boolean("disableSessionTags") {
        association.disable_session_tags = disable;
    }
    association.modified = call.now;
    let answer = json!({"association": association.shown(&state.partition)});
    state.eks.put_pod_identity_association(association);
    Ok(answer)
}

pub(super) fn delete_pod_identity_association(state: &mut State, call: &mut Call<'_>) -> Outcome {
    on_association(state, call, "eks:DeletePodIdentityAssociation")?;
    let association = found(state, call)?.clone();
    state
        .eks
        .pod_identities
        .remove(&association.cluster.of(&association.id));
    Ok(json!({"association": association.shown(&state.partition)}))
}
