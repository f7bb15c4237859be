//! Facts from files: Kubernetes manifests, Terraform, CloudFormation and eksctl.
//!
//! This crate turns paths into a [`Snapshot`](rolecall_facts::Snapshot), each fact with file, line
//! and column. It reads files and nothing else: no network, no clock, no environment. It judges
//! nothing; what it cannot evaluate is unknown, with the reason.
//!
//! ```text
//! paths ─ walk ─ sniff ─┬─ kubernetes ────┐
//!                       ├─ eksctl ────────┤
//!                       ├─ cloudformation ┼─► Output (Snapshot + Diagnostics)
//!                       └─ terraform ─────┘
//!                            (plan, hcl)
//! ```
//!
//! Every language is first read, and where it has expressions evaluated, into one `tree`: values
//! that know their place, that may be unknown, and that may refer to a declared object. The readers
//! then turn trees into facts with the same few functions, so an unknown role name means the same
//! whichever language left it open.

mod cloudformation;
mod diagnostic;
mod eksctl;
mod fields;
mod kubernetes;
mod manifest;
mod output;
mod read;
mod source;
mod terraform;
mod tree;

pub use diagnostic::{Diagnostic, DiagnosticLevel};
pub use manifest::Manifest;
pub use read::{ClusterOfPath, Options, Read, read, read_sources};
pub use source::Source;
