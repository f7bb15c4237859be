use std::future::Future;
use std::time::Duration;

use rolecall_facts::{Change, Snapshot};
use thiserror::Error;

use crate::Plan;

/// What a plan is carried out on: a cluster with its account, or something that behaves like one.
pub trait World {
    /// Reads the facts as they are now.
    fn read(&mut self) -> impl Future<Output = Result<Snapshot, WorldError>> + Send;

    /// Makes one change. `token` is the same when the same change is made again, so that a call whose
    /// answer was lost is not made twice.
    fn carry_out(
        &mut self,
        change: &Change,
        token: &str,
        waits: &mut (dyn FnMut(Pause) + Send),
    ) -> impl Future<Output = Result<(), WorldError>> + Send;

    /// Says that a plan is in question, so that what it makes is read too, also where nothing in the
    /// cluster speaks of it yet.
    fn is_about(&mut self, plan: &Plan) {
        let _ = plan;
    }

    /// Lets time pass.
    fn pause(&mut self, how_long: Duration) -> impl Future<Output = ()> + Send;
}

/// A pause, told before it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// What is waited for.
    pub what: String,
    /// Why it cannot be had at once.
    pub why: String,
    /// How long this pause is.
    pub how_long: Duration,
}

/// Why the world could not be read or changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{problem}")]
pub struct WorldError {
    /// What is wrong.
    pub problem: String,
    /// What to do next.
    pub help: Option<String>,
    /// The permission that was missing, where that is what is wrong and another policy helps.
    pub refused: Option<Refused>,
}

/// A permission that was missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The action, such as `eks:CreateAccessEntry` or `kubernetes:patch`.
    pub action: String,
    /// What it was refused on.
    pub resource: String,
}
