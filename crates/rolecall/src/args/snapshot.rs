use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::ConnectionArgs;

/// What `snapshot` takes.
#[derive(Debug, Clone, Args)]
pub struct SnapshotArgs {
    /// The cluster, by name or ARN [default: the one of the kubeconfig's context].
    #[arg(value_name = "CLUSTER")]
    pub cluster: Option<String>,
    /// Take the facts of this saved snapshot instead of a cluster's, to redact them.
    #[arg(
        long,
        value_name = "FILE",
        requires = "redact",
        conflicts_with_all = [
            "cluster", "profile", "region", "context", "assume_role", "no_kube", "no_aws",
        ],
        value_hint = ValueHint::FilePath
    )]
    pub from: Option<PathBuf>,
    /// Put pseudonyms in place of account ids, names, host names and tags: the facts can then be
    /// sent to a stranger, and trace to the same findings.
    #[arg(long)]
    pub redact: bool,
    /// Write the facts to this file instead of standard output.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// How the cluster is reached.
    #[command(flatten)]
    pub connection: ConnectionArgs,
}
