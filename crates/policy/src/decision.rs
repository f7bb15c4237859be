//! What was decided, and why.

use std::fmt;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::problem::Span;
use crate::request::{Relation, Request};
use crate::statement::StatementRef;

/// The outcome for a request, or what one layer says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum Effect {
    /// It may.
    Allowed,
    /// No statement allows it.
    ImplicitlyDenied,
    /// A statement denies it.
    ExplicitlyDenied,
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allowed => "allowed",
            Self::ImplicitlyDenied => "implicitly denied",
            Self::ExplicitlyDenied => "explicitly denied",
        })
    }
}

/// A kind of policy that has a say.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase", tag = "layer")]
pub enum LayerKind {
    /// Policies attached to the principal.
    Identity,
    /// The principal's permissions boundary.
    PermissionsBoundary,
    /// Policies of the session.
    Session,
    /// The resource's own policy.
    Resource,
    /// One level of service control policies.
    ServiceControl {
        /// The root, unit or account.
        target: String,
    },
    /// One level of resource control policies.
    ResourceControl {
        /// The root, unit or account.
        target: String,
    },
    /// The policy of the VPC endpoint.
    Endpoint,
}

impl LayerKind {
    /// What AWS calls a policy of this kind in its error messages (IAM User Guide, "Troubleshoot
    /// access denied error messages").
    #[must_use]
    pub fn policy_name(&self) -> &'static str {
        match self {
            Self::Identity => "identity-based policy",
            Self::PermissionsBoundary => "permissions boundary",
            Self::Session => "session policy",
            Self::Resource => "resource-based policy",
            Self::ServiceControl { .. } => "service control policy",
            Self::ResourceControl { .. } => "resource control policy",
            Self::Endpoint => "VPC endpoint policy",
        }
    }
}

impl fmt::Display for LayerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ServiceControl { target } | Self::ResourceControl { target } => {
                write!(f, "{} of {target}", self.policy_name())
            }
            other => f.write_str(other.policy_name()),
        }
    }
}

/// The decision on a request, with its reasons.
#[derive(Debug, Clone, Serialize)]
pub struct Decision {
    /// The outcome.
    #[serde(rename = "decision")]
    pub effect: Effect,
    #[serde(rename = "deniedBy", skip_serializing_if = "Option::is_none")]
    pub(crate) blamed: Option<LayerKind>,
    /// Whether the resource was taken as the principal's own account's.
    pub relation: Relation,
    /// What every layer that applies said, in the order AWS asks them.
    pub layers: Vec<LayerDecision>,
    #[serde(skip)]
    pub(crate) request: Asked,
}

/// What a decision keeps of the request, for its messages.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    principal: String,
    action: String,
    resource: String,
}

impl From<&Request> for Asked {
    fn from(request: &Request) -> Self {
        Self {
            principal: request.principal().to_string(),
            action: request.action().to_owned(),
            resource: request.resource().to_owned(),
        }
    }
}

/// What one layer said.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LayerDecision {
    /// The layer. As JSON its name stands in `layer`, and a level's `target` beside it.
    #[serde(flatten)]
    pub layer: LayerKind,
    /// Its answer, taken alone.
    pub decision: Effect,
    /// The statements that matched.
    pub matched: Vec<StatementRef>,
    /// The statements that did not match by little, those with the fewest failed tests first.
    pub near_misses: Vec<NearMiss>,
}

/// A statement that nearly matched: one of its tests failed, or only conditions of it. As JSON it
/// has its sentence, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearMiss {
    /// The statement.
    pub statement: StatementRef,
    /// The tests that failed, never empty, mostly one.
    pub failed: Vec<FailedTest>,
}

impl Serialize for NearMiss {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("NearMiss", 3)?;
        object.serialize_field("statement", &self.statement)?;
        object.serialize_field("failed", &self.failed)?;
        object.serialize_field("sentence", &self.to_string())?;
        object.end()
    }
}

/// A test of a statement that the request failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    tag = "test"
)]
pub enum FailedTest {
    /// `Action` or `NotAction`.
    Action {
        /// The patterns.
        wanted: Vec<String>,
        /// Whether it is `NotAction`.
        negated: bool,
        /// The request's action.
        present: String,
    },
    /// `Resource` or `NotResource`.
    Resource {
        /// The patterns.
        wanted: Vec<String>,
        /// Whether it is `NotResource`.
        negated: bool,
        /// The request's resource.
        present: String,
        /// Variables in the patterns that have no value in the request.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        without_value: Vec<String>,
    },
    /// `Principal` or `NotPrincipal`.
    Principal {
        /// The principals named.
        wanted: Vec<String>,
        /// Whether it is `NotPrincipal`.
        negated: bool,
        /// The request's principal.
        present: String,
    },
    /// One operator and key of `Condition`.
    Condition {
        /// The operator as written.
        operator: String,
        /// The condition key as written.
        key: String,
        /// The values wanted, or refused when `negated`.
        wanted: Vec<String>,
        /// The values of the key in the request; `None` when it is absent.
        present: Option<Vec<String>>,
        /// Those of them that the test rejects.
        rejected: Vec<String>,
        /// Whether the operator is one of the `…Not…` kind.
        negated: bool,
        /// Whether the operator is `Null`.
        is_null_test: bool,
        /// False when the test could not be made: an operator nobody knows, a value that cannot be
        /// read.
        readable: bool,
        /// The key and its values in the document.
        #[serde(skip)]
        span: Span,
        /// The variables among the values wanted.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        variables: Vec<VariableValue>,
    },
}

/// A policy variable and its value in the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VariableValue {
    /// The condition key.
    pub key: String,
    /// Its value; `None` when the request has none.
    pub value: Option<String>,
}

impl Decision {
    /// Whether the request is allowed.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        self.effect == Effect::Allowed
    }

    /// The near misses of all layers.
    pub fn near_misses(&self) -> impl Iterator<Item = &NearMiss> {
        self.layers.iter().flat_map(|layer| &layer.near_misses)
    }

    /// The statements of all layers that matched.
    pub fn matched(&self) -> impl Iterator<Item = &StatementRef> {
        self.layers.iter().flat_map(|layer| &layer.matched)
    }

    /// The layer a denial comes down to: the first that denies explicitly, else the first whose
    /// allow is missing. `None` when the request is allowed.
    #[must_use]
    pub fn denied_by(&self) -> Option<LayerKind> {
        self.blamed.clone()
    }

    /// The access-denied text of AWS's APIs for this decision, `None` when it is allowed (IAM User
    /// Guide, "Troubleshoot access denied error messages").
    #[must_use]
    pub fn access_denied_message(&self) -> Option<String> {
        let layer = self.blamed.as_ref()?;
        let Asked {
            principal,
            action,
            resource,
            ..
        } = &self.request;
        let kind = layer.policy_name();
        let reason = if self.effect == Effect::ExplicitlyDenied {
            let article = if kind.starts_with(['i', 'e']) {
                "an"
            } else {
                "a"
            };
            format!("with an explicit deny in {article} {kind}")
        } else {
            format!("because no {kind} allows the {action} action")
        };
        Some(format!(
            "User: {principal} is not authorized to perform: {action} on resource: {resource} {reason}"
        ))
    }
}
