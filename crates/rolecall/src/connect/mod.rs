//! Which clusters are meant, and how each is reached.
//!
//! ```text
//! ConnectionArgs ─► ConnectionConfig ─┬─ kubeconfig: the context, and which cluster it is of
//! + environment                       ├─ aws: region, credentials
//!                                     └─► Target: clients of one account and region, and a cluster
//! ```
//!
//! The rules are those that the AWS CLI and kubectl have, so that what works with them works here.
//! Only `diagnose --sandbox` makes its targets by itself.

mod aws;
mod cluster_name;
mod config;
mod kept_credentials;
mod kubeconfig;
mod profiles;
mod source;

use aws_config::SdkConfig;
use rolecall_live::{Connection, Kubernetes, LiveError, cluster_at, clusters};

use crate::Failure;
use aws::Account;
use kubeconfig::{KubeContext, Which};

pub(crate) use aws::{assuming, usable};
pub use cluster_name::ClusterName;
pub use config::{ConnectionConfig, Reach};

/// A cluster, and how it is reached.
#[derive(Debug, Clone)]
pub struct Target {
    /// The clients of its account and region.
    pub connection: Connection,
    /// Its name.
    pub cluster: String,
}

/// Finds the clusters that are named, by name or ARN, or else the one of the kubeconfig's context.
///
/// # Errors
/// No credentials, no region, a profile or a context that is not there, and no cluster named where
/// there is no context either.
pub async fn targets(config: &ConnectionConfig, named: &[String]) -> Result<Vec<Target>, Failure> {
    let context = match kubeconfig::context(config) {
        Ok(context) => context,
        // It is needed only where it was asked for, or nothing else says which cluster is meant.
        Err(failure) if needs_context(config, named) => return Err(failure),
        Err(_) => None,
    };
    let mut wanted: Vec<ClusterName> = Vec::new();
    for name in named.iter().map(|name| ClusterName::of(name)) {
        if !wanted.contains(&name) {
            wanted.push(name);
        }
    }
    if config.reach == Reach::KubernetesOnly {
        return without_aws(config, context, &wanted).map(|target| vec![target]);
    }
    let (profile, region) = hints(context.as_ref(), &wanted);
    let account = Account::find(config, profile, region).await?;
    if wanted.is_empty() {
        let Some(context) = context else {
            return Err(none_named(config, &account).await);
        };
        return of_context(config, &account, &context)
            .await
            .map(|target| vec![target]);
    }
    let context = context.as_ref();
    let each = wanted.iter();
    each.map(|cluster| target(config, &account, context, cluster))
        .collect()
}

/// Region and credentials.
#[derive(Debug, Clone)]
pub(crate) struct SignedIn {
    pub(crate) sdk: SdkConfig,
    /// What to do when the credentials run out.
    pub(crate) sign_in: String,
}

/// Region and credentials, for what is not about one cluster.
///
/// # Errors
/// No credentials, no region, a profile that is not there.
pub(crate) async fn account(config: &ConnectionConfig) -> Result<SignedIn, Failure> {
    let account = Account::find(config, None, None).await?;
    let sign_in = account.sign_in();
    account
        .for_cluster(&ClusterName::of(""))
        .map_err(|no_region| {
            no_region.with_help(
                "name the regions that the clusters are in: --regions eu-central-1,us-east-1, or \
                 set AWS_REGION",
            )
        })
        .map(|sdk| SignedIn { sdk, sign_in })
}

fn needs_context(config: &ConnectionConfig, named: &[String]) -> bool {
    named.is_empty() || config.context.is_some() || config.reach == Reach::KubernetesOnly
}

/// The profile and region that a context uses, where it is of a cluster in question.
fn hints<'a>(
    context: Option<&'a KubeContext>,
    wanted: &[ClusterName],
) -> (Option<&'a str>, Option<&'a str>) {
    let Some(context) = context else {
        return (None, None);
    };
    let in_question = match (&context.cluster, wanted) {
        (_, []) => true,
        (Which::Named(known), [one]) => known.may_be(one),
        _ => false,
    };
    if !in_question {
        return (None, None);
    }
    (context.profile.as_deref(), context.region())
}

