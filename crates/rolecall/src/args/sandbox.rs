use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};
use rolecall_arn::AccountId;
use rolecall_sandbox::FaultRule;

use super::{BesidesArgs, ControlPlaneArg};

/// What `sandbox` takes.
#[derive(Debug, Clone, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct SandboxArgs {
    /// Instead of starting one.
    #[command(subcommand)]
    pub command: Option<SandboxCommand>,
    /// How to start one.
    #[command(flatten)]
    pub start: StartArgs,
}

/// What there is to do with a sandbox that runs.
#[derive(Debug, Clone, Subcommand)]
pub enum SandboxCommand {
    /// Print the exports of a running sandbox: eval "$(rolecall sandbox env)".
    Env(EnvArgs),
    /// Print a token for a cluster, as an exec plugin of kubectl does; by AWS_ENDPOINT_URL and keys of
    /// the environment.
    Token(TokenArgs),
}

/// How a sandbox is started.
#[derive(Debug, Clone, Args)]
pub struct StartArgs {
    /// Files and folders whose roles, clusters, access entries and Kubernetes objects to put into it:
    /// the same as `check` reads.
    #[arg(long, value_name = "PATH", num_args = 1.., value_hint = ValueHint::AnyPath)]
    pub load: Vec<PathBuf>,
    /// What to load besides.
    #[command(flatten)]
    pub besides: BesidesArgs,
    /// Which generation of the EKS Auto Mode control plane runs [default: current].
    ///
    /// `legacy` builds the role's ARN from the NodeClass alone and so drops its path.
    #[arg(long, value_enum, value_name = "GENERATION")]
    pub control_plane: Option<ControlPlaneArg>,
    /// The port of the AWS endpoint; 0 takes a free one.
    #[arg(
        long,
        default_value_t = 4580,
        value_name = "PORT",
        help_heading = "Network"
    )]
    pub aws_port: u16,
    /// The port of the Kubernetes endpoint; 0 takes a free one.
    #[arg(
        long,
        default_value_t = 4581,
        value_name = "PORT",
        help_heading = "Network"
    )]
    pub kube_port: u16,
    /// The address to listen on. Whoever reaches it can do everything in the sandbox.
    #[arg(
        long,
        default_value = "127.0.0.1",
        value_name = "ADDRESS",
        help_heading = "Network"
    )]
    pub listen: IpAddr,
    /// Keep everything in this file across restarts; made where there is none. A world that it holds
    /// goes on, and nothing is loaded into it.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub state: Option<PathBuf>,
    /// Makes ids, faults and delays the same every time.
    #[arg(long, default_value_t = 0, value_name = "NUMBER")]
    pub seed: u64,
    /// The account of the default credentials [default: the one the files name, or 111122223333].
    #[arg(long, value_name = "ID", help_heading = "AWS")]
    pub account: Option<AccountId>,
    /// The region [default: the one the files name, or us-east-1].
    #[arg(long, value_name = "REGION", help_heading = "AWS")]
    pub region: Option<String>,
    /// The administrator's key [default: the one of AWS's documentation].
    #[arg(
        long,
        value_name = "KEY:SECRET",
        conflicts_with = "any_credentials",
        help_heading = "AWS"
    )]
    pub credentials: Option<KeyAndSecret>,
    /// Take every key for an administrator's and check no signature; a key id of twelve digits is the
    /// administrator of that account.
    #[arg(long, help_heading = "AWS")]
    pub any_credentials: bool,
    /// Write CloudTrail's log files into this folder, in the layout of AWS.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, help_heading = "AWS")]
    pub trail: Option<PathBuf>,
    /// Let something go wrong, such as 'eks:CreateAccessEntry=throttle:0.2,latency:50ms' or
    /// '*=error:0.01'. May be given several times.
    #[arg(long, value_name = "RULE", help_heading = "Behaviour")]
    pub fault: Vec<FaultRule>,
    /// How many seconds pass in the sandbox in one real second: timers of the control plane and
    /// everything that takes time.
    #[arg(
        long,
        default_value_t = 1.0,
        value_name = "FACTOR",
        help_heading = "Behaviour"
    )]
    pub speed: f64,
    /// Let writes stay unseen for up to this time of the sandbox, as IAM's and EKS's do: 10s.
    #[arg(long, value_name = "DURATION", help_heading = "Behaviour")]
    pub eventual_consistency: Option<jiff::SignedDuration>,
    /// Where to write the kubeconfig of the loaded clusters [default: a file among the temporary
    /// ones].
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub kubeconfig: Option<PathBuf>,
}

/// What `sandbox env` takes.
#[derive(Debug, Clone, Args)]
pub struct EnvArgs {
    /// The port of the AWS endpoint.
    #[arg(long, default_value_t = 4580, value_name = "PORT")]
    pub aws_port: u16,
}

/// What `sandbox token` takes.
#[derive(Debug, Clone, Args)]
pub struct TokenArgs {
    /// The cluster.
    #[arg(long, value_name = "NAME")]
    pub cluster: String,
}

/// An access key and its secret. `Debug` does not show the secret.
#[derive(Clone)]
pub struct KeyAndSecret {
    /// The key's id.
    pub key: String,
    /// The secret.
    pub secret: String,
}

impl std::fmt::Debug for KeyAndSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyAndSecret")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

impl std::str::FromStr for KeyAndSecret {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            Some((key, secret)) if !key.is_empty() && !secret.is_empty() => Ok(Self {
                key: key.to_owned(),
                secret: secret.to_owned(),
            }),
            _ => Err("write the key's id, a colon and the secret"),
        }
    }
}
