//! Whether the facts are those that a plan rests on.

use std::collections::BTreeSet;

use rolecall_chain::{Chain, Options, Traced, Verdict, find_rule, trace};
use rolecall_facts::{Change, Snapshot};

use crate::TAG;
use crate::journal::{Outcome, Read};
use crate::plan::{Differs, FactState, Object, Plan, PlannedCall, PoolOfPlan, Presence};
use crate::planner::{findings_of, unobserved};
use crate::unread;

/// How the facts stand to one call.
pub(crate) enum Now {
    /// They are those that it leaves.
    Made,
    /// They are those that it rests on.
    NotYet,
    /// They are neither.
    Other(Vec<Differs>),
}

pub(crate) fn now(planned: &PlannedCall, facts: &Snapshot) -> Now {
    now_with(planned, facts, false)
}

/// The same; what somebody else made in the plan's stead has no tag of the plan.
pub(crate) fn now_with(planned: &PlannedCall, facts: &Snapshot, is_foreign: bool) -> Now {
    let compared = |states: &[FactState]| {
        let mut states = states.to_vec();
        for state in states.iter_mut().filter(|_| is_foreign) {
            state.fields.remove(TAG);
        }
        differing(&planned.change, &states, facts)
    };
    let (rests_on, leaves) = (compared(&planned.rests_on), compared(&planned.leaves));
    let says = planned.change.holds(facts);
    if leaves.is_empty() && says != Some(false) {
        // A change of which no object is known rests on nothing: only the facts themselves tell.
        if !planned.leaves.is_empty() || says == Some(true) {
            return Now::Made;
        }
    }
    match rests_on.is_empty() {
        true => Now::NotYet,
        false => Now::Other(rests_on),
    }
}

/// What of some states of a change's objects does not hold.
fn differing(change: &Change, states: &[FactState], facts: &Snapshot) -> Vec<Differs> {
    let objects = Object::of(change);
    let mut differs = Vec::new();
    for state in states {
        let Some(object) = objects
            .iter()
            .find(|object| object.to_string() == state.object)
        else {
            continue;
        };
        // All fields, so that those which the state names are among them.
        let mut now = object.state(facts, false);
        now.fields.extend(object.state(facts, true).fields);
        differs.extend(state.differs(&now));
    }
    differs
}

/// What of the facts is not as a call left them.
pub(crate) fn differing_now(planned: &PlannedCall, facts: &Snapshot) -> Vec<Differs> {
    differing(&planned.change, &planned.leaves, facts)
}

/// Whether what a call is to make is there and somebody else made it: without the plan's tag.
pub(super) fn is_of_another(planned: &PlannedCall, facts: &Snapshot) -> bool {
    let objects = Object::of(&planned.change);
    objects.iter().zip(&planned.leaves).any(|(object, leaves)| {
        let now = object.state(facts, true);
        let tag = leaves.fields.get(TAG);
        now.presence == Presence::There && tag.is_some() && now.fields.get(TAG) != tag
    })
}

/// Whether the facts are those that a whole plan leaves.
#[must_use]
pub fn is_made(plan: &Plan, facts: &Snapshot) -> bool {
    plan.last_words()
        .all(|call| matches!(now(call, facts), Now::Made))
}

/// Whether something that a change touches was there already when the plan was to make it.
pub(crate) fn is_foreign(read: &Read, change: &Change) -> bool {
    let calls = read.calls.iter().zip(read.plan.calls());
    let mut not_needed = calls.filter(|(state, _)| state.outcome == Some(Outcome::NothingToDo));
    not_needed.any(|(_, planned)| touches_same(&planned.change, change))
}

pub(super) fn touches_same(one: &Change, other: &Change) -> bool {
    let others = Object::of(other);
    Object::of(one).iter().any(|object| others.contains(object))
}

/// What of the facts that a whole plan rests on is no longer so: the objects before their first change,
/// and the findings about the pools.
#[must_use]
pub fn stale(plan: &Plan, facts: &Snapshot, options: &Options) -> Vec<Differs> {
    let mut seen: BTreeSet<Object> = BTreeSet::new();
    let mut differs = Vec::new();
    for call in plan.calls() {
        let objects = Object::of(&call.change);
        let of_new: Vec<FactState> = call
            .rests_on
            .iter()
            .zip(&objects)
            .filter(|(_, object)| !seen.contains(object))
            .map(|(state, _)| state.clone())
            .collect();
        differs.extend(differing(&call.change, &of_new, facts));
        seen.extend(objects);
    }
    let traced = trace(&unobserved(facts), options);
    for pool in plan.pools.iter().filter(|pool| !pool.before.is_empty()) {
        differs.extend(findings_that_differ(pool, facts, &traced));
    }
    differs
}

/// What is found about a pool and was not, and the other way round.
fn findings_that_differ(pool: &PoolOfPlan, facts: &Snapshot, traced: &Traced) -> Vec<Differs> {
    let differs = |how: String, is_unknown: bool| Differs {
        object: pool.pool.clone(),
        how,
        is_unknown,
    };
    let Some(chain) = chain_of(traced, &pool.pool) else {
        return vec![match unread::is_pool(facts, &pool.pool) {
            true => differs("it can no longer be read".to_owned(), true),
            false => differs("it is gone".to_owned(), false),
        }];
    };
    let now = findings_of(traced, &pool.pool);
    let gone = pool.findings.iter().filter(|known| !now.contains(known));
    let gone = gone.map(|known| {
        let code = known.split(' ').next().unwrap_or_default();
        match unknown_link(chain, code) {
            Some(why) => differs(
                format!("whether there still is {known} cannot be told: {why}"),
                true,
            ),
            None => differs(format!("no longer found: {known}"), false),
        }
    });
    let new = now.iter().filter(|known| !pool.findings.contains(known));
    let new = new.map(|known| differs(format!("found now: {known}"), false));
    gone.chain(new).collect()
}

pub(super) fn chain_of<'t>(traced: &'t Traced, pool: &str) -> Option<&'t Chain> {
    let mut chains = traced.chains.iter();
    chains.find(|chain| chain.pool.to_string() == pool)
}

/// What is missing to tell whether the link of a rule holds.
pub(super) fn unknown_link<'c>(chain: &'c Chain, code: &str) -> Option<&'c str> {
    let link = find_rule(code)?.link;
    let mut links = chain.links.iter();
    let state = links.find(|state| state.link == link)?;
    (state.verdict == Verdict::Unknown).then_some(&*state.detail)
}
