use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::{ColorChoice, ConnectionArgs, ControlPlaneArg};

/// What `repair` takes.
#[derive(Debug, Clone, Args)]
pub struct RepairArgs {
    /// The cluster, by name or ARN [default: the one of the kubeconfig's context].
    #[arg(value_name = "CLUSTER")]
    pub cluster: Option<String>,
    /// What is mended.
    #[command(flatten)]
    pub what: WhatArgs,
    /// What is done with the plan.
    #[command(flatten)]
    pub how: HowArgs,
    /// How the cluster is reached.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// How to trace.
    #[command(flatten)]
    pub trace: RepairTraceArgs,
    /// How to print.
    #[command(flatten)]
    pub output: RepairOutputArgs,
}

/// What is mended.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Selection")]
pub struct WhatArgs {
    /// Only these rules: codes, names, or families such as RC7; several with commas.
    ///
    /// A rule that is named by its own code or name is mended also where that is disruptive.
    #[arg(long, value_name = "CODES", value_delimiter = ',', conflicts_with_all = ["apply", "resume", "undo"])]
    pub only: Vec<String>,
    /// The way to go where a rule has several, such as path-less-role.
    #[arg(long = "use", value_name = "NAME", value_delimiter = ',', conflicts_with_all = ["apply", "resume", "undo"])]
    pub uses: Vec<String>,
    /// Only this node pool or node group, or the hybrid nodes of this role.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["apply", "resume", "undo"])]
    pub pool: Option<String>,
}

/// What is done with the plan.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Plan")]
pub struct HowArgs {
    /// Show the plan, change nothing.
    #[arg(long, conflicts_with_all = ["yes", "plan"])]
    pub dry_run: bool,
    /// Do not ask.
    #[arg(long, short, conflicts_with = "plan")]
    pub yes: bool,
    /// Write the plan to this file, change nothing.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["apply", "resume", "undo"])]
    pub plan: Option<PathBuf>,
    /// Carry out the plan in this file; refused where the cluster has changed since.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["resume", "undo"])]
    pub apply: Option<PathBuf>,
    /// Complete a repair that was broken off.
    #[arg(long, conflicts_with = "undo")]
    pub resume: bool,
    /// Take a repair back: the last one of the cluster, or that of this journal.
    #[arg(long, value_name = "JOURNAL", num_args = 0..=1, value_hint = ValueHint::FilePath)]
    pub undo: Option<Option<PathBuf>>,
    /// How long AWS may take to show what was changed, such as 90s or 5m.
    #[arg(long, value_name = "DURATION", default_value = "2m")]
    pub wait: jiff::SignedDuration,
    /// The folder of the journals [default: $XDG_STATE_HOME/rolecall/repairs, or
    /// ~/.local/state/rolecall/repairs].
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub journal: Option<PathBuf>,
}

/// How to trace.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Input")]
pub struct RepairTraceArgs {
    /// Which generation of the EKS Auto Mode control plane is there [default: what the cluster shows,
    /// what rolecall.toml says, or current].
    #[arg(long, value_enum, value_name = "GENERATION")]
    pub control_plane: Option<ControlPlaneArg>,
    /// The configuration; without it, rolecall.toml is looked for from the working directory upwards.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
}

/// How to print.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Output")]
pub struct RepairOutputArgs {
    /// How to print the plan.
    #[arg(long, value_enum, default_value_t)]
    pub format: RepairFormat,
    /// Whether to use colour; NO_COLOR is honoured.
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    pub color: ColorChoice,
    /// The same as --color never.
    #[arg(long, conflicts_with = "color")]
    pub no_color: bool,
}

/// How `repair` prints its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum RepairFormat {
    /// For people.
    #[default]
    Text,
    /// The plan as JSON, as --plan writes it; what is done is told on standard error.
    Json,
}
