//! Carries a plan out, call by call, with a journal.
//!
//! ```text
//! step: read ─► as planned? ─► call: intent ─► carry out ─► outcome ─► next call … ─► next step
//!                  │ no: stop, name what differs
//! all steps: read until what was to be mended is mended, or the time is over
//! ```

mod check;
mod seen;

use std::time::Duration;

use rolecall_chain::{Options, Traced};
use rolecall_facts::{Change, Snapshot, Timestamp};
use thiserror::Error;

use crate::journal::{End, Journal, JournalError, Outcome, Read, Record, WayBack};
use crate::plan::{Differs, Plan, PlannedCall};
use crate::world::{Pause, World, WorldError};
use check::{is_of_another, touches_same};

pub(crate) use check::{Now, differing_now as differing, is_foreign, now_with};
pub use check::{is_made, stale};
pub use seen::Seen;

/// How long things are waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// The first pause; each one after it is half as long again, up to ten seconds.
    pub first: Duration,
    /// All pauses together, of one step or of the look at the end.
    pub in_all: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(2),
            in_all: Duration::from_secs(120),
        }
    }
}

/// What a run says while it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event<'a> {
    /// A step begins.
    Step {
        /// Its number, from 1.
        number: usize,
        /// How many there are.
        of: usize,
        /// What it does.
        action: &'a str,
    },
    /// A call is about to be made.
    Call {
        /// Service and operation.
        action: &'a str,
    },
    /// What became of it.
    Became {
        /// Service and operation.
        action: &'a str,
        /// What.
        outcome: &'a Outcome,
    },
    /// A pause begins.
    Wait(Pause),
}

/// Why a run ended before all was made.
#[derive(Debug, Error)]
pub enum Stopped {
    /// The journal cannot be written; nothing more is done without it.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The world could not be read.
    #[error("the cluster cannot be read: {0}")]
    Read(#[source] WorldError),
    /// A call was not carried out.
    #[error("{action} failed: {error}")]
    Failed {
        /// Service and operation.
        action: String,
        /// What was said.
        #[source]
        error: WorldError,
    },
    /// What a call rests on can no longer be read, so that it may be as it was or not.
    #[error("what the plan rests on can no longer be read: {}", in_words(.differs))]
    Unread {
        /// What.
        differs: Vec<Differs>,
    },
    /// Something is not as it was when the plan was made.
    #[error("something changed since the plan was made: {}", in_words(.differs))]
    Changed {
        /// What.
        differs: Vec<Differs>,
    },
}

fn in_words(differs: &[Differs]) -> String {
    let words: Vec<String> = differs.iter().map(Differs::to_string).collect();
    words.join("; ")
}

/// What a run came to.
#[derive(Debug)]
pub struct Done {
    /// Whether what was to be mended was seen to be mended, and what was not.
    pub seen: Seen,
    /// The facts as they are now.
    pub snapshot: Snapshot,
    /// The chains as they are now.
    pub traced: Traced,
}

/// Carries out what a journal has not settled yet. `read` is the state of the journal, and follows it.
///
/// # Errors
/// Why it stopped before the end. The journal then tells what was made.
pub async fn carry_out<W: World>(
    world: &mut W,
    options: &Options,
    patience: Patience,
    journal: &mut Journal,
    read: &mut Read,
    said: &mut (dyn FnMut(Event<'_>) + Send),
) -> Result<Done, Stopped> {
    let plan = read.plan.clone();
    world.is_about(&plan);
    let mut run = Run {
        world,
        patience,
        journal,
        read,
        said,
        plan: &plan,
    };
    let mut first = 0;
    for (index, step) in plan.steps.iter().enumerate() {
        let next = first + step.calls.len();
        let is_settled = (first..next).all(|call| run.is_settled(call));
        if !is_settled {
            (run.said)(Event::Step {
                number: index + 1,
                of: plan.steps.len(),
                action: &step.action,
            });
            run.step(first, &step.calls).await?;
        }
        first = next;
    }
    let done = seen::look(run.world, options, patience, &plan, run.said).await?;
    let how = match done.seen.is_all() {
        true => End::Done,
        false => End::NotSeen,
    };
    run.write(Record::Ended {
        at: Timestamp::now(),
        how,
    })?;
    Ok(done)
}

struct Run<'a, W> {
    world: &'a mut W,
    patience: Patience,
    journal: &'a mut Journal,
    read: &'a mut Read,
    said: &'a mut (dyn FnMut(Event<'_>) + Send),
    plan: &'a Plan,
}

