//! Plans of changes that mend what was found, and carrying them out.
//!
//! This crate turns findings into a plan, proves on a copy of the facts that the plan mends, carries it
//! out one call at a time, and keeps a journal by which it can be completed or taken back.
//!
//! ```text
//! Snapshot ─► trace ─► findings with changes ─► Plan ─► trace on the changed snapshot: does it mend?
//!                                                │
//!                      Journal ◄── intent, outcome ── carry out (live) ─► read back
//! ```
//!
//! A plan that would not mend is never offered. A change that was not shown is never made.

mod journal;
mod live_world;
mod needs;
mod plan;
mod planner;
mod run;
mod selection;
mod text;
mod undo;
mod unread;
mod world;

pub use journal::{
    Busy, CallState, End, Folder, Journal, JournalError, Lock, Outcome, Read, Record, WayBack,
};
pub use live_world::{Add, LiveWorld};
pub use needs::{Needs, needs_of_rest};
pub use plan::{
    About, Alternative, Cost, Difference, Differs, FactState, Left, LinkOfPlan, Mended, Plan,
    PlanError, PlannedCall, PoolOfPlan, Presence, Step, TAG, Undoes, WhyLeft,
};
pub use planner::plan;
pub use run::{Done, Event, Patience, Seen, Stopped, carry_out, is_made, stale};
pub use selection::Selection;
pub use text::chain_lines;
pub use undo::{NoUndo, finish_undo, undo};
pub use world::{Pause, Refused, World, WorldError};
