//! The look at the end: reads until what was done shows, or the time is over.

use std::time::Duration;

use rolecall_chain::{Options, Traced, Verdict, find_rule, trace};
use rolecall_facts::Snapshot;

use super::check::{Now, chain_of, now, unknown_link};
use super::{Done, Event, Patience, Stopped, longer};
use crate::plan::{Mended, Plan};
use crate::planner::unobserved;
use crate::unread;
use crate::world::{Pause, World};

/// What shows of a plan that was carried out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// The findings that are still there.
    pub still_found: Vec<Mended>,
    /// The calls whose effect does not show, as service and operation.
    pub not_shown: Vec<String>,
    /// The findings of which it cannot be told whether they are still there, because their pool or
    /// something of its chain can no longer be read.
    pub not_known: Vec<Mended>,
}

impl Seen {
    /// Whether all of it shows.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.may_not_show_more() && self.not_known.is_empty()
    }

    /// Whether waiting can bring nothing: what may not be read, time does not tell.
    fn may_not_show_more(&self) -> bool {
        self.still_found.is_empty() && self.not_shown.is_empty()
    }

    fn of(plan: &Plan, facts: &Snapshot, traced: &Traced) -> Self {
        if plan.undoes.is_some() {
            return Self {
                still_found: Vec::new(),
                not_shown: plan
                    .last_words()
                    .filter(|call| !matches!(now(call, facts), Now::Made))
                    .map(|call| call.action.clone())
                    .collect(),
                not_known: Vec::new(),
            };
        }
        let is_found = |wanted: &&Mended| {
            traced.findings.iter().any(|finding| {
                let mut pools = finding.pools.iter().map(ToString::to_string);
                finding.rule.code == wanted.rule
                    && finding.subject == wanted.subject
                    && (wanted.pools.is_empty() || pools.any(|pool| wanted.pools.contains(&pool)))
            })
        };
        let mended = plan.steps.iter().filter(|step| !step.stands_in);
        let mended = mended.flat_map(|step| &step.mends);
        let (still_found, gone): (Vec<_>, Vec<_>) = mended.partition(is_found);
        let not_known = gone.into_iter().filter(|mended| {
            let mut pools = mended.pools.iter();
            pools.any(|pool| cannot_be_told(plan, pool, &mended.rule, facts, traced))
        });
        Self {
            not_known: not_known.cloned().collect(),
            still_found: still_found.into_iter().cloned().collect(),
            not_shown: Vec::new(),
        }
    }

    fn in_words(&self) -> String {
        let findings = self.still_found.iter();
        let findings = findings.map(|known| format!("{} {}", known.rule, known.subject));
        let calls = self.not_shown.iter().cloned();
        findings.chain(calls).collect::<Vec<_>>().join(", ")
    }
}

/// Whether a pool, or the link of its chain that a rule is about, is not known and was to be.
fn cannot_be_told(plan: &Plan, pool: &str, rule: &str, facts: &Snapshot, traced: &Traced) -> bool {
    let Some(chain) = chain_of(traced, pool) else {
        return unread::is_pool(facts, pool);
    };
    let planned = plan.pools.iter().find(|known| known.pool == pool);
    let was_to_be_known = planned.is_none_or(|known| {
        let link = find_rule(rule).map(|rule| rule.link.as_str());
        let after = known.after.iter().find(|state| Some(&*state.link) == link);
        after.is_none_or(|state| state.verdict != Verdict::Unknown.as_str())
    });
    was_to_be_known && unknown_link(chain, rule).is_some()
}

pub(super) async fn look<W: World>(
    world: &mut W,
    options: &Options,
    patience: Patience,
    plan: &Plan,
    said: &mut (dyn FnMut(Event<'_>) + Send),
) -> Result<Done, Stopped> {
    let mut waited = Duration::ZERO;
    let mut next = patience.first;
    loop {
        let snapshot = world.read().await.map_err(Stopped::Read)?;
        let seen = Seen::of(plan, &snapshot, &trace(&unobserved(&snapshot), options));
        let left = patience.in_all.saturating_sub(waited);
        if seen.may_not_show_more() || left.is_zero() {
            return Ok(Done {
                traced: trace(&snapshot, options),
                seen,
                snapshot,
            });
        }
        let how_long = next.min(left);
        said(Event::Wait(Pause {
            what: format!("the end of {}", seen.in_words()),
            why: "IAM and EKS show a change within seconds, sometimes within a minute".to_owned(),
            how_long,
        }));
        world.pause(how_long).await;
        waited += how_long;
        next = longer(next);
    }
}
