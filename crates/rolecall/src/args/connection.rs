use clap::Args;

/// How AWS and Kubernetes are reached; by the usual rules of the AWS CLI and kubectl where nothing is
/// said.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Connection")]
pub struct ConnectionArgs {
    /// The profile of ~/.aws/config [default: AWS_PROFILE, the one that the kubeconfig's context uses,
    /// or `default`].
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// The region [default: what the kubeconfig's context says where no cluster is named, AWS_REGION,
    /// or the profile's].
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// The context of the kubeconfig [default: the current one].
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
    /// A role to assume before anything is asked.
    #[arg(long, value_name = "ARN")]
    pub assume_role: Option<String>,
    /// Ask AWS only: what the cluster's own objects say is unknown.
    #[arg(long, conflicts_with = "no_aws")]
    pub no_kube: bool,
    /// Ask Kubernetes only: what IAM and EKS say is unknown.
    #[arg(long)]
    pub no_aws: bool,
}
