//! The cluster, its access entries and its node groups, as EKS tells them.

mod cluster;
mod entries;
mod node_groups;
mod pod_identities;

use std::sync::Arc;

use aws_sdk_eks::Client;
use rolecall_facts::{Fact, Origin, Principal, Reference, Why};

use crate::Connection;
use crate::ledger::Ledger;

pub(crate) use cluster::Described;
pub use cluster::{cluster_at, clusters};

/// Reads one cluster from EKS.
#[derive(Debug, Clone)]
pub(crate) struct Eks {
    client: Client,
    ledger: Arc<Ledger>,
    cluster: String,
}

impl Eks {
    pub(crate) fn new(connection: &Connection, ledger: Arc<Ledger>, cluster: &str) -> Self {
        Self {
            client: Client::new(&connection.aws),
            ledger,
            cluster: cluster.to_owned(),
        }
    }

    /// A reference to the cluster, as the objects that belong to it hold one.
    pub(crate) fn reference(&self) -> Reference<String> {
        let origin = Origin::api("eks:DescribeCluster", &self.cluster);
        Reference::by_value(Fact::known(self.cluster.clone(), origin))
    }
}

fn by_value(arn: &str, origin: &Origin) -> Reference<Principal> {
    Reference::by_value(Fact::known(Principal::parse(arn), origin.clone()))
}

/// A field that an answer ought to have and has not.
fn unsaid<T>(field: &str, origin: &Origin) -> Fact<T> {
    Fact::unknown_at(
        Why::ReadFailed(format!("`{field}`, which the answer does not hold,").into()),
        origin.clone(),
    )
}
