use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{End, JournalError, Outcome, Record, VERSION, WayBack};
use crate::Plan;

/// A journal as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// Where it is.
    pub path: PathBuf,
    /// What was to be carried out.
    pub plan: Plan,
    /// What became of each call, in the plan's order.
    pub calls: Vec<CallState>,
    /// How it ended; `None` for a run that was broken off.
    pub ended: Option<End>,
    /// How many bytes of the file are whole lines.
    pub(super) whole_bytes: u64,
}

/// How far one call came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallState {
    /// The token, and the way back, once it was about to be made.
    pub intent: Option<(String, WayBack)>,
    /// The last that is known of it.
    pub outcome: Option<Outcome>,
}

impl CallState {
    /// Whether it was made.
    #[must_use]
    pub fn is_made(&self) -> bool {
        matches!(self.outcome, Some(Outcome::Made | Outcome::FoundMade))
    }

    /// Whether nothing more is to be done for it.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.is_made() || self.outcome == Some(Outcome::NothingToDo)
    }

    /// Whether it was about to be made and is not known to have been.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.intent.is_some() && !self.is_settled()
    }
}

/// What every version's first line says.
#[derive(Deserialize)]
struct Header {
    version: u32,
}

impl Read {
    /// Reads a journal. A last line without its end was being written when the process was killed, and
    /// counts as not written.
    ///
    /// # Errors
    /// A file that cannot be read, or that is not a journal.
    pub fn of(path: &Path) -> Result<Self, JournalError> {
        let text =
            fs::read_to_string(path).map_err(|error| JournalError::file(path, "read", error))?;
        let broken = |line: usize, problem: String| JournalError::Line {
            path: path.display().to_string(),
            line,
            problem,
        };
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        if whole == 0 {
            let path = path.display().to_string();
            return Err(JournalError::Empty { path });
        }
        let mut lines = text.get(..whole).unwrap_or_default().lines().enumerate();
        let first = lines.next().map_or("", |(_, line)| line);
        // The version before the rest: of a newer one the rest may be of another shape.
        if let Ok(Header { version }) = serde_json::from_str(first)
            && version > VERSION
        {
            let path = path.display().to_string();
            return Err(JournalError::Version {
                path,
                found: version,
            });
        }
        let first = serde_json::from_str(first).map_err(|error| broken(1, error.to_string()))?;
        let Record::Began { plan, .. } = first else {
            return Err(broken(1, "it does not say what was begun".to_owned()));
        };
        let mut read = Self {
            path: path.to_owned(),
            calls: vec![CallState::default(); plan.calls().count()],
            plan: *plan,
            ended: None,
            whole_bytes: u64::try_from(whole).unwrap_or(u64::MAX),
        };
        for (index, line) in lines {
            let record =
                serde_json::from_str(line).map_err(|error| broken(index + 1, error.to_string()))?;
            read.take(record)
                .ok_or_else(|| broken(index + 1, "the plan has no such call".to_owned()))?;
        }
        Ok(read)
    }

    pub(crate) fn take(&mut self, record: Record) -> Option<()> {
        match record {
            Record::Intent {
                call, token, undo, ..
            } => self.calls.get_mut(call)?.intent = Some((token, undo)),
            Record::Outcome { call, outcome, .. } => {
                self.calls.get_mut(call)?.outcome = Some(outcome);
            }
            Record::Ended { how, .. } => self.ended = Some(how),
            Record::Began { .. } | Record::Resumed { .. } => {}
        }
        Some(())
    }

    /// Whether it was broken off.
    #[must_use]
    pub fn is_unfinished(&self) -> bool {
        self.ended.is_none()
    }

    /// How many calls were made.
    #[must_use]
    pub fn made(&self) -> usize {
        self.calls.iter().filter(|call| call.is_made()).count()
    }
}
