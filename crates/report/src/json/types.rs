use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What `rolecall check --format json` writes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "rolecall check")]
pub struct CheckJson {
    /// The version of this format.
    #[schemars(extend("const" = 1))]
    pub version: u32,
    /// One chain per pool and group.
    pub chains: Vec<ChainJson>,
    /// What is wrong, errors first.
    pub findings: Vec<FindingJson>,
    /// What kept files from being read.
    pub diagnostics: Vec<DiagnosticJson>,
    /// What was not permitted to be read of a cluster, where anything was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions: Option<PermissionsJson>,
    /// How many pools and groups came to which verdict.
    pub summary: SummaryJson,
}

/// What was not permitted, and what would have let everything be read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PermissionsJson {
    /// What was missing, each action once.
    pub missing: Vec<MissingPermissionJson>,
    /// The smallest IAM policy, where AWS refused something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<serde_json::Value>,
    /// The smallest ClusterRole, as YAML, where Kubernetes refused something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster_role: Option<String>,
}

/// A permission that was missing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MissingPermissionJson {
    /// The action, such as `iam:GetRole`, or `kubernetes:` and a verb.
    pub action: String,
    /// What it was refused on: ARNs, names, or kinds of objects.
    pub resources: Vec<String>,
    /// What is not known without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl CheckJson {
    /// The version of this format.
    pub const VERSION: u32 = 1;
}

/// The links of one pool or group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChainJson {
    /// The cluster's name, or null where it is not known.
    #[schemars(required)]
    pub cluster: Option<String>,
    /// The pool or group.
    pub pool: PoolJson,
    /// Which control plane the verdicts are for.
    #[schemars(extend("enum" = ["current", "legacy"]))]
    pub control_plane: String,
    /// The links that apply, in order.
    pub links: Vec<LinkJson>,
    /// The conditions that the control plane will set, by object, such as `NodeClass/web`.
    pub predicted: BTreeMap<String, Vec<ConditionJson>>,
    /// What the cluster shows, where it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<ObservedJson>,
}

/// What a cluster shows of a pool or group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ObservedJson {
    /// The conditions of class and pool, by object, such as `NodeClass/web`.
    pub conditions: BTreeMap<String, Vec<ConditionJson>>,
    /// The nodes.
    pub nodes: Vec<NodeJson>,
    /// What controllers said of class, pool, claims and nodes, the newest first.
    pub events: Vec<EventJson>,
}

/// A node of a pool or group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NodeJson {
    /// Its name.
    pub name: String,
    /// Whether it is `Ready`.
    pub ready: bool,
}

/// A Kubernetes event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventJson {
    /// Kind and name of the object, such as `NodeClass/web`.
    pub object: String,
    /// Whether its type is `Warning`.
    pub warning: bool,
    /// The reason.
    pub reason: String,
    /// The message.
    pub message: String,
    /// How often it was seen.
    pub count: u32,
    /// When it was last seen, where that is known (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<String>,
}

/// A pool or group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PoolJson {
    /// `NodePool`, `managed node group`, `self-managed node group` or `hybrid nodes`.
    pub kind: String,
    /// Its name.
    pub name: String,
}

/// A pool or group of a cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PoolRefJson {
    /// The cluster's name, or null where it is not known.
    #[schemars(required)]
    pub cluster: Option<String>,
    /// `NodePool`, `managed node group`, `self-managed node group` or `hybrid nodes`.
    pub kind: String,
    /// Its name.
    pub name: String,
}

/// A link with its verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkJson {
    /// The link, such as `access-entry`.
    pub link: String,
    /// What it came to.
    #[schemars(extend("enum" = ["pass", "fail", "unknown"]))]
    pub verdict: String,
    /// What was found, or what was missing.
    pub detail: String,
}

/// A status condition of a Kubernetes object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConditionJson {
    /// The type, such as `InstanceProfileReady`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// The reason.
    pub reason: String,
    /// The message.
    pub message: String,
}

