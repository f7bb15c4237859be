use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::{BesidesArgs, ConnectionArgs, ReportArgs, SelectionArgs, TraceArgs};

/// What `diagnose` takes.
#[derive(Debug, Clone, Default, Args)]
pub struct DiagnoseArgs {
    /// The clusters, by name or ARN [default: the one of the kubeconfig's context].
    #[arg(value_name = "CLUSTER")]
    pub clusters: Vec<String>,
    /// Load these files and folders into an emulated AWS and Kubernetes of this process, let its
    /// control plane settle, and diagnose what it shows.
    #[arg(
        long,
        value_name = "PATH",
        num_args = 1..,
        conflicts_with_all = [
            "clusters", "watch", "profile", "region", "context", "assume_role", "no_kube", "no_aws",
        ],
        value_hint = ValueHint::AnyPath,
        help_heading = "Input"
    )]
    pub sandbox: Vec<PathBuf>,
    /// Diagnose the cluster of a saved snapshot; no API is called.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = [
            "clusters", "sandbox", "watch", "profile", "region", "context", "assume_role", "no_kube",
            "no_aws", "cluster", "then",
        ],
        value_hint = ValueHint::FilePath,
        help_heading = "Input"
    )]
    pub from: Option<PathBuf>,
    /// Only this node pool or node group, or the hybrid nodes of this role.
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    pub pool: Option<String>,
    /// Read again and again, and draw the report anew when something changed; Ctrl-C ends it.
    #[arg(
        long,
        value_name = "SECONDS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "10",
        value_parser = clap::value_parser!(u64).range(1..),
        conflicts_with_all = ["output", "save_facts"],
        help_heading = "Input"
    )]
    pub watch: Option<u64>,
    /// What to do in the sandbox after the report: repair carries out the repairs that are safe, and
    /// those of rules named with --only, and diagnoses again.
    #[arg(
        long,
        value_enum,
        value_name = "COMMAND",
        requires = "sandbox",
        conflicts_with_all = ["format", "output", "save_facts"],
        help_heading = "Repair"
    )]
    pub then: Option<Then>,
    /// The way to go where a rule has several, such as path-less-role.
    #[arg(
        long = "use",
        value_name = "NAME",
        value_delimiter = ',',
        requires = "then",
        help_heading = "Repair"
    )]
    pub uses: Vec<String>,
    /// How the clusters are reached.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// What to read besides.
    #[command(flatten)]
    pub besides: BesidesArgs,
    /// How to trace.
    #[command(flatten)]
    pub trace: TraceArgs,
    /// Which findings count.
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// How to print.
    #[command(flatten)]
    pub report: ReportArgs,
}

/// What is done after the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Then {
    /// Mend, and diagnose again.
    Repair,
}
