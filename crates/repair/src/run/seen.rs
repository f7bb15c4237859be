//! The look at the end: reads until what was done shows, or the time is over.

use std::time::Duration;

use rolecall_chain::{Options, Traced, trace};
use rolecall_facts::Snapshot;

use super::check::{Now, now};
use super::{Done, Event, Patience, Stopped, longer};
use crate::plan::{Mended, Plan};
use crate::planner::unobserved;
use crate::world::{Pause, World};

/// What shows of a plan that was carried out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// The findings that are still there.
    pub still_found: Vec<Mended>,
    /// The calls whose effect does not show, as service and operation.
    pub not_shown: Vec<String>,
}

impl Seen {
    /// Whether all of it shows.
    #[must_use]
    pub fn is_all(&self) -> bool {
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
        Self {
            still_found: mended.filter(is_found).cloned().collect(),
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
        if seen.is_all() || left.is_zero() {
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
