//! The kubeconfig's context, and which cluster of EKS it is of.

use kube::config::{ExecConfig, Kubeconfig};
use rolecall_live::Kubernetes;

use super::{ClusterName, ConnectionConfig};
use crate::Failure;
use crate::suggest;

/// A context of the kubeconfig.
#[derive(Debug, Clone)]
pub(super) struct KubeContext {
    /// Its name.
    pub(super) name: String,
    /// The cluster.
    pub(super) cluster: Which,
    /// The profile that its exec plugin uses.
    pub(super) profile: Option<String>,
    /// All of the kubeconfig, as JSON.
    text: String,
}

/// What a context tells of its cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Which {
    /// Its name, as EKS knows it.
    Named(ClusterName),
    /// Only the address of its API server, which is one of EKS; EKS knows the name.
    ServedAt {
        /// The server's URL.
        server: String,
        /// The region, which stands in it.
        region: String,
    },
    /// What the kubeconfig calls it, which need not be EKS's name.
    Called(String),
}

impl KubeContext {
    /// How the API server is reached through it.
    pub(super) fn kubernetes(&self) -> Kubernetes {
        Kubernetes::Kubeconfig {
            text: self.text.clone(),
            context: Some(self.name.clone()),
        }
    }

    /// The region, where it is told.
    pub(super) fn region(&self) -> Option<&str> {
        match &self.cluster {
            Which::Named(named) => named.region.as_deref(),
            Which::ServedAt { region, .. } => Some(region),
            Which::Called(_) => None,
        }
    }
}

/// The context that was named, or the current one; `None` where there is none.
///
/// # Errors
/// Files that are no kubeconfig, and a context that is not there.
pub(super) fn context(config: &ConnectionConfig) -> Result<Option<KubeContext>, Failure> {
    let kubeconfig = read(config)?;
    let name = config
        .context
        .as_ref()
        .or(kubeconfig.current_context.as_ref())
        .filter(|name| !name.is_empty());
    let Some(name) = name.cloned() else {
        return Ok(None);
    };
    let listed = kubeconfig
        .contexts
        .iter()
        .find(|listed| listed.name == name);
    let Some(context) = listed.and_then(|listed| listed.context.as_ref()) else {
        return Err(no_context(&kubeconfig, &name));
    };
    let server = kubeconfig
        .clusters
        .iter()
        .find(|listed| listed.name == context.cluster)
        .and_then(|listed| listed.cluster.as_ref()?.server.clone());
    let user = context.user.clone().unwrap_or_default();
    let exec = kubeconfig
        .auth_infos
        .iter()
        .find(|listed| listed.name == user)
        .and_then(|listed| listed.auth_info.as_ref()?.exec.as_ref());
    let names = [&context.cluster, &name, &user];
    Ok(Some(KubeContext {
        cluster: which(exec, &names, server.as_deref()),
        profile: exec.and_then(|exec| value(exec, &["--profile"], &["AWS_PROFILE"])),
        text: serde_json::to_string(&kubeconfig)
            .map_err(|error| Failure::new(format!("the kubeconfig cannot be used: {error}")))?,
        name,
    }))
}

/// All files together. As kubectl does, one that is not there is left out.
fn read(config: &ConnectionConfig) -> Result<Kubeconfig, Failure> {
    let mut whole = Kubeconfig::default();
    for path in config.kubeconfig.iter().filter(|path| path.exists()) {
        let unusable = |error: kube::config::KubeconfigError| {
            Failure::new(format!("the kubeconfig cannot be read: {}", causes(&error)))
                .at(path.display())
                .with_help(
                    "`aws eks update-kubeconfig --name CLUSTER` writes one; KUBECONFIG names \
                     another",
                )
        };
        let read = Kubeconfig::read_from(path).map_err(unusable)?;
        whole = whole.merge(read).map_err(unusable)?;
    }
    Ok(whole)
}

fn no_context(kubeconfig: &Kubeconfig, name: &str) -> Failure {
    let there = kubeconfig
        .contexts
        .iter()
        .map(|listed| listed.name.as_str());
    let there: Vec<&str> = there.collect();
    let failure = Failure::new(format!("the kubeconfig has no context `{name}`"));
    failure.with_help(
        match (
            suggest::nearest(name, there.iter().copied()),
            there.as_slice(),
        ) {
            (_, []) => "it has none at all; `aws eks update-kubeconfig --name CLUSTER` writes one"
                .to_owned(),
            (Some(meant), _) => format!("did you mean `{meant}`? There are {}", there.join(", ")),
            (None, _) => format!("there are {}", there.join(", ")),
        },
    )
}

/// The cluster, by the surest of what a context tells: what its exec plugin asks a token for, then
/// the names that the AWS CLI and eksctl write, then the server's address.
fn which(exec: Option<&ExecConfig>, names: &[&String], server: Option<&str>) -> Which {
    let by_server = server.and_then(region_of_server);
    let asked = exec.and_then(|exec| {
        Some(ClusterName {
            name: value(
                exec,
                &["--cluster-name", "--cluster", "--cluster-id", "-i"],
                &[],
            )?,
            region: value(exec, &["--region"], &["AWS_REGION", "AWS_DEFAULT_REGION"]),
        })
    });
    let told = asked
        .or_else(|| names.iter().find_map(|name| ClusterName::of_arn(name)))
        .or_else(|| names.iter().find_map(|name| ClusterName::of_eksctl(name)));
    match (told, server, by_server) {
        // The address is of one region for certain, what a plugin is told may be left over.
        (Some(told), _, by_server) => Which::Named(ClusterName {
            region: by_server.or(told.region),
            name: told.name,
        }),
        (None, Some(server), Some(region)) => Which::ServedAt {
            server: server.to_owned(),
            region,
        },
        (None, ..) => Which::Called(
            names
                .first()
                .map_or_else(String::new, |name| (*name).clone()),
        ),
    }
}

/// The region in `https://0123….gr7.eu-central-1.eks.amazonaws.com`.
fn region_of_server(server: &str) -> Option<String> {
    let host = server.strip_prefix("https://")?.split([':', '/']).next()?;
    let (host, _) = host.split_once(".eks.amazonaws.com")?;
    Some(host.rsplit('.').next()?.to_owned())
}

/// What a plugin is told by an option, written `--option value` or `--option=value`, or by a
/// variable.
fn value(exec: &ExecConfig, options: &[&str], variables: &[&str]) -> Option<String> {
    let args = exec.args.as_deref().unwrap_or_default();
    let by_option = args
        .iter()
        .enumerate()
        .find_map(|(nth, arg)| match arg.split_once('=') {
            Some((option, value)) => options.contains(&option).then(|| value.to_owned()),
            None if options.contains(&arg.as_str()) => args.get(nth + 1).cloned(),
            None => None,
        });
    by_option.or_else(|| {
        let set = exec.env.as_deref().unwrap_or_default();
        variables.iter().find_map(|variable| {
            let named = set
                .iter()
                .find(|pair| pair.get("name").is_some_and(|name| name == variable))?;
            named.get("value").cloned()
        })
    })
}

/// An error with what caused it.
pub(super) fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    text
}
