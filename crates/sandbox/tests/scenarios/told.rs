//! What a trace tells of the pools of a folder, against what is expected.

use std::collections::BTreeSet;

use rolecall_chain::{Chain, Traced, Verdict};
use rolecall_sandbox::Generation;

use crate::expected::{Expected, Pool};
use crate::{Diff, name_of};

/// `passes`, or the first link that fails, or the first that cannot be told.
pub fn verdict(chain: &Chain) -> String {
    let first = |verdict: Verdict| chain.links.iter().find(|state| state.verdict == verdict);
    match (first(Verdict::Fail), first(Verdict::Unknown)) {
        (Some(state), _) => format!("fails at {}", state.link),
        (None, Some(state)) => format!("unknown at {}", state.link),
        (None, None) => "passes".to_owned(),
    }
}

/// The chain of a pool.
pub fn chain_of<'a>(traced: &'a Traced, pool: &Pool) -> Option<&'a Chain> {
    traced.chains.iter().find(|chain| {
        chain.pool.name == pool.name
            && pool
                .cluster
                .as_ref()
                .is_none_or(|cluster| chain.pool.cluster.as_ref() == Some(cluster))
    })
}

/// Compares links and rules.
pub fn compare(traced: &Traced, expected: &Expected, generation: Generation, diff: &mut Diff) {
    let mut named = BTreeSet::new();
    for pool in &expected.pools {
        let Some(chain) = chain_of(traced, pool) else {
            diff.missing(&format!("the chain of {}", name_of(pool)));
            continue;
        };
        named.insert(chain.pool.clone());
        let found = verdict(chain);
        let why = chain
            .links
            .iter()
            .filter(|state| state.verdict != Verdict::Pass)
            .map(|state| format!("\n      {} {}: {}", state.link, state.verdict, state.detail))
            .collect::<String>();
        let wanted = pool.chain(generation);
        if found != wanted {
            diff.differs(
                &format!("chain of {}", name_of(pool)),
                wanted,
                &(found + &why),
            );
        }
        let rules: BTreeSet<String> = traced
            .findings
            .iter()
            .filter(|finding| finding.pools.contains(&chain.pool))
            .map(|finding| finding.rule.code.to_owned())
            .collect();
        let wanted = pool.rules(generation);
        if rules != *wanted {
            let about = format!("rules of {}", name_of(pool));
            diff.differs(&about, &format!("{wanted:?}"), &format!("{rules:?}"));
        }
    }
    for chain in &traced.chains {
        if !named.contains(&chain.pool) {
            diff.missing(&format!(
                "expected.toml names no pool `{}`",
                chain.pool.name
            ));
        }
    }
    let of_no_pool: BTreeSet<String> = traced
        .findings
        .iter()
        .filter(|finding| finding.pools.is_empty())
        .map(|finding| finding.rule.code.to_owned())
        .collect();
    if of_no_pool != expected.of_no_pool {
        let wanted = format!("{:?}", expected.of_no_pool);
        diff.differs("rules of no pool", &wanted, &format!("{of_no_pool:?}"));
    }
}
