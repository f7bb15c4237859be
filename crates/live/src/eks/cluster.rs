//! The cluster itself.

use std::str::FromStr;
use std::sync::Arc;

use aws_sdk_eks::Client;
use aws_sdk_eks::types;
use rolecall_arn::{AccountId, Partition};
use rolecall_facts::{
    AuthenticationMode, Cluster, Completeness, ComputeConfig, Fact, Origin, Reference, Why,
};

use super::{Eks, by_value, unsaid};
use crate::ledger::Ledger;
use crate::missing::Missing;
use crate::{Connection, LiveError, paging};

/// A cluster, and how its API server is reached.
#[derive(Debug, Clone)]
pub(crate) struct Described {
    /// The facts; what they say of entries and `aws-auth` is settled by whoever reads those.
    pub(crate) facts: Cluster,
    /// The API server's URL.
    pub(crate) endpoint: Option<String>,
    /// Its certificate authority, as base64 of PEM.
    pub(crate) certificate_authority: Option<String>,
    /// Whether it is reached only from the cluster's network.
    pub(crate) is_private: bool,
    /// Whether machines outside AWS may be its nodes (EKS Hybrid Nodes).
    pub(crate) takes_hybrid_nodes: bool,
}

impl Eks {
    pub(crate) async fn cluster(&self) -> Result<Described, Missing> {
        const CALL: &str = "eks:DescribeCluster";
        let call = self.client.describe_cluster().name(&self.cluster).send();
        let answer = self.ledger.ask(CALL, &self.cluster, call).await?;
        let cluster = answer
            .cluster
            .unwrap_or_else(|| types::Cluster::builder().build());
        let origin = Origin::api(CALL, &self.cluster);
        Ok(described(cluster, &self.cluster, &origin))
    }

    /// The cluster, of which nothing but its name may be known.
    pub(crate) fn opaque_cluster(&self, why: &Why) -> Cluster {
        let origin = Origin::api("eks:DescribeCluster", &self.cluster);
        Cluster {
            id: None,
            name: Fact::known(self.cluster.clone(), origin.clone()),
            partition: None,
            account: None,
            region: None,
            authentication_mode: Fact::unknown_at(why.clone(), origin.clone()),
            compute: Some(ComputeConfig {
                enabled: Fact::unknown_at(why.clone(), origin.clone()),
                node_pools: Fact::unknown_at(why.clone(), origin.clone()),
                node_role: None,
                origin: origin.clone(),
            }),
            role: Reference::by_value(Fact::unknown_at(why.clone(), origin.clone())),
            oidc_issuer: None,
            access_entries_complete: Completeness::Partial(why.clone()),
            aws_auth_complete: Completeness::Partial(why.clone()),
            origin,
        }
    }
}

fn described(cluster: types::Cluster, name: &str, origin: &Origin) -> Described {
    let arn = cluster.arn.unwrap_or_default();
    let mut fields = arn.split(':').skip(1);
    let partition: Option<Partition> = fields.next().and_then(|text| text.parse().ok());
    let region = fields.nth(1).filter(|text| !text.is_empty());
    let account: Option<AccountId> = fields.next().and_then(|text| text.parse().ok());
    let mode = cluster
        .access_config
        .and_then(|config| config.authentication_mode);
    let authentication_mode = match mode.map(|mode| AuthenticationMode::from_str(mode.as_str())) {
        Some(Ok(mode)) => Fact::known(mode, origin.clone()),
        Some(Err(problem)) => Fact::unknown_at(Why::ReadFailed(problem.into()), origin.clone()),
        None => unsaid("authenticationMode", origin),
    };
    let issuer = cluster
        .identity
        .and_then(|identity| identity.oidc)
        .and_then(|oidc| oidc.issuer);
    let facts = Cluster {
        id: None,
        name: Fact::known(name.to_owned(), origin.clone()),
        partition,
        account,
        region: region.map(str::to_owned),
        authentication_mode,
        compute: cluster.compute_config.map(|config| ComputeConfig {
            enabled: Fact::known(config.enabled.unwrap_or(false), origin.clone()),
            node_pools: Fact::known(config.node_pools.unwrap_or_default(), origin.clone()),
            node_role: config
                .node_role_arn
                .filter(|arn| !arn.is_empty())
                .map(|arn| by_value(&arn, origin)),
            origin: origin.clone(),
        }),
        role: cluster.role_arn.map_or_else(
            || Reference::by_value(unsaid("roleArn", origin)),
            |arn| by_value(&arn, origin),
        ),
        oidc_issuer: issuer.map(|issuer| Fact::known(issuer, origin.clone())),
        access_entries_complete: Completeness::Partial(Why::not_given("the list of its entries")),
        aws_auth_complete: Completeness::Partial(Why::not_given("its aws-auth")),
        origin: origin.clone(),
    };
    let network = cluster.resources_vpc_config;
    Described {
        is_private: network.is_some_and(|network| {
            !network.endpoint_public_access && network.endpoint_private_access
        }),
        takes_hybrid_nodes: cluster.remote_network_config.is_some(),
        facts,
        endpoint: cluster.endpoint,
        certificate_authority: cluster.certificate_authority.and_then(|ca| ca.data),
    }
}

/// The names of all clusters of an account and region.
///
/// # Errors
/// Any refusal: without the list there is nothing to go on with.
pub async fn clusters(connection: &Connection) -> Result<Vec<String>, LiveError> {
    const CALL: &str = "eks:ListClusters";
    let client = Client::new(&connection.aws);
    let ledger = Ledger::new(connection);
    let names = paging::all(CALL, async |next| {
        let page = client.list_clusters().set_next_token(next).send();
        let page = ledger.ask(CALL, "*", page).await?;
        Ok((page.clusters.unwrap_or_default(), page.next_token))
    });
    let names = names.await;
    let mut names = names.map_err(|missing| connection.named(missing.into_error()))?;
    names.sort();
    Ok(names)
}

/// The name of the cluster whose API server has this URL; `None` where none of the account and region
/// has it.
///
/// # Errors
/// Any refusal, as of [`clusters`].
pub async fn cluster_at(
    connection: &Connection,
    server: &str,
) -> Result<Option<String>, LiveError> {
    let ledger = Arc::new(Ledger::new(connection));
    for name in clusters(connection).await? {
        let eks = Eks::new(connection, Arc::clone(&ledger), &name);
        let described = eks.cluster().await;
        let described = described.map_err(|missing| connection.named(missing.into_error()))?;
        let endpoint = described.endpoint;
        if endpoint.is_some_and(|endpoint| endpoint.eq_ignore_ascii_case(server)) {
            return Ok(Some(name));
        }
    }
    Ok(None)
}
