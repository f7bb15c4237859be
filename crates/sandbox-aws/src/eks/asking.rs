//! What IAM is asked before an operation of EKS does anything.
//!
//! EKS asks before it looks at parameters: a denied call never tells whether what it named exists or
//! is well-formed. An entry that does not exist is named with `*` for its last part, and a principal
//! that is no ARN leaves the parts before it empty (seen in outputs of the AWS CLI).

use serde_json::Value;

use super::access_entry::{AccessEntry, EntryType, entry_arn};
use super::cluster::Cluster;
use super::page;
use super::principal::Principal;
use super::refusal::{invalid_request, no_cluster};
use super::state::ClusterKey;
use crate::authorize::Ask;
use crate::call::Call;
use crate::failure::Failure;
use crate::state::State;
use crate::tag_on_create;

/// The cluster a request names, in the caller's account and region.
pub(super) fn cluster_key(call: &Call<'_>) -> ClusterKey {
    ClusterKey {
        account: call.account(),
        region: call.region.clone(),
        name: call.parameters.text("name").unwrap_or_default().to_owned(),
    }
}

/// Asks on the cluster's ARN, with the tags the request brings.
pub(super) fn on_cluster(state: &State, call: &Call<'_>, action: &str) -> Result<(), Failure> {
    ask_on_cluster(state, call, action, |ask| ask)
}

/// As [`on_cluster`], with more condition keys.
pub(super) fn ask_on_cluster(
    state: &State,
    call: &Call<'_>,
    action: &str,
    more: impl FnOnce(Ask<'_>) -> Ask<'_>,
) -> Result<(), Failure> {
    let key = cluster_key(call);
    let arn = key.arn(&state.partition);
    let mut ask = Ask::new(action, &arn);
    if let Some(cluster) = state.eks.live_cluster(&key, call.now) {
        ask = ask.resource_tags(&cluster.tags);
    }
    let tags = page::tags(&call.parameters);
    ask = ask.request_tags(
        tags.iter()
            .map(|(key, value)| (key.as_str(), value.as_str())),
    );
    call.authorize(&more(ask))
}

/// Asks to tag what is about to be made. On which ARN EKS asks before there is one is not documented:
/// taken is that of the kind, with `*` for the id that nobody knows yet, as for entries that are not
/// there. Reports show it for clusters, which have no id; add-ons were once asked for on
/// `arn:…:/createaddon` (aws/containers-roadmap#1172).
pub(super) fn tags_on_create(call: &Call<'_>, arn: &str) -> Result<(), Failure> {
    let tags = page::tags(&call.parameters);
    tag_on_create::authorize(call, "eks:TagResource", arn, &tags)
}

/// The same for something of a cluster: `nodegroup` and `NAME/*`.
pub(super) fn tags_on_create_of(
    state: &State,
    call: &Call<'_>,
    kind: &str,
    rest: &str,
) -> Result<(), Failure> {
    let key = cluster_key(call);
    let arn = key.arn_of(&state.partition, kind, &format!("{}/{rest}", key.name));
    tags_on_create(call, &arn)
}

/// Asks to make an access entry: on the cluster's ARN, with what the entry is to be; and to tag it.
pub(super) fn on_new_entry(state: &State, call: &Call<'_>) -> Result<(), Failure> {
    let parameters = &call.parameters;
    let kind = parameters.text("type").unwrap_or("STANDARD");
    let principal = parameters.text("principalArn").unwrap_or_default();
    ask_on_cluster(state, call, "eks:CreateAccessEntry", |ask| {
        ask.with("eks:accessEntryType", kind)
            .with(
                "eks:clusterName",
                parameters.text("name").unwrap_or_default(),
            )
            .with_some("eks:principalArn", parameters.text("principalArn"))
            .with_some("eks:username", parameters.text("username"))
            .with_values(
                "eks:kubernetesGroups",
                owned(&parameters.texts("kubernetesGroups")),
            )
    })?;
    let principal = Principal::parse(principal);
    let key = cluster_key(call);
    let arn = entry_arn(&state.partition, &key, principal.as_ref(), "*");
    tags_on_create(call, &arn)
}

/// Asks on the ARN of an access entry.
///
/// Condition keys that describe the entry (`eks:accessEntryType` and the rest) are there only when
/// the entry is: that is why `AmazonEKSServiceRolePolicy` refuses a principal without an entry.
pub(super) fn on_entry(state: &State, call: &Call<'_>, action: &str) -> Result<(), Failure> {
    let key = cluster_key(call);
    let text = call.parameters.text("principalArn").unwrap_or_default();
    let principal = Principal::parse(text);
    let entry = seen_entry(state, call, &key, text);
    let arn = entry.map_or_else(
        || entry_arn(&state.partition, &key, principal.as_ref(), "*"),
        |entry| entry.arn(&state.partition),
    );
    let mut ask = Ask::new(action, &arn).with("eks:clusterName", key.name.as_str());
    if let Some(entry) = entry {
        ask = described(ask, entry, call);
    }
    if let Some(policy) = call.parameters.text("policyArn") {
        ask = ask.with("eks:policyArn", policy);
    }
    if let Some(scope) = call.parameters.structure("accessScope") {
        ask = ask
            .with_some("eks:accessScope", scope.get("type").and_then(Value::as_str))
            .with_values(
                "eks:namespaces",
                page::texts(scope, "namespaces").unwrap_or_default(),
            );
    }
    call.authorize(&ask)
}

/// The keys of an entry (Service Authorization Reference, resource type `access-entry`). User name
/// and groups are those a request brings, where it brings them.
fn described<'a>(ask: Ask<'a>, entry: &AccessEntry, call: &Call<'_>) -> Ask<'a> {
    let parameters = &call.parameters;
    let groups = match parameters.get("kubernetesGroups") {
        Some(_) => owned(&parameters.texts("kubernetesGroups")),
        None => entry.groups.clone(),
    };
    ask.with("eks:accessEntryType", entry.kind.as_str())
        .with("eks:principalArn", entry.principal_arn.as_str())
        .with(
            "eks:username",
            parameters.text("username").unwrap_or(&entry.username),
        )
        .with_values("eks:kubernetesGroups", groups)
        .resource_tags(&entry.tags)
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// The entry as the caller sees it.
pub(super) fn seen_entry<'a>(
    state: &'a State,
    call: &Call<'_>,
    key: &ClusterKey,
    principal_arn: &str,
) -> Option<&'a AccessEntry> {
    state.eks.live_cluster(key, call.now)?;
    state.eks.entries.seen(&key.of(principal_arn))
}

/// The cluster, or the error that there is none.
pub(super) fn existing<'a>(
    state: &'a State,
    call: &Call<'_>,
    key: &ClusterKey,
) -> Result<&'a Cluster, Failure> {
    state
        .eks
        .live_cluster(key, call.now)
        .ok_or_else(|| no_cluster(&key.name))
}

/// The cluster, when it has access entries (aws-ia/terraform-aws-eks-blueprints#1877; the text is
/// the same for reads).
pub(super) fn with_entries<'a>(
    state: &'a State,
    call: &Call<'_>,
    key: &ClusterKey,
) -> Result<&'a Cluster, Failure> {
    let cluster = existing(state, call, key)?;
    if cluster.authentication_mode.has_api() {
        return Ok(cluster);
    }
    Err(invalid_request(
        "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to \
         perform this operation.",
    ))
}

/// Whether making such an entry passes the role (EKS User Guide, "Create access entries").
pub(super) fn passes_role(kind: EntryType) -> bool {
    matches!(kind, EntryType::Ec2Linux | EntryType::Ec2Windows)
}
