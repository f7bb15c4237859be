use std::path::PathBuf;

use clap::{Args, ValueHint};

/// What to read.
#[derive(Debug, Clone, Default, Args)]
pub struct InputArgs {
    /// Files and folders to read; `-` reads standard input. Folders are walked as .gitignore says.
    #[arg(value_name = "PATH", default_value = ".", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,
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
