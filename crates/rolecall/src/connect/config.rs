use std::path::PathBuf;

use crate::args::ConnectionArgs;
use crate::environment::{AwsEnvironment, Environment};

/// How AWS and Kubernetes are reached, as typed and as the environment says.
#[derive(Debug, Clone, Default)]
pub struct ConnectionConfig {
    /// The profile that was named (`--profile`).
    pub profile: Option<String>,
    /// The region that was named (`--region`).
    pub region: Option<String>,
    /// The context that was named (`--context`).
    pub context: Option<String>,
    /// The ARN of a role to assume first (`--assume-role`).
    pub assume_role: Option<String>,
    /// What is asked.
    pub reach: Reach,
    /// The kubeconfig's files, the first of which counts most.
    pub kubeconfig: Vec<PathBuf>,
    /// What AWS's own variables say.
    pub aws: AwsEnvironment,
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reach {
    /// AWS and Kubernetes.
    #[default]
    Both,
    /// AWS only.
    AwsOnly,
    /// Kubernetes only.
    KubernetesOnly,
}

impl ConnectionConfig {
    /// Resolves what was typed.
    #[must_use]
    pub fn resolve(args: ConnectionArgs, environment: &Environment) -> Self {
        Self {
            profile: args.profile,
            region: args.region,
            context: args.context,
            assume_role: args.assume_role,
            reach: match (args.no_kube, args.no_aws) {
                (true, _) => Reach::AwsOnly,
                (_, true) => Reach::KubernetesOnly,
                _ => Reach::Both,
            },
            kubeconfig: environment.kubeconfig.clone(),
            aws: environment.aws.clone(),
        }
    }

    /// Whether the user said as whom AWS is to be asked: then the cluster is asked as the same, and
    /// not as the kubeconfig's user.
    pub(super) fn names_identity(&self) -> bool {
        self.profile.is_some() || self.assume_role.is_some()
    }
}