impl<W: World> Run<'_, W> {
    fn is_settled(&self, call: usize) -> bool {
        let state = self.read.calls.get(call);
        state.is_some_and(crate::journal::CallState::is_settled)
    }

    fn write(&mut self, record: Record) -> Result<(), JournalError> {
        self.journal.write(&record)?;
        self.read.take(record);
        Ok(())
    }

    async fn facts(&mut self) -> Result<Snapshot, Stopped> {
        self.world.read().await.map_err(Stopped::Read)
    }

    async fn step(&mut self, first: usize, calls: &[PlannedCall]) -> Result<(), Stopped> {
        let mut facts = self.facts().await?;
        for (offset, planned) in calls.iter().enumerate() {
            let call = first + offset;
            if self.is_settled(call) {
                continue;
            }
            match self.agree(call, planned, &mut facts).await? {
                Some(outcome) => self.settle(call, planned, outcome)?,
                None => {
                    self.make(call, planned, &mut facts).await?;
                    // What the call did, so that the next one of the step is compared with it.
                    let _ = planned.change.apply(&mut facts);
                }
            }
        }
        Ok(())
    }

    /// Whether the call is still to be made (`None`), or what became of it already. Where this run
    /// touched the same object before, the answer may be an old one, and is waited for.
    async fn agree(
        &mut self,
        call: usize,
        planned: &PlannedCall,
        facts: &mut Snapshot,
    ) -> Result<Option<Outcome>, Stopped> {
        let is_open = self
            .read
            .calls
            .get(call)
            .is_some_and(|state| state.is_open());
        let foreign = is_foreign(self.read, &planned.change);
        let has_touched = self.has_touched(call, &planned.change);
        let is_ours = is_open || has_touched;
        let mut waited = Duration::ZERO;
        let mut next = self.patience.first;
        loop {
            let differs = match now_with(planned, facts, foreign) {
                Now::Made if is_open => return Ok(Some(Outcome::FoundMade)),
                Now::NotYet => return Ok(None),
                Now::Made => return Ok(Some(Outcome::NothingToDo)),
                Now::Other(_)
                    if !has_touched
                        && planned.change.holds(facts) == Some(true)
                        && (!is_open || is_of_another(planned, facts)) =>
                {
                    return Ok(Some(Outcome::NothingToDo));
                }
                Now::Other(differs) => differs,
            };
            let left = self.patience.in_all.saturating_sub(waited);
            if !is_ours || left.is_zero() {
                return Err(match differs.iter().all(|known| known.is_unknown) {
                    true => Stopped::Unread { differs },
                    false => Stopped::Changed { differs },
                });
            }
            let how_long = next.min(left);
            (self.said)(Event::Wait(Pause {
                what: in_words(&differs),
                why: "AWS shows what was changed only now within seconds".to_owned(),
                how_long,
            }));
            self.world.pause(how_long).await;
            waited += how_long;
            next = longer(next);
            *facts = self.facts().await?;
        }
    }

    /// Whether a call that was made before this one touched an object of a change.
    fn has_touched(&self, call: usize, change: &Change) -> bool {
        let states = self.read.calls.iter().take(call);
        let mut made = states
            .zip(self.plan.calls())
            .filter(|(state, _)| state.is_made());
        made.any(|(_, planned)| touches_same(&planned.change, change))
    }

    async fn make(
        &mut self,
        call: usize,
        planned: &PlannedCall,
        facts: &mut Snapshot,
    ) -> Result<(), Stopped> {
        let known = self
            .read
            .calls
            .get(call)
            .and_then(|state| state.intent.clone());
        let token = match known {
            // The call of a run that was broken off: the same token, and the same way back.
            Some((token, _)) => token,
            None => {
                let token = format!("rolecall-{}-{call}", self.plan.id);
                let undo = match planned.change.undo(facts) {
                    Ok(changes) => WayBack::By(changes),
                    Err(error) => WayBack::None(error.to_string()),
                };
                self.write(Record::Intent {
                    call,
                    at: Timestamp::now(),
                    token: token.clone(),
                    undo,
                })?;
                token
            }
        };
        (self.said)(Event::Call {
            action: &planned.action,
        });
        let said = &mut *self.said;
        let mut waits = |pause| said(Event::Wait(pause));
        let made = self
            .world
            .carry_out(&planned.change, &token, &mut waits)
            .await;
        match made {
            Ok(()) => Ok(self.settle(call, planned, Outcome::Made)?),
            Err(error) => {
                // Another repair, of another machine, may have been first.
                if error.refused.is_none()
                    && let Ok(now) = self.world.read().await
                    && planned.change.holds(&now) == Some(true)
                    && is_of_another(planned, &now)
                {
                    *facts = now;
                    return Ok(self.settle(call, planned, Outcome::NothingToDo)?);
                }
                let problem = error.to_string();
                self.settle(call, planned, Outcome::Failed { problem })?;
                Err(Stopped::Failed {
                    action: planned.action.clone(),
                    error,
                })
            }
        }
    }

    fn settle(
        &mut self,
        call: usize,
        planned: &PlannedCall,
        outcome: Outcome,
    ) -> Result<(), JournalError> {
        (self.said)(Event::Became {
            action: &planned.action,
            outcome: &outcome,
        });
        self.write(Record::Outcome {
            call,
            at: Timestamp::now(),
            outcome,
        })
    }
}

/// The pause after this one.
fn longer(pause: Duration) -> Duration {
    (pause + pause / 2).min(Duration::from_secs(10))
}
