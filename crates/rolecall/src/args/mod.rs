//! What the user typed, before any of it is looked up or checked against the file system.

mod check;
mod choice;
mod connection;
mod demo;
mod diagnose;
mod fleet;
mod iam;
mod input;
mod repair;
mod sandbox;
mod snapshot;

use clap::{Args as ClapArgs, Parser, Subcommand};
use clap_complete::Shell;

pub use check::{CheckArgs, ControlPlaneArg, FixArgs, ReportArgs, SelectionArgs, SeverityArg};
pub use choice::{ColorChoice, FailOn, InventoryFormat, ReportFormat, RulesFormat};
pub use connection::ConnectionArgs;
pub use demo::DemoArgs;
pub use diagnose::{DiagnoseArgs, Then};
pub use fleet::FleetArgs;
pub use iam::{AnswerFormat, EvaluateArgs, ExplainPolicyArgs, IamArgs, IamCommand, WhoCanArgs};
pub use input::{BesidesArgs, InputArgs, TraceArgs};
pub use repair::{HowArgs, RepairArgs, RepairFormat, RepairOutputArgs, RepairTraceArgs, WhatArgs};
pub use sandbox::{EnvArgs, KeyAndSecret, SandboxArgs, SandboxCommand, StartArgs, TokenArgs};
pub use snapshot::SnapshotArgs;

/// Calls the roll of an EKS cluster's nodes: says which node pools will never get a node, at which
/// link of the chain from manifest to running node, why, and what to type.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "rolecall",
    version,
    propagate_version = true,
    max_term_width = 100,
    after_help = "Exit codes: 0 nothing failed · 1 findings · 2 could not run, or a file could not \
                  be read · 3 something is unknown, under --strict. Where two apply: 2, then 1, then 3."
)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Follow the chain of every node pool and node group that the files declare.
    ///
    /// Reads Kubernetes manifests, Terraform and OpenTofu (folders of .tf, or a plan or state as JSON),
    /// CloudFormation templates (so also what `cdk synth` writes), eksctl ClusterConfigs and saved
    /// snapshots. Nothing is applied and no API is called.
    Check(Box<CheckArgs>),
    /// Read a cluster back through the AWS and Kubernetes APIs and say why its pools have no nodes.
    ///
    /// Draws each pool's chain, the conditions that the cluster shows beside those that follow from the
    /// chain, and the calls that CloudTrail recorded as refused because of it.
    Diagnose(Box<DiagnoseArgs>),
    /// Plan what mends a cluster, show it, and carry it out once you agree.
    ///
    /// The plan is proven on a copy of the facts before it is shown, and rests on them: what has changed
    /// since is not touched. A journal lets a repair that was broken off be completed (--resume) or taken
    /// back (--undo).
    Repair(Box<RepairArgs>),
    /// Save what a cluster's APIs say of it as JSON, for `check --facts` and `diagnose --from`.
    ///
    /// With --redact it says so under pseudonyms, and can be sent to a stranger.
    Snapshot(Box<SnapshotArgs>),
    /// Diagnose all clusters of many accounts and regions, and say which rule found what where.
    ///
    /// A role is assumed in each account; what cannot be read is a line of the report and not its end.
    /// Exit codes: 2 only where nothing could be read; with --strict, 3 where anything could not.
    Fleet(Box<FleetArgs>),
    /// Print a rule's page.
    Explain(ExplainArgs),
    /// List the rules.
    Rules(RulesArgs),
    /// Print the register of role paths in use: who uses them, who owns them, whether they keep the
    /// conventions of rolecall.toml.
    Inventory(InventoryArgs),
    /// Ask the policy engine: decide a request, list who may do something, explain a policy.
    Iam(IamArgs),
    /// Run AWS, Kubernetes and EKS Auto Mode on this machine, to see, mend and test without an account.
    ///
    /// Real clients work unchanged: the AWS CLI and SDKs by AWS_ENDPOINT_URL, kubectl by KUBECONFIG.
    Sandbox(Box<SandboxArgs>),
    /// Tell the case that Rolecall began with, step by step, on an emulated AWS and cluster.
    ///
    /// From a pool that never gets a node to the joined node. Needs nothing, touches nothing.
    Demo(DemoArgs),
    /// Print a completion script for a shell.
    ///
    /// For bash: `rolecall completions bash > ~/.local/share/bash-completion/completions/rolecall`.
    Completions(CompletionsArgs),
}

/// What `explain` takes.
#[derive(Debug, Clone, ClapArgs)]
pub struct ExplainArgs {
    /// A rule's code or name, such as RC703 or access-entry-path-mismatch.
    #[arg(value_name = "CODE|NAME")]
    pub rule: String,
}

/// What `rules` takes.
#[derive(Debug, Clone, ClapArgs)]
pub struct RulesArgs {
    /// How to print them.
    #[arg(long, value_enum, default_value_t)]
    pub format: RulesFormat,
}

/// What `inventory` takes.
#[derive(Debug, Clone, ClapArgs)]
pub struct InventoryArgs {
    /// What to read.
    #[command(flatten)]
    pub input: InputArgs,
    /// How to print the register.
    #[arg(long, value_enum, default_value_t, help_heading = "Output")]
    pub format: InventoryFormat,
    /// Write the register to this file instead of standard output.
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub output: Option<std::path::PathBuf>,
}

/// What `completions` takes.
#[derive(Debug, Clone, ClapArgs)]
pub struct CompletionsArgs {
    /// The shell.
    pub shell: Shell,
}
