//! The chain from node pool to joined node: links, rules, findings and repairs.
//!
//! This crate owns the judgement: [`trace`] takes a [`Snapshot`](rolecall_facts::Snapshot) and says,
//! for every node pool and node group, which links hold, which do not, which cannot be told, and
//! what the control plane will report. It is pure and total: no file, no clock, no network, an answer
//! for every snapshot.
//!
//! ```text
//! Snapshot ─► World (indexes) ─► ChainContext per pool ─┬─► links  ─► Chain
//!                                  (asks `policy`)      └─► rules  ─► Finding + Repair
//! ```
//!
//! Every IAM question goes through [`rolecall_policy`]; no rule decides one by looking at a policy's
//! name. That the control plane answers AccessDenied for an entry that does not exist is not written
//! anywhere here: it follows from the condition in `AmazonEKSServiceRolePolicy`.

mod chain;
mod context;
mod finding;
mod iam;
mod index;
mod link;
mod links;
mod observed;
mod options;
mod predict;
mod questions;
mod repair;
mod repairs;
mod rule;
mod rules;
mod trace;
mod who_can;
mod world;

pub use chain::{Chain, ControlPlane, Pool, PoolKind, PredictedObject};
pub use finding::{Evidence, Finding, Severity, differing_ranges};
pub use link::{Link, LinkState, Verdict};
pub use observed::{Observed, ObservedNode, ObservedObject, observed_control_plane};
pub use options::{Conventions, Options, PathConvention};
pub use repair::{Command, Edit, Repair, Safety, Tool};
pub use rule::Rule;
pub use rules::{RULES, find_rule};
pub use trace::{Traced, trace};
pub use who_can::{RoleAnswer, who_can};
