//! Node roles whose name is that of another account's: the rule `role-name-not-unique`, asked of what
//! all clusters use together.
//!
//! Of a cluster only names are kept: its pools, their classes, and the roles with their ARNs.

use rolecall_chain::{Finding, Options, find_rule, trace};
use rolecall_facts::{
    Cluster, Completeness, Fact, InstanceProfile, NodeClass, NodeGroup, NodePool, Origin,
    Reference, Role, Snapshot, Why,
};

use super::outcome::Place;
use crate::config::Judging;

const RULE: &str = "role-name-not-unique";

/// The names of one cluster. The cluster is called by its place, as clusters of two accounts may have
/// one name.
pub(super) fn of(snapshot: &Snapshot, place: &Place) -> Snapshot {
    let name = Fact::known(
        place.to_string(),
        Origin::api("eks:DescribeCluster", &place.cluster),
    );
    let cluster = Reference::by_value(name.clone());
    let not_kept = || Why::not_given("what only the cluster's own report needs");
    Snapshot {
        clusters: snapshot
            .clusters
            .iter()
            .map(|known| Cluster {
                name: name.clone(),
                account: Some(place.account),
                oidc_issuer: None,
                access_entries_complete: Completeness::Partial(not_kept()),
                aws_auth_complete: Completeness::Partial(not_kept()),
                ..known.clone()
            })
            .collect(),
        node_pools: snapshot
            .node_pools
            .iter()
            .map(|pool| NodePool {
                cluster: Some(cluster.clone()),
                label_keys: Vec::new(),
                conditions: Vec::new(),
                ..pool.clone()
            })
            .collect(),
        node_classes: snapshot
            .node_classes
            .iter()
            .map(|class| NodeClass {
                cluster: Some(cluster.clone()),
                tags: Vec::new(),
                conditions: Vec::new(),
                ..class.clone()
            })
            .collect(),
        node_groups: snapshot
            .node_groups
            .iter()
            .map(|group| NodeGroup {
                cluster: cluster.clone(),
                ..group.clone()
            })
            .collect(),
        instance_profiles: snapshot
            .instance_profiles
            .iter()
            .map(InstanceProfile::clone)
            .collect(),
        roles: snapshot
            .roles
            .iter()
            .map(|role| Role {
                trust: Fact::unknown(not_kept()),
                inline_policies: Vec::new(),
                attached_policies: Vec::new(),
                policies_complete: Completeness::Partial(not_kept()),
                permissions_boundary: None,
                tags: Vec::new(),
                ..role.clone()
            })
            .collect(),
        ..Snapshot::default()
    }
}

/// Adds the names of another cluster. Clusters of one account may share roles.
pub(super) fn add(all: &mut Snapshot, names: Snapshot) {
    let Snapshot {
        clusters,
        node_pools,
        node_classes,
        node_groups,
        instance_profiles,
        roles,
        ..
    } = names;
    all.clusters.extend(clusters);
    all.node_pools.extend(node_pools);
    all.node_classes.extend(node_classes);
    all.node_groups.extend(node_groups);
    for profile in instance_profiles {
        if !all.instance_profiles.contains(&profile) {
            all.instance_profiles.push(profile);
        }
    }
    for role in roles {
        let same = |known: &Role| {
            (known.account, known.name.value(), known.path.value())
                == (role.account, role.name.value(), role.path.value())
        };
        if !all.roles.iter().any(same) {
            all.roles.push(role);
        }
    }
}

/// The findings of the rule that count, and how many do not.
pub(super) fn findings(all: &Snapshot, judging: &Judging) -> (Vec<Finding>, usize) {
    let Some(rule) = find_rule(RULE) else {
        return (Vec::new(), 0);
    };
    let mut options: Options = judging.options.clone();
    options.conventions.unique_across_accounts = true;
    let traced = trace(all, &options);
    let found: Vec<Finding> = traced
        .findings
        .into_iter()
        .filter(|finding| finding.rule.code == rule.code)
        .collect();
    let count = found.len();
    let counting: Vec<Finding> = found
        .into_iter()
        .filter(|finding| {
            finding.severity >= judging.min_severity && judging.rules.takes(finding.rule)
        })
        .collect();
    let left_out = count - counting.len();
    (counting, left_out)
}
