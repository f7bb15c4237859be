//! From findings to a plan that is proven to mend them.
//!
//! ```text
//! findings ─► gather (in rounds: what one repair uncovers is repaired too) ─► order
//!     ▲                                                                         │
//!     └── without the steps that would not mend ◄── proof: make all, trace ◄────┘
//! ```

mod gather;
mod guard;
mod order;
mod proof;
mod write;

use std::collections::BTreeMap;

use rolecall_chain::{Finding, Options, Pool, Traced, trace};
use rolecall_facts::{Change, Snapshot};

use crate::Selection;
use crate::plan::{About, Cost, Mended, Plan, WhyLeft};
use gather::gather;
use proof::{Proof, needless, prove};

pub(crate) use write::{Writer, findings_of};

/// How often what repairs uncover is repaired in turn. A chain has eleven links.
const ROUNDS: usize = 11;

/// Makes a plan for what is found in a snapshot.
///
/// Total: what cannot be mended is in [`Plan::left`] with the reason.
#[must_use]
pub fn plan(snapshot: &Snapshot, options: &Options, selection: &Selection, about: &About) -> Plan {
    let base = unobserved(snapshot);
    let planner = Planner {
        before: trace(&base, options),
        base,
        options,
        selection,
    };
    let mut excluded = Excluded::default();
    let (mut drafts, mut proof) = loop {
        let mut drafts = gather(&planner, &excluded);
        leave_behind(&mut drafts);
        let proof = prove(&planner, &drafts);
        if proof.faults.is_empty() {
            break (drafts, proof);
        }
        for (index, why) in &proof.faults {
            if let Some(draft) = drafts.get(*index) {
                excluded.0.insert(draft.wanted_by(), why.clone());
            }
        }
    };
    // A way that was chosen may go past what another step would mend.
    while !selection.uses.is_empty()
        && let Some(index) = needless(&planner, &drafts)
    {
        drafts.remove(index);
        proof = prove(&planner, &drafts);
    }
    write::write(&planner, drafts, proof, &excluded, about)
}

/// Takes out what would only mend pools whose place a node group takes: they are left as they are, and
/// the group has a role of its own, whose entry EKS makes (EKS User Guide, "Creating access entries").
fn leave_behind(drafts: &mut Vec<Draft>) {
    let left_behind = left_behind(drafts);
    drafts.retain(|draft| {
        let mut mends = draft.mends.iter();
        draft.stand_in().is_some() || !mends.all(|wanted| are_all_in(&wanted.pools, &left_behind))
    });
}

/// The pools whose place a node group takes.
fn left_behind(drafts: &[Draft]) -> Vec<Pool> {
    let stand_ins = drafts.iter().filter(|draft| draft.stand_in().is_some());
    let mends = stand_ins.flat_map(|draft| &draft.mends);
    mends.flat_map(|wanted| wanted.pools.clone()).collect()
}

fn are_all_in(pools: &[Pool], known: &[Pool]) -> bool {
    !pools.is_empty() && pools.iter().all(|pool| known.contains(pool))
}

/// What planning starts from.
struct Planner<'a> {
    /// The facts, without what the cluster only shows of itself.
    base: Snapshot,
    before: Traced,
    options: &'a Options,
    selection: &'a Selection,
}

/// A step under way.
#[derive(Debug, Clone)]
struct Draft {
    action: String,
    safety: Cost,
    name: Option<&'static str>,
    mends: Vec<Wanted>,
    changes: Vec<Change>,
}

/// A finding that a step is to mend.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    code: &'static str,
    name: &'static str,
    subject: String,
    pools: Vec<Pool>,
}

/// The findings whose repairs turned out not to mend, with the reason.
#[derive(Debug, Default)]
struct Excluded(BTreeMap<String, WhyLeft>);

impl Excluded {
    fn why(&self, finding: &Finding) -> Option<&WhyLeft> {
        self.0.get(&Wanted::of(finding).key())
    }
}

impl Wanted {
    fn of(finding: &Finding) -> Self {
        Self {
            code: finding.rule.code,
            name: finding.rule.name,
            subject: finding.subject.clone(),
            pools: finding.pools.clone(),
        }
    }

    fn key(&self) -> String {
        let pools: Vec<String> = self.pools.iter().map(Pool::to_string).collect();
        format!("{} {} {}", self.code, self.subject, pools.join(" "))
    }

    fn as_mended(&self) -> Mended {
        Mended {
            rule: self.code.to_owned(),
            name: self.name.to_owned(),
            subject: self.subject.clone(),
            pools: self.pools.iter().map(Pool::to_string).collect(),
        }
    }
}

impl Draft {
    /// The key of the finding that the step was made for; others joined it later.
    fn wanted_by(&self) -> String {
        self.mends.first().map(Wanted::key).unwrap_or_default()
    }

    /// The node group that takes the place of a pool which stays as it is.
    fn stand_in(&self) -> Option<&str> {
        self.changes.iter().find_map(|change| match change {
            Change::CreateNodeGroup { name, .. } => Some(name.as_str()),
            _ => None,
        })
    }
}

/// The facts without what a cluster shows of itself: conditions, nodes and events are of the time before
/// the changes, and say nothing of the time after.
pub(crate) fn unobserved(snapshot: &Snapshot) -> Snapshot {
    let mut facts = snapshot.clone();
    facts.nodes.clear();
    facts.node_claims.clear();
    facts.events.clear();
    facts.calls.clear();
    for pool in &mut facts.node_pools {
        pool.conditions.clear();
    }
    for class in &mut facts.node_classes {
        class.conditions.clear();
    }
    facts
}
