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
