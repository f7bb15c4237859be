//! What a cluster and its account show of themselves: nodes, events, and calls that were refused.

use rolecall_arn::AccountId;
use serde::{Deserialize, Serialize};

use crate::{Condition, Origin, Reference, Timestamp, Why};

/// A `Node` that was read from a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Node {
    /// Its name; in Auto Mode the id of its instance.
    pub name: String,
    /// The cluster it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<Reference<String>>,
    /// The pool that made it, by the label `karpenter.sh/nodepool`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_pool: Option<String>,
    /// The node group it belongs to: a managed one by the label `eks.amazonaws.com/nodegroup`, a
    /// self-managed one by its instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_group: Option<String>,
    /// What it runs on, by the label `eks.amazonaws.com/compute-type`: `auto`, `fargate`, or `hybrid`
    /// for a machine outside AWS. Nodes of node groups have no such label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compute_type: Option<String>,
    /// The id of its EC2 instance, from `spec.providerID`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    /// Its status conditions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Where it was read.
    pub origin: Origin,
}

/// A Kubernetes event: what a controller said of an object.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ObjectEvent {
    /// The cluster it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<Reference<String>>,
    /// Kind and name of the object, such as `NodeClass/web`.
    pub object: String,
    /// Whether its type is `Warning`. Karpenter tells changes of conditions in `Normal` events.
    #[serde(default)]
    pub warning: bool,
    /// The reason, in CamelCase.
    #[serde(default)]
    pub reason: String,
    /// The message.
    #[serde(default)]
    pub message: String,
    /// How often it was seen.
    pub count: u32,
    /// When it was last seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Timestamp>,
    /// Where it was read.
    pub origin: Origin,
}

/// A call to AWS that was refused or failed, as CloudTrail recorded it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ObservedCall {
    /// `eventID`, unique for each record.
    pub event_id: String,
    /// `eventTime`.
    pub time: Timestamp,
    /// `eventSource`, such as `eks.amazonaws.com`.
    pub event_source: String,
    /// `eventName`, such as `DescribeAccessEntry`.
    pub event_name: String,
    /// The account that it was recorded in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// The region that it was recorded in; `us-east-1` for IAM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Who called: `userIdentity.arn`. Of a role's session it never has the role's path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller_arn: Option<String>,
    /// The role of the caller's session, with its path: `sessionContext.sessionIssuer.arn`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_issuer_arn: Option<String>,
    /// The AWS service that called on its own or another's behalf: `userIdentity.invokedBy`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoked_by: Option<String>,
    /// `errorCode`, such as `AccessDenied`.
    pub error_code: String,
    /// `errorMessage`; a record may have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// The cluster that its parameters name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// The principal that its parameters name. CloudTrail keeps what stood in a path
    /// percent-encoded; here it is decoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal_arn: Option<String>,
    /// The role that its parameters name, by name or ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The instance profile that its parameters name, by name or ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_profile: Option<String>,
    /// Where it was read.
    pub origin: Origin,
}

impl ObservedCall {
    /// Service and operation, such as `eks:DescribeAccessEntry`.
    #[must_use]
    pub fn action(&self) -> String {
        let service = self.event_source.split('.').next().unwrap_or_default();
        format!("{service}:{}", self.event_name)
    }

    /// Whether a permission was missing. The spelling differs by service: EKS and IAM write
    /// `AccessDenied`, with or without `Exception`, EC2 `Client.UnauthorizedOperation`.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        let code = self.error_code.trim_start_matches("Client.");
        code.starts_with("AccessDenied") || code == "UnauthorizedOperation"
    }
}

/// Something that was to be read from a live cluster or account and could not be.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unread {
    /// The cluster it belongs to, where it is a cluster's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// The call, and what was asked for.
    pub origin: Origin,
    /// Why it could not be read.
    pub why: Why,
    /// What to do about it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}
