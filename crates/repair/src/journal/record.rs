use rolecall_facts::{Change, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Plan;

/// One line of a journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "record", deny_unknown_fields)]
pub enum Record {
    /// The run began; always the first line.
    Began {
        /// The version of this format.
        version: u32,
        /// When.
        at: Timestamp,
        /// The process.
        pid: u32,
        /// What is carried out.
        plan: Box<Plan>,
    },
    /// A later process took the run up again.
    Resumed {
        /// When.
        at: Timestamp,
        /// The process.
        pid: u32,
    },
    /// A call is about to be made.
    Intent {
        /// Which, counted over all steps from 0.
        call: usize,
        /// When.
        at: Timestamp,
        /// The token that makes the call the same call when it is made again.
        token: String,
        /// What leads back to the facts as they are now.
        undo: WayBack,
    },
    /// What became of a call.
    Outcome {
        /// Which.
        call: usize,
        /// When.
        at: Timestamp,
        /// What became of it.
        outcome: Outcome,
    },
    /// The run is over; what comes after it is about its undoing.
    Ended {
        /// When.
        at: Timestamp,
        /// How.
        how: End,
    },
}

/// How a call is taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WayBack {
    /// By these, in order.
    By(Vec<Change>),
    /// Not at all, and why.
    None(String),
}

/// What became of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "became")]
pub enum Outcome {
    /// It was made.
    Made,
    /// A run that was broken off had made it; it was found so.
    FoundMade,
    /// What it was to make was there already, made by somebody else.
    NothingToDo,
    /// It was refused, or its answer did not come.
    Failed {
        /// What was said.
        problem: String,
    },
}

/// How a run came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// All calls were made, and what they were made for is so.
    Done,
    /// All calls were made; what they were made for was not seen in the time there was.
    NotSeen,
    /// It was taken back.
    Undone,
}
