//! The command line: it reads arguments and files, asks the other crates, and prints.
//!
//! This crate owns what the user types and where the answer goes. It judges nothing: facts come from
//! [`rolecall_declared`], verdicts from [`rolecall_chain`], texts from [`rolecall_report`].
//!
//! ```text
//! Args ─► Config ─► read files ─► trace ─► select findings ─┬─► report ─► exit code
//! (typed) (resolved)     ▲                                  │
//!                        └───────────── fix ◄───────────────┘
//! ```
//!
//! Arguments as typed ([`args`]) and as resolved ([`config`]) are two types, so that nothing past the
//! start asks the environment again.

pub mod args;
mod failure;
pub mod fix;
pub mod selection;
pub mod settings;
mod suggest;

pub use failure::Failure;
