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
