//! What EKS asks of EC2 about the network it is given, and the security group it makes there.

use std::collections::{BTreeMap, BTreeSet};

use super::cluster::Cluster;
use super::refusal::invalid_parameter;
use super::state::ClusterKey;
use crate::call::Call;
use crate::ec2::{Rule, SecurityGroup, Subnet};
use crate::failure::Failure;
use crate::state::State;

/// The VPC of a cluster's subnets.
///
/// Subnets the sandbox does not know are taken as they are, which AWS would not do: what this
/// emulates is identity, and asking for a network first helps nobody who tries it. `None` then.
/// Known ones are held to what AWS asks: one VPC, two zones.
pub(super) fn of_subnets(
    state: &State,
    key: &ClusterKey,
    ids: &[String],
) -> Result<Option<String>, Failure> {
    let known: Vec<&Subnet> = ids
        .iter()
        .filter_map(|id| state.ec2.subnets.seen(&row(key, id)))
        .collect();
    if known.is_empty() || known.len() < ids.len() {
        return Ok(None);
    }
    let vpcs: BTreeSet<&str> = known.iter().map(|subnet| subnet.vpc.as_str()).collect();
    let zones: BTreeSet<&str> = known.iter().map(|subnet| subnet.zone.as_str()).collect();
    if vpcs.len() > 1 {
        return Err(invalid_parameter("Subnets must be in the same VPC"));
    }
    if zones.len() < 2 {
        return Err(invalid_parameter(
            "Subnets specified must be in at least two different AZs",
        ));
    }
    Ok(vpcs.first().map(|vpc| (*vpc).to_owned()))
}

/// Makes the cluster security group, which nodes of the cluster are in and node classes select by
/// its tags (EKS User Guide, "View Amazon EKS security group requirements for clusters").
pub(super) fn make_security_group(state: &mut State, call: &Call<'_>, cluster: &Cluster) {
    let key = &cluster.key;
    let id = cluster.network.cluster_security_group_id.clone();
    let name = format!(
        "eks-cluster-sg-{}-{}",
        key.name,
        call.ids().below(900_000_000) + 100_000_000
    );
    let rule = |egress: bool, peer_kind: &str, peer: &str| Rule {
        id: call.ids().resource("sgr"),
        egress,
        protocol: "-1".to_owned(),
        ports: None,
        peer_kind: peer_kind.to_owned(),
        peer: peer.to_owned(),
        description: None,
    };
    let group = SecurityGroup {
        account: key.account,
        region: key.region.clone(),
        rules: vec![
            rule(false, "groupId", &id),
            rule(true, "cidrIpv4", "0.0.0.0/0"),
        ],
        tags: BTreeMap::from([
            ("Name".to_owned(), name.clone()),
            ("aws:eks:cluster-name".to_owned(), key.name.clone()),
            (
                format!("kubernetes.io/cluster/{}", key.name),
                "owned".to_owned(),
            ),
        ]),
        name,
        description: "EKS created security group applied to ENI that is attached to EKS Control \
                      Plane master nodes, as well as any managed workloads."
            .to_owned(),
        vpc: cluster.network.vpc_id.clone(),
        id: id.clone(),
    };
    state.ec2.security_groups.insert(&row(key, &id), group);
}

/// The group goes with its cluster.
pub(super) fn remove_security_group(state: &mut State, cluster: &Cluster) {
    let id = &cluster.network.cluster_security_group_id;
    state.ec2.security_groups.remove(&row(&cluster.key, id));
}

fn row(key: &ClusterKey, id: &str) -> String {
    format!("{}/{}/{id}", key.account, key.region)
}
