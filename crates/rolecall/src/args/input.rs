use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::ControlPlaneArg;

/// What to read.
#[derive(Debug, Clone, Default, Args)]
pub struct InputArgs {
    /// Files and folders to read; `-` reads standard input. Folders are walked as .gitignore says.
    #[arg(value_name = "PATH", default_value = ".", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,
    /// What to read besides.
    #[command(flatten)]
    pub besides: BesidesArgs,
}

/// What to read besides files and folders.
#[derive(Debug, Clone, Default, Args)]
pub struct BesidesArgs {
    /// The cluster that manifests belong to, where the files declare several or none.
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    pub cluster: Option<String>,
    /// A saved snapshot to merge with what the files say. May be given several times.
    #[arg(long, value_name = "SNAPSHOT", value_hint = ValueHint::FilePath, help_heading = "Input")]
    pub facts: Vec<PathBuf>,
    /// The configuration; without it, rolecall.toml is looked for from the working directory upwards.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Input")]
    pub config: Option<PathBuf>,
}

/// How to trace, and where to keep what it was traced from.
#[derive(Debug, Clone, Default, Args)]
pub struct TraceArgs {
    /// Which generation of the EKS Auto Mode control plane to predict [default: current, or what
    /// rolecall.toml says].
    ///
    /// `legacy` builds the role's ARN from the NodeClass alone and so drops its path.
    #[arg(long, value_enum, value_name = "GENERATION", help_heading = "Input")]
    pub control_plane: Option<ControlPlaneArg>,
    /// Write what was learnt from all inputs as a snapshot, to save, send, or give to --facts.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Input")]
    pub save_facts: Option<PathBuf>,
}
