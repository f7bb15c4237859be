use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::{ColorChoice, FailOn, InputArgs, ReportFormat, TraceArgs};

/// What `check` takes.
#[derive(Debug, Clone, Args)]
pub struct CheckArgs {
    /// What to read.
    #[command(flatten)]
    pub input: InputArgs,
    /// How to trace.
    #[command(flatten)]
    pub trace: TraceArgs,
    /// Which findings count.
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// How to print.
    #[command(flatten)]
    pub report: ReportArgs,
    /// Whether to mend.
    #[command(flatten)]
    pub fix: FixArgs,
}

/// Which findings are shown, and which make the command fail.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Selection")]
pub struct SelectionArgs {
    /// Only these rules: codes, names, or families such as RC7; several with commas.
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Not these rules: codes, names, or families such as RC7; several with commas.
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// Only findings of this severity or a higher one.
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub min_severity: Option<SeverityArg>,
    /// The severity from which findings make the command exit with 1.
    #[arg(long, value_enum, default_value_t, value_name = "SEVERITY")]
    pub fail_on: FailOn,
    /// Exit with 3 where a link is unknown and nothing else is wrong.
    #[arg(long)]
    pub strict: bool,
}

/// How and where the report is written.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Output")]
pub struct ReportArgs {
    /// How to print what was found.
    #[arg(long, value_enum, default_value_t)]
    pub format: ReportFormat,
    /// Write the report to this file instead of standard output.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Print errors and the summary only.
    #[arg(long, short)]
    pub quiet: bool,
    /// Whether to use colour; NO_COLOR is honoured.
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    pub color: ColorChoice,
    /// The same as --color never.
    #[arg(long, conflicts_with = "color")]
    pub no_color: bool,
}

/// Whether to mend what can be mended by a safe edit of a file.
#[derive(Debug, Clone, Copy, Default, Args)]
#[command(next_help_heading = "Mending")]
pub struct FixArgs {
    /// Make the safe repairs that are edits of the files read, then check again.
    #[arg(long)]
    pub fix: bool,
    /// Print those edits as a unified diff instead of the report; writes nothing.
    #[arg(long)]
    pub diff: bool,
}

/// The control plane's generations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ControlPlaneArg {
    /// Takes the role's ARN with its path.
    Current,
    /// Drops the path.
    Legacy,
}

/// The severities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SeverityArg {
    /// Good to know.
    Note,
    /// Something will break nodes later.
    Warning,
    /// Nodes will not come.
    Error,
}

impl From<ControlPlaneArg> for rolecall_chain::ControlPlane {
    fn from(generation: ControlPlaneArg) -> Self {
        match generation {
            ControlPlaneArg::Current => Self::Current,
            ControlPlaneArg::Legacy => Self::Legacy,
        }
    }
}

impl From<ControlPlaneArg> for rolecall_sandbox::Generation {
    fn from(generation: ControlPlaneArg) -> Self {
        match generation {
            ControlPlaneArg::Current => Self::Current,
            ControlPlaneArg::Legacy => Self::Legacy,
        }
    }
}

impl From<SeverityArg> for rolecall_chain::Severity {
    fn from(severity: SeverityArg) -> Self {
        match severity {
            SeverityArg::Note => Self::Note,
            SeverityArg::Warning => Self::Warning,
            SeverityArg::Error => Self::Error,
        }
    }
}