/// The cluster of a context, which EKS may know by another name than the kubeconfig.
async fn of_context(
    config: &ConnectionConfig,
    account: &Account,
    context: &KubeContext,
) -> Result<Target, Failure> {
    let in_region = |name: &str, region: Option<&str>| ClusterName {
        name: name.to_owned(),
        // What the command line says counts more than what the context was made for.
        region: config.region.clone().or_else(|| region.map(str::to_owned)),
    };
    let cluster = match &context.cluster {
        Which::Named(known) => in_region(&known.name, known.region.as_deref()),
        Which::Called(name) => in_region(name, None),
        Which::ServedAt { server, region } => {
            let region = in_region("", Some(region));
            let connection = Connection::with(account.for_cluster(&region)?, Kubernetes::None);
            let name = cluster_at(&connection, server).await?.ok_or_else(|| {
                Failure::new(format!(
                    "no cluster of this account in `{}` has the endpoint `{server}`, which the \
                     kubeconfig's context `{}` names",
                    connection.region(),
                    context.name
                ))
                .with_help("name the cluster, or use the account's own credentials: --profile")
            })?;
            in_region(&name, region.region.as_deref())
        }
    };
    let connection = Connection::with(
        account.for_cluster(&cluster)?,
        match config.reach {
            Reach::AwsOnly => Kubernetes::None,
            _ if config.names_identity() && config.context.is_none() => Kubernetes::FromEks,
            _ => context.kubernetes(),
        },
    );
    Ok(Target {
        connection: connection.with_sign_in(&account.sign_in()),
        cluster: cluster.name,
    })
}

/// A cluster that was named.
fn target(
    config: &ConnectionConfig,
    account: &Account,
    context: Option<&KubeContext>,
    cluster: &ClusterName,
) -> Result<Target, Failure> {
    let aws = account.for_cluster(cluster)?;
    let asked = ClusterName {
        name: cluster.name.clone(),
        region: aws.region().map(ToString::to_string),
    };
    let kubernetes = match (config.reach, context) {
        (Reach::AwsOnly, _) => Kubernetes::None,
        (_, Some(context)) if config.context.is_some() => {
            check_same(context, &asked)?;
            context.kubernetes()
        }
        (_, Some(context)) if !config.names_identity() && is_of(context, &asked) => {
            context.kubernetes()
        }
        _ => Kubernetes::FromEks,
    };
    Ok(Target {
        connection: Connection::with(aws, kubernetes).with_sign_in(&account.sign_in()),
        cluster: asked.name,
    })
}

/// Whether a context is of a cluster for certain.
fn is_of(context: &KubeContext, cluster: &ClusterName) -> bool {
    matches!(&context.cluster, Which::Named(known) if known.may_be(cluster))
}

/// # Errors
/// A context that was named and is of another cluster.
fn check_same(context: &KubeContext, cluster: &ClusterName) -> Result<(), Failure> {
    match &context.cluster {
        Which::Named(known) if !known.may_be(cluster) => Err(Failure::new(format!(
            "the kubeconfig's context `{}` is of the cluster {known}, not of {cluster}",
            context.name
        ))
        .with_help("leave --context out: the cluster is then reached as EKS says")),
        // The user knows better what it is of.
        _ => Ok(()),
    }
}

/// What the kubeconfig alone reaches.
fn without_aws(
    config: &ConnectionConfig,
    context: Option<KubeContext>,
    wanted: &[ClusterName],
) -> Result<Target, Failure> {
    let Some(context) = context else {
        return Err(
            Failure::new("there is no context in the kubeconfig").with_help(format!(
                "--no-aws reaches the cluster by it: `aws eks update-kubeconfig --name CLUSTER` \
             writes one{}",
                looked_for(config)
            )),
        );
    };
    let name = match (wanted, &context.cluster) {
        ([], Which::Named(known)) => known.name.clone(),
        ([], Which::Called(name)) => name.clone(),
        ([], Which::ServedAt { .. }) => context.name.clone(),
        ([one], _) => {
            check_same(&context, one).map_err(|failure| {
                failure.with_help("--context names another; without --no-aws none is needed")
            })?;
            one.name.clone()
        }
        _ => {
            return Err(Failure::new(
                "--no-aws reads one cluster, that of the kubeconfig's context",
            )
            .with_help("name one cluster, or let AWS be asked as well"));
        }
    };
    Ok(Target {
        connection: Connection::without_aws(context.kubernetes()),
        cluster: name,
    })
}

/// Nothing says which cluster is meant: those that there are.
async fn none_named(config: &ConnectionConfig, account: &Account) -> Failure {
    let failure = Failure::new(format!(
        "no cluster is named, and the kubeconfig has no current context{}",
        looked_for(config)
    ));
    let anywhere = ClusterName::of("");
    let aws = match account.for_cluster(&anywhere) {
        Ok(aws) => aws,
        Err(no_region) => return no_region,
    };
    let connection = Connection::with(aws, Kubernetes::None);
    let region = connection.region().to_owned();
    match clusters(&connection).await {
        Ok(there) if there.is_empty() => failure.with_help(format!(
            "there is no cluster in `{region}`; name another region with --region"
        )),
        Ok(there) => failure.with_help(format!(
            "name one; in `{region}` there are {}",
            there.join(", ")
        )),
        Err(LiveError::NotPermitted { .. }) => failure.with_help(
            "name one; those there are may not be listed with these credentials \
             (eks:ListClusters)",
        ),
        Err(error) => error.into(),
    }
}

fn looked_for(config: &ConnectionConfig) -> String {
    match config.kubeconfig.as_slice() {
        [only] => format!(" ({})", only.display()),
        _ => String::new(),
    }
}
