use thiserror::Error;

/// Why a cluster could not be read at all. What only a part of it could not be read for is in the
/// snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LiveError {
    /// The credentials are not, or no longer, accepted.
    #[error("{}: {problem}", of_credentials(*.expired))]
    Credentials {
        /// What AWS or the provider said.
        problem: String,
        /// Whether they were good once.
        expired: bool,
    },
    /// The clock of this machine differs too much from AWS's.
    #[error("AWS refuses the signature because of its time: {problem}")]
    ClockSkew {
        /// What AWS said.
        problem: String,
    },
    /// An endpoint did not answer.
    #[error("`{endpoint}` cannot be reached: {problem}")]
    Unreachable {
        /// The endpoint.
        endpoint: String,
        /// What went wrong.
        problem: String,
    },
    /// The cluster's API server did not answer.
    #[error("`{server}` cannot be reached: {problem}")]
    ServerUnreachable {
        /// The API server.
        server: String,
        /// What went wrong.
        problem: String,
    },
    /// There is no cluster of that name in that region.
    #[error("there is no cluster `{cluster}` in `{region}`")]
    NoSuchCluster {
        /// The name.
        cluster: String,
        /// The region that was asked.
        region: String,
        /// The clusters that are there, where they may be listed.
        others: Vec<String>,
    },
    /// The cluster may not be read.
    #[error("`{action}` on `{resource}` is not permitted")]
    NotPermitted {
        /// The action.
        action: String,
        /// The resource's ARN.
        resource: String,
    },
    /// The cluster's API server does not know who is asking.
    #[error("the API server answers 401 Unauthorized: nothing in the cluster maps this identity")]
    NotMapped,
    /// The kubeconfig leads to another cluster.
    #[error(
        "the kubeconfig's server `{server}` is another cluster's: that of `{cluster}` is `{endpoint}`"
    )]
    OtherCluster {
        /// The cluster that was asked about.
        cluster: String,
        /// The server in the kubeconfig.
        server: String,
        /// The cluster's own, as EKS tells it.
        endpoint: String,
    },
    /// A kubeconfig, certificate or address that cannot be used.
    #[error("the connection to Kubernetes cannot be set up: {problem}")]
    Kubeconfig {
        /// What is wrong with it.
        problem: String,
    },
    /// A call failed in a way that has no name here.
    #[error("`{call}` failed: {problem}")]
    Failed {
        /// Service and operation.
        call: String,
        /// What AWS said.
        problem: String,
    },
}

/// What is wrong with credentials.
fn of_credentials(expired: bool) -> &'static str {
    match expired {
        true => "the AWS credentials have run out",
        false => "AWS does not accept the credentials",
    }
}

impl LiveError {
    /// What to do next.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::Credentials { expired: true, .. } => {
                "sign in again, for example with `aws sso login`, and try again".to_owned()
            }
            Self::Credentials { expired: false, .. } => {
                "`aws sts get-caller-identity` shows which credentials are in use".to_owned()
            }
            Self::ClockSkew { .. } => {
                "set the clock of this machine; AWS accepts five minutes of difference".to_owned()
            }
            Self::ServerUnreachable { .. } => {
                "a private endpoint is reached only from the cluster's network: use its VPN or a \
                 machine in it; --no-kube leaves the cluster's own objects out"
                    .to_owned()
            }
            Self::Unreachable { .. } => {
                "check the region, the endpoint's address, and the proxy or VPN it is behind"
                    .to_owned()
            }
            Self::NoSuchCluster { others, .. } if !others.is_empty() => {
                format!("there: {}; or name another region", others.join(", "))
            }
            Self::NoSuchCluster { region, .. } => format!(
                "`aws eks list-clusters --region {region}` lists those there are; name the region \
                 that the cluster is in"
            ),
            Self::NotPermitted { action, resource } => permit(action, resource),
            Self::NotMapped => "give this identity an access entry with \
                 `aws eks create-access-entry` and associate AmazonEKSAdminViewPolicy, or use one \
                 that has one"
                .to_owned(),
            Self::OtherCluster { cluster, .. } => format!(
                "name the context of `{cluster}` with `--context`; `aws eks update-kubeconfig --name \
                 {cluster}` makes one"
            ),
            Self::Kubeconfig { .. } => {
                "`aws eks update-kubeconfig --name CLUSTER` writes one that fits".to_owned()
            }
            Self::Failed { .. } => {
                "try again; if it stays, the message is the service's own".to_owned()
            }
        }
    }
}

/// What to do where a permission is missing.
pub(crate) fn permit(action: &str, resource: &str) -> String {
    match action.strip_prefix("kubernetes:") {
        Some(verb) => format!(
            "let this identity `{verb}` `{resource}` in the cluster's RBAC, or use one that may"
        ),
        None => format!("let this identity `{action}` on `{resource}`, or use one that may"),
    }
}
