use std::collections::{BTreeSet, HashMap, HashSet};

use rolecall_facts::{Cluster, Origin, Snapshot};

use crate::context::{ChainContext, PoolSource};
use crate::rule::Check;
use crate::world::World;
use crate::{Chain, Finding, Observed, Options, Pool, RULES, links, observed, predict, rules};

/// What a trace came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Traced {
    /// One chain per pool and group, sorted by cluster, kind and name.
    pub chains: Vec<Chain>,
    /// Findings, errors first, then by rule and place.
    pub findings: Vec<Finding>,
}

/// Follows the chain of every pool and group of a snapshot.
///
/// Total and deterministic: it answers for every snapshot, and the order of the snapshot's lists
/// does not matter.
#[must_use]
pub fn trace(snapshot: &Snapshot, options: &Options) -> Traced {
    let world = World::new(snapshot, options);
    let mut contexts: Vec<ChainContext<'_>> = sources(snapshot)
        .into_iter()
        .map(|source| ChainContext::new(&world, source))
        .collect();
    contexts.extend(hybrid_contexts(&world, &contexts));
    contexts.sort_by(|left, right| (&left.pool, left.origin()).cmp(&(&right.pool, right.origin())));

    let mut per_chain: Vec<Vec<Finding>> = contexts.iter().map(chain_findings).collect();
    let overall: Vec<Finding> = RULES
        .iter()
        .filter_map(|rule| match rule.check {
            Check::Snapshot(check) => {
                let mut found = check(&world, &contexts);
                found.sort_by(|left, right| {
                    (&left.origins, &left.message).cmp(&(&right.origins, &right.message))
                });
                Some(found)
            }
            Check::Chain(_) => None,
        })
        .flatten()
        .collect();
    let mut chains_of: HashMap<&Pool, Vec<usize>> = HashMap::new();
    for (index, context) in contexts.iter().enumerate() {
        chains_of.entry(&context.pool).or_default().push(index);
    }
    for finding in &overall {
        let touched: BTreeSet<usize> = finding
            .pools
            .iter()
            .filter_map(|pool| chains_of.get(pool))
            .flatten()
            .copied()
            .collect();
        for index in touched {
            if let Some(findings) = per_chain.get_mut(index) {
                findings.push(finding.clone());
            }
        }
    }
    let mut differing = Vec::new();
    let chains = contexts
        .iter()
        .zip(&per_chain)
        .map(|(context, findings)| {
            let links = links::states(context, findings);
            let predicted = predict::conditions(context, findings, &links);
            let observed = Observed::of(context);
            differing.extend(rules::compare_conditions(context, &predicted, &observed));
            Chain {
                pool: context.pool.clone(),
                control_plane: options.control_plane,
                links,
                predicted,
                observed,
                origin: context.origin().clone(),
            }
        })
        .collect();
    let all = per_chain.into_iter().flatten().chain(overall);
    let mut findings = joined(all.chain(differing));
    observed::attach(&mut findings, &contexts);
    Traced { chains, findings }
}

fn sources(snapshot: &Snapshot) -> Vec<PoolSource<'_>> {
    let built_in = snapshot.clusters.iter().flat_map(|cluster| {
        let compute = cluster.compute.as_ref();
        let enabled = compute.filter(|compute| compute.enabled.value() != Some(&false));
        let names = enabled.and_then(|compute| compute.node_pools.value());
        names
            .into_iter()
            .flatten()
            // A live cluster shows its built-in pools as objects like any other.
            .filter(move |name| !is_object(snapshot, cluster, name))
            .map(move |name| PoolSource::BuiltIn(cluster, name))
    });
    let pools = snapshot.node_pools.iter().map(PoolSource::NodePool);
    pools
        .chain(built_in)
        .chain(snapshot.node_groups.iter().map(PoolSource::Group))
        .collect()
}

/// The chains of hybrid nodes. Where a pool of the cluster uses the role, its entry is that pool's, of a
/// type that does not fit.
fn hybrid_contexts<'a>(world: &'a World<'a>, others: &[ChainContext<'a>]) -> Vec<ChainContext<'a>> {
    let folded = |context: &ChainContext<'_>| {
        let name = context.role.name()?.to_ascii_lowercase();
        Some((context.cluster_key.clone(), name))
    };
    let used: HashSet<_> = others.iter().filter_map(folded).collect();
    world
        .hybrid_nodes()
        .iter()
        .map(|(key, hybrid)| ChainContext::new(world, PoolSource::Hybrid(key, *hybrid)))
        .filter(|context| {
            let name = context.pool.name.to_ascii_lowercase();
            !used.contains(&(context.cluster_key.clone(), name))
        })
        .collect()
}

/// Whether a pool of a cluster was read from its API server.
fn is_object(snapshot: &Snapshot, cluster: &Cluster, name: &str) -> bool {
    snapshot.node_pools.iter().any(|pool| {
        let named = pool.cluster.as_ref().and_then(|known| known.value.value());
        matches!(pool.origin, Origin::Api(_)) && pool.name == name && named == cluster.name.value()
    })
}

fn chain_findings(context: &ChainContext<'_>) -> Vec<Finding> {
    let checked = RULES.iter().filter_map(|rule| match rule.check {
        Check::Chain(check) => Some(check(context)),
        Check::Snapshot(_) => None,
    });
    let mut findings: Vec<Finding> = checked.flatten().collect();
    for finding in &mut findings {
        finding.pools = vec![context.pool.clone()];
    }
    findings
}

/// Joins findings that say the same of several pools, and sorts them.
fn joined(findings: impl Iterator<Item = Finding>) -> Vec<Finding> {
    type Key = (&'static str, String, String, Vec<Origin>);
    let mut places: HashMap<Key, usize> = HashMap::new();
    let mut joined: Vec<Finding> = Vec::new();
    for finding in findings {
        let key = (
            finding.rule.code,
            finding.subject.clone(),
            finding.message.clone(),
            finding.origins.clone(),
        );
        if let Some(known) = places.get(&key).and_then(|index| joined.get_mut(*index)) {
            let pools: &mut Vec<Pool> = &mut known.pools;
            pools.extend(finding.pools);
            known.severity = known.severity.max(finding.severity);
        } else {
            places.insert(key, joined.len());
            joined.push(finding);
        }
    }
    for finding in &mut joined {
        finding.pools.sort();
        finding.pools.dedup();
    }
    joined.sort_by(|left, right| {
        (
            std::cmp::Reverse(left.severity),
            left.rule.code,
            &left.origins,
            &left.subject,
            &left.message,
        )
            .cmp(&(
                std::cmp::Reverse(right.severity),
                right.rule.code,
                &right.origins,
                &right.subject,
                &right.message,
            ))
    });
    joined
}
