use std::collections::{BTreeMap, BTreeSet};

use rolecall_chain::{Chain, Link, Pool, PoolKind, Severity, Traced, Verdict, trace};
use rolecall_facts::{CannotApply, Snapshot};

use super::{Draft, Planner, Wanted};
use crate::plan::WhyLeft;

/// What became of making all steps on a copy of the facts.
pub(super) struct Proof {
    /// The trace of the changed facts.
    pub(super) after: Traced,
    /// The steps that are not to be made, by index, with the reason.
    pub(super) faults: BTreeMap<usize, WhyLeft>,
}

/// Makes the steps on a copy and traces it.
pub(super) fn prove(planner: &Planner<'_>, drafts: &[Draft]) -> Proof {
    let mut world = planner.base.clone();
    let mut faults = BTreeMap::new();
    for (index, draft) in drafts.iter().enumerate() {
        if let Err(error) = make(draft, &mut world) {
            let because = format!("it cannot be made: {error}");
            faults.insert(index, draft.would_not_mend(because));
        }
    }
    let after = trace(&world, planner.options);
    for (index, draft) in drafts.iter().enumerate() {
        if let Some(because) = stays(planner, draft, &after) {
            faults
                .entry(index)
                .or_insert_with(|| draft.would_not_mend(because));
        }
    }
    if faults.is_empty() {
        faults = brought(planner, drafts, &after);
    }
    Proof { after, faults }
}

/// Makes a step's changes, all or none.
fn make(draft: &Draft, world: &mut Snapshot) -> Result<(), CannotApply> {
    let mut changed = world.clone();
    for change in &draft.changes {
        change.apply(&mut changed)?;
    }
    *world = changed;
    Ok(())
}

/// The first of a step's findings that is still there, in words.
fn stays(planner: &Planner<'_>, draft: &Draft, after: &Traced) -> Option<String> {
    if let Some(group) = draft.stand_in() {
        let chain = after.chains.iter().find(|chain| {
            chain.pool.name == group && chain.pool.kind == PoolKind::ManagedNodeGroup
        });
        return match chain.map(|chain| (chain.verdict(), broken(chain))) {
            Some((Verdict::Fail, Some(state))) => Some(format!(
                "the node group would break at {}: {}",
                state.0, state.1
            )),
            Some(_) => None,
            None => Some("the node group would not be there".to_owned()),
        };
    }
    draft.mends.iter().find_map(|wanted| {
        let found = after.findings.iter().find(|finding| {
            let same_pools = wanted.pools.is_empty()
                || finding.pools.iter().any(|pool| wanted.pools.contains(pool));
            finding.rule.code == wanted.code
                && same_pools
                && (finding.subject == wanted.subject || planner.is_new(finding))
        })?;
        Some(format!("{} would stay: {}", wanted.code, found.message))
    })
}

/// The first link that fails.
fn broken(chain: &Chain) -> Option<(Link, String)> {
    let mut links = chain.links.iter();
    let state = links.find(|state| state.verdict == Verdict::Fail)?;
    Some((state.link, state.detail.clone()))
}

/// The first step that the chosen ways make needless: without it, its findings are gone too. What was
/// chosen is none: what it mends may only show once others are mended.
pub(super) fn needless(planner: &Planner<'_>, drafts: &[Draft]) -> Option<usize> {
    (0..drafts.len()).find(|&index| {
        let others = drafts.iter().enumerate();
        let others = others.filter(|(other, _)| *other != index);
        let others: Vec<Draft> = others.map(|(_, draft)| draft.clone()).collect();
        let proof = prove(planner, &others);
        let draft = drafts.get(index);
        proof.faults.is_empty()
            && draft.is_some_and(|draft| {
                draft.name.is_none() && stays(planner, draft, &proof.after).is_none()
            })
    })
}

/// The steps that break a link which held: for each, the finding that it would bring.
fn brought(planner: &Planner<'_>, drafts: &[Draft], after: &Traced) -> BTreeMap<usize, WhyLeft> {
    let held = links_that_hold(&planner.before);
    let bad: Vec<(Wanted, String)> = after
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .filter(|finding| {
            let mut pools = finding.pools.iter();
            pools.any(|pool| held.contains(&(pool, finding.rule.link)))
        })
        .map(|finding| (Wanted::of(finding), finding.message.clone()))
        .collect();
    let mut faults = BTreeMap::new();
    if bad.is_empty() {
        return faults;
    }
    let mut world = planner.base.clone();
    let mut told: BTreeSet<String> = BTreeSet::new();
    for (index, draft) in drafts.iter().enumerate() {
        let _ = make(draft, &mut world);
        let traced = trace(&world, planner.options);
        for (wanted, message) in &bad {
            let is_here = traced
                .findings
                .iter()
                .any(|finding| Wanted::of(finding) == *wanted);
            if is_here && told.insert(wanted.key()) {
                let because = format!("it would bring {}: {message}", wanted.code);
                faults.insert(index, draft.would_not_mend(because));
            }
        }
    }
    faults
}

fn links_that_hold(traced: &Traced) -> BTreeSet<(&Pool, Link)> {
    let links = traced.chains.iter().flat_map(|chain| {
        let held = chain
            .links
            .iter()
            .filter(|state| state.verdict == Verdict::Pass);
        held.map(|state| (&chain.pool, state.link))
    });
    links.collect()
}

impl Planner<'_> {
    /// Whether a finding was not there before, with this subject.
    fn is_new(&self, finding: &rolecall_chain::Finding) -> bool {
        !self.before.findings.iter().any(|known| {
            known.rule == finding.rule
                && known.subject == finding.subject
                && known.pools.iter().any(|pool| finding.pools.contains(pool))
        })
    }
}

impl Draft {
    fn would_not_mend(&self, because: String) -> WhyLeft {
        WhyLeft::WouldNotMend {
            action: self.action.clone(),
            because,
        }
    }
}
