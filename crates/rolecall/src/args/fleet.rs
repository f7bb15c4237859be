use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::{ControlPlaneArg, ReportArgs, SelectionArgs};

/// What `fleet` takes.
#[derive(Debug, Clone, Args)]
pub struct FleetArgs {
    /// The accounts: ids with commas between them, or @FILE with one on each line
    /// [default: that of the credentials].
    #[arg(
        long,
        value_name = "IDS|@FILE",
        value_delimiter = ',',
        help_heading = "Which"
    )]
    pub accounts: Vec<String>,
    /// All active accounts of the organisation, as its management account or a delegated administrator.
    #[arg(long, help_heading = "Which")]
    pub org: bool,
    /// The regions, with commas between them [default: that of the environment or the profile].
    #[arg(
        long,
        value_name = "REGIONS",
        value_delimiter = ',',
        help_heading = "Which"
    )]
    pub regions: Vec<String>,
    /// Only clusters whose name matches this pattern of `*` and `?`.
    #[arg(long, value_name = "GLOB", help_heading = "Which")]
    pub cluster_name: Option<String>,
    /// The role to assume in each account but the own, by name, with its path where it has one.
    #[arg(long, value_name = "NAME", help_heading = "Connection")]
    pub assume_role_name: Option<String>,
    /// The profile of ~/.aws/config [default: AWS_PROFILE, or `default`].
    #[arg(long, value_name = "NAME", help_heading = "Connection")]
    pub profile: Option<String>,
    /// A role to assume before anything is asked.
    #[arg(long, value_name = "ARN", help_heading = "Connection")]
    pub assume_role: Option<String>,
    /// Ask AWS only: what the clusters' own objects say is unknown.
    #[arg(long, help_heading = "Connection")]
    pub no_kube: bool,
    /// The configuration; without it, rolecall.toml is looked for from the working directory upwards.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// Which generation of the EKS Auto Mode control plane to predict [default: what each cluster
    /// shows, or current].
    #[arg(long, value_enum, value_name = "GENERATION")]
    pub control_plane: Option<ControlPlaneArg>,
    /// Which findings count.
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// How to print.
    #[command(flatten)]
    pub report: ReportArgs,
}
