use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::{BesidesArgs, ReportArgs, SelectionArgs, TraceArgs};

/// What `diagnose` takes.
#[derive(Debug, Clone, Args)]
pub struct DiagnoseArgs {
    /// Load these files and folders into an emulated AWS and Kubernetes of this process, let its
    /// control plane settle, and diagnose what it shows.
    #[arg(
        long,
        value_name = "PATH",
        num_args = 1..,
        required = true,
        value_hint = ValueHint::AnyPath,
        help_heading = "Input"
    )]
    pub sandbox: Vec<PathBuf>,
    /// Only this node pool or node group.
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    pub pool: Option<String>,
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
