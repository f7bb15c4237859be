//! The IAM policy language: parse, evaluate, explain; AWS managed policies as data.
//!
//! A decision here is what AWS would decide, and why. Nothing about EKS is built in: that
//! `eks:DescribeAccessEntry` is refused when an access entry is missing follows from evaluating the
//! managed policy of the service-linked role.
//!
//! ```text
//!  document ──parse──▶ Policy ─┐
//!  managed::find ──▶ document ─┘├─▶ PolicySet ─▶ Layers ─┐
//!                                                        ├─▶ effect():   Effect, no allocation
//!  principal, action, resource, context ──▶ Request ─────┘   evaluate(): Decision with reasons
//! ```
//!
//! What this crate owns: the grammar, matching, conditions, the order in which kinds of policies
//! are asked, and the documents AWS publishes. What it does not: which policies apply to a request
//! and which condition keys it carries; that is the caller's knowledge. It reads no file, no clock
//! and no network, so `aws:CurrentTime` is a condition key like any other.
//!
//! ```
//! use rolecall_policy::{Layers, Request, evaluate, managed};
//!
//! // Compile once …
//! let compute = managed::find("AmazonEKSComputePolicy").ok_or("not shipped")?.policy()?;
//! let layers = Layers::identity([compute]);
//! // … ask many times, from any thread.
//! let profile = "arn:aws:iam::111122223333:instance-profile/team/eks-demo";
//! let role = "arn:aws:iam::111122223333:role/eks/ClusterRole".parse()?;
//! let decision = evaluate(&Request::new(role, "iam:AddRoleToInstanceProfile", profile), &layers);
//! assert!(!decision.is_allowed());
//! for near in decision.near_misses() {
//!     // statement 5 of AmazonEKSComputePolicy would allow it, but its resources
//!     // (`arn:aws:iam::*:instance-profile/eks*`) do not include `…:instance-profile/team/eks-demo`
//!     assert!(near.to_string().contains("do not include"));
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where AWS's documentation leaves room
//!
//! * A key with several values under an operator without `ForAllValues:` or `ForAnyValue:`: every
//!   value must pass. AWS calls such a condition an error.
//! * `NotPrincipal` with `Deny` spares a user only if its account is listed too, and a session only
//!   if account, role and session are. AWS says it *might* deny otherwise.
//! * A `ForAnyValue:…IfExists` condition passes without the key: `IfExists` has the last word.
//! * `sts:AssumeRole` and KMS actions on a key are denied when no trust or key policy is given: they
//!   "must explicitly allow", and a role or key without a policy does not exist.
//! * A session whose role is known by its session's ARN only is a session of the role of that name:
//!   names are unique in an account whatever their path.
//! * In the first five fields of an ARN, `?` and `*` do not match a colon, save a `*` at the end of
//!   a field of `Resource` or at the end of the pattern.
//!
//! A condition that cannot be evaluated (an unknown operator, a date that is no date) makes its
//! statement not match. [`Policy::doubts`] lists such places, and near misses name them.

mod accept;
pub mod actions;
mod condition;
mod context;
mod data;
mod decision;
mod distance;
mod evaluate;
mod explain;
mod explain_layer;
mod json;
mod layers;
pub mod managed;
mod parse;
mod pattern;
mod policy;
mod principal;
mod problem;
mod question;
mod request;
mod sentence;
mod statement;

pub use accept::PolicyKind;
pub use context::{Context, Values};
pub use data::Source;
pub use decision::{
    Decision, Effect, FailedTest, LayerDecision, LayerKind, NearMiss, VariableValue,
};
pub use evaluate::{effect, evaluate};
pub use explain::ExplainedStatement;
pub use layers::{Layers, Level};
pub use policy::{Policy, PolicySet, Version};
pub use principal::{Principal, UnknownPrincipal};
pub use problem::{MalformedPolicy, Position, Problem, Span};
pub use question::{Question, QuestionError, QuestionReader};
pub use request::{Relation, Request};
pub use statement::{Statement, StatementEffect, StatementRef};