/// A rule's statement that something is wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FindingJson {
    /// The rule's permanent code, such as `RC703`.
    pub rule: String,
    /// The rule's permanent name.
    pub name: String,
    /// How much it matters.
    #[schemars(extend("enum" = ["error", "warning", "note"]))]
    pub severity: String,
    /// The object it is about.
    pub subject: String,
    /// What is wrong, in one sentence.
    pub message: String,
    /// Where; the first is the place to look at first.
    pub origins: Vec<OriginJson>,
    /// What proves it.
    pub evidence: Vec<EvidenceJson>,
    /// What mends it, the best first.
    pub repairs: Vec<RepairJson>,
    /// The pools and groups whose chain it breaks or touches.
    pub pools: Vec<PoolRefJson>,
}

/// Where a fact was learnt: a place in a file, or an API call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, deny_unknown_fields)]
pub enum OriginJson {
    /// A place in a file.
    File {
        /// The path; `-` for standard input.
        file: String,
        /// Line, from 1.
        line: u32,
        /// Column, from 1, in characters.
        column: u32,
        /// How many characters are meant, where that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        length: Option<u32>,
        /// The object's address in its own language.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<String>,
    },
    /// The answer to an API call.
    Api {
        /// Service and operation, such as `eks:DescribeAccessEntry`.
        call: String,
        /// What was asked for.
        target: String,
    },
}

/// Something that proves a finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
pub enum EvidenceJson {
    /// A fact in words.
    Fact {
        /// The fact.
        text: String,
        /// Where it was learnt.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        origin: Option<OriginJson>,
    },
    /// Two texts that ought to be equal.
    Difference {
        /// The first.
        left: SidedTextJson,
        /// The second.
        right: SidedTextJson,
    },
    /// A policy statement that decided.
    Statement {
        /// The policy's name, with its version for managed ones.
        policy: String,
        /// The statement, as it stands in the policy.
        statement: serde_json::Value,
        /// How it decided.
        why: String,
        /// Where the statement stands, if in a file.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        origin: Option<OriginJson>,
    },
    /// Calls to AWS that were refused because of it, as CloudTrail recorded them.
    Call(CallJson),
}

/// The newest of several refused calls of one kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CallJson {
    /// Service and operation, such as `eks:DescribeAccessEntry`.
    pub action: String,
    /// `errorCode`, such as `AccessDenied`.
    pub error: String,
    /// `errorMessage`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// When it was made (RFC 3339).
    pub time: String,
    /// How many of the kind were recorded.
    pub count: usize,
    /// When the first of them was (RFC 3339).
    pub since: String,
    /// Who called, by the ARN of the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<String>,
    /// The role of that session, with its path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller_role: Option<String>,
    /// The principal that was asked about, decoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal_arn: Option<String>,
    /// The role that the call is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The instance profile that the call is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_profile: Option<String>,
    /// `eventID`.
    pub event_id: String,
}

/// One of two texts that ought to be equal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SidedTextJson {
    /// What the text is, such as `the entry is for`.
    pub label: String,
    /// The text.
    pub text: String,
    /// The part of it that the other does not have; may be empty.
    pub differs: String,
}

/// A change that mends a finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RepairJson {
    /// What it does.
    pub action: String,
    /// What it costs.
    #[schemars(extend("enum" = ["safe", "disruptive", "by hand"]))]
    pub safety: String,
    /// What to type or write; alternatives where there are several.
    pub commands: Vec<String>,
}

/// Something that kept a file, or a part of one, from being read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DiagnosticJson {
    /// How much it matters.
    #[schemars(extend("enum" = ["error", "note"]))]
    pub level: String,
    /// What is wrong.
    pub message: String,
    /// Where.
    pub origin: OriginJson,
    /// What to type or do next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// How many pools and groups came to which verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SummaryJson {
    /// All links hold.
    pub pass: usize,
    /// A link does not hold.
    pub fail: usize,
    /// No link fails, but some could not be told.
    pub unknown: usize,
}
