//! Chains and findings as text, JSON, SARIF, JUnit, GitHub annotations and Markdown.
//!
//! This crate owns how a result looks. It judges nothing (`chain` does), reads no file and asks no
//! terminal: the caller hands it the result, the texts for excerpts and a [`Style`], and gets bytes.
//!
//! ```text
//!                          ┌─ text ──── for a person, with excerpts and commands to copy
//! Report + Style ─ render ─┼─ json ──── for programs; its schema is json_schema()
//!                          ├─ sarif, junit, github ── for CI
//!                          └─ markdown ── for a pull request
//! Rule ─ page_for_terminal, rule_table ── for `rolecall explain` and `rolecall rules`
//! ```
//!
//! Every text that comes from the user's files is untrusted: each format escapes it in its own way,
//! and control characters never reach a terminal (see [`Format`]). The same report always gives the
//! same bytes.

mod call;
mod commands;
mod draw;
mod excerpt;
mod format;
mod github;
mod grouping;
mod json;
mod junit;
mod markdown;
mod page;
mod paint;
mod permissions;
mod report;
mod rule_table;
mod sarif;
mod statement;
mod style;
mod text;
mod visible;
mod wrap;

pub use draw::chain_line;
pub use format::{Format, UnknownFormat, render};
pub use json::{
    CallJson, ChainJson, CheckJson, ConditionJson, DiagnosticJson, EventJson, EvidenceJson,
    FindingJson, LinkJson, MissingPermissionJson, NodeJson, ObservedJson, OriginJson,
    PermissionsJson, PoolJson, PoolRefJson, RepairJson, SidedTextJson, SummaryJson, json_schema,
};
pub use page::page_for_terminal;
pub use paint::Ink;
pub use permissions::{MissingPermission, Permissions};
pub use report::{Diagnostic, DiagnosticLevel, NoSources, ReadFrom, Report, SourceText, Summary};
pub use rule_table::rule_table;
pub use style::Style;
pub use visible::{clean_lines, visible};
pub use wrap::{columns, wrap};
