//! Taking back what a journal says was made.

use std::collections::BTreeSet;
use std::path::Path;

use rolecall_chain::{Options, Traced, trace};
use rolecall_facts::{Change, Snapshot, Timestamp};
use thiserror::Error;

use crate::journal::{self, CallState, JournalError, Read, WayBack};
use crate::plan::{Cost, LinkOfPlan, Object, Plan, PlannedCall, PoolOfPlan, Step, Undoes};
use crate::planner::{Writer, findings_of, unobserved};
use crate::run::{Now, is_foreign, now_with};

/// Why a repair cannot be taken back.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoUndo {
    /// It was taken back before.
    #[error("plan {0} was taken back already")]
    Already(String),
    /// The journal is itself one of an undo.
    #[error("this is the journal of an undo, of plan {0}")]
    OfUndo(String),
}

/// Makes the plan that takes a repair back, in the reverse order. What was changed by others since is not
/// touched, and is named in [`Undoes::kept`].
///
/// # Errors
/// A journal of which there is nothing to take back.
pub fn undo(
    read: &Read,
    snapshot: &Snapshot,
    options: &Options,
    created_at: Timestamp,
) -> Result<Plan, NoUndo> {
    if read.ended == Some(journal::End::Undone) {
        return Err(NoUndo::Already(read.plan.id.clone()));
    }
    if read.plan.undoes.is_some() {
        return Err(NoUndo::OfUndo(read.plan.id.clone()));
    }
    let base = unobserved(snapshot);
    let id = crate::plan::name_of(&(&read.plan.id, created_at));
    let mut work = Work {
        writer: Writer::new(base.clone(), &read.plan.cluster, &id),
        kept: Vec::new(),
        foreign: BTreeSet::new(),
        last_words: BTreeSet::new(),
    };
    let steps = work.steps(read, &base);
    let (world, kept) = (work.writer.world, work.kept);
    let mut plan = Plan {
        created_at,
        undoes: Some(Undoes {
            plan: read.plan.id.clone(),
            journal: name(&read.path),
            kept,
        }),
        pools: pools(&read.plan, &trace(&base, options), &trace(&world, options)),
        steps,
        left: Vec::new(),
        digest: String::new(),
        id: id.clone(),
        ..read.plan.clone()
    };
    plan.digest = plan.digest_of_rest();
    Ok(plan)
}

/// Notes in the repair's journal that it was taken back.
///
/// # Errors
/// A file that cannot be written.
pub fn finish_undo(repair: &Read) -> Result<(), JournalError> {
    journal::note_undone(repair)
}

fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

struct Work<'a> {
    writer: Writer<'a>,
    kept: Vec<String>,
    /// Objects that others changed since.
    foreign: BTreeSet<Object>,
    /// Objects whose state was compared with what the repair left of them.
    last_words: BTreeSet<Object>,
}

impl Work<'_> {
    /// The steps in reverse, each with the calls that take its own back.
    fn steps(&mut self, read: &Read, base: &Snapshot) -> Vec<Step> {
        let mut calls: Vec<(usize, &PlannedCall, &CallState)> = Vec::new();
        let numbered = read.plan.steps.iter().enumerate();
        let all = numbered.flat_map(|(step, of)| of.calls.iter().map(move |call| (step, call)));
        for ((step, call), state) in all.zip(&read.calls) {
            calls.push((step, call, state));
        }
        let mut steps: Vec<(usize, Step)> = Vec::new();
        for (index, planned, state) in calls.into_iter().rev() {
            let foreign = is_foreign(read, &planned.change);
            let back = self.back(planned, state, base, foreign);
            if back.is_empty() {
                continue;
            }
            let written = back.into_iter().map(|change| self.writer.call(change));
            let written: Vec<PlannedCall> = written.collect();
            if let Some((_, step)) = steps.last_mut().filter(|(known, _)| *known == index) {
                step.calls.extend(written);
                continue;
            }
            let of = read.plan.steps.get(index);
            steps.push((
                index,
                Step {
                    action: of.map_or_else(String::new, |of| format!("Take back: {}", of.action)),
                    safety: of.map_or(Cost::Safe, |of| of.safety),
                    name: None,
                    mends: Vec::new(),
                    stands_in: false,
                    calls: written,
                },
            ));
        }
        steps.into_iter().map(|(_, step)| step).collect()
    }

    /// The changes that take one call back; none where it was not made or is kept.
    fn back(
        &mut self,
        planned: &PlannedCall,
        state: &CallState,
        base: &Snapshot,
        foreign: bool,
    ) -> Vec<Change> {
        let Some((_, way)) = &state.intent else {
            return Vec::new();
        };
        if !state.is_made() && !state.is_open() {
            return Vec::new();
        }
        let objects = Object::of(&planned.change);
        // Of an object that several calls touched, the last of them says how it was left.
        let is_last_word = objects
            .iter()
            .all(|object| self.last_words.insert(object.clone()));
        if is_last_word {
            match now_with(planned, base, foreign) {
                Now::Made => {}
                Now::NotYet if state.is_open() => return self.was_not_made(&objects),
                Now::NotYet => {
                    self.keep(
                        &objects,
                        format!("{}: it is as it was before", planned.action),
                    );
                    return Vec::new();
                }
                Now::Other(_) => {
                    let how: Vec<String> = crate::run::differing(planned, base)
                        .iter()
                        .map(ToString::to_string)
                        .collect();
                    let how = how.join("; ");
                    self.keep(
                        &objects,
                        format!("{} was changed since: {how}", planned.action),
                    );
                }
            }
        }
        if objects.iter().any(|object| self.foreign.contains(object)) {
            return Vec::new();
        }
        match way {
            WayBack::By(changes) => changes.clone(),
            WayBack::None(why) => {
                self.kept.push(format!("{} stays: {why}", planned.action));
                Vec::new()
            }
        }
    }

    /// The call was about to be made and was not: the one before it has the last word.
    fn was_not_made(&mut self, objects: &[Object]) -> Vec<Change> {
        for object in objects {
            self.last_words.remove(object);
        }
        Vec::new()
    }

    fn keep(&mut self, objects: &[Object], why: String) {
        self.foreign.extend(objects.iter().cloned());
        self.kept.push(why);
    }
}

fn pools(plan: &Plan, before: &Traced, after: &Traced) -> Vec<PoolOfPlan> {
    let links = |traced: &Traced, name: &str| {
        let mut chains = traced.chains.iter();
        let chain = chains.find(|chain| chain.pool.to_string() == name);
        chain.map(LinkOfPlan::all_of).unwrap_or_default()
    };
    let pools = plan.pools.iter().map(|pool| PoolOfPlan {
        pool: pool.pool.clone(),
        findings: findings_of(before, &pool.pool),
        before: links(before, &pool.pool),
        after: links(after, &pool.pool),
    });
    pools.collect()
}
