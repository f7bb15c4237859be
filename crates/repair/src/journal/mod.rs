//! The journal of a run: what was about to be done and what became of it, so that a run which was broken
//! off can be completed or taken back.
//!
//! One file per run, one JSON object per line, each written through to the disk before the next call is
//! made. It holds facts and calls, which hold no secrets.

mod folder;
mod lock;
mod record;
mod state;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rolecall_facts::Timestamp;
use thiserror::Error;

use crate::Plan;

pub use folder::Folder;
pub use lock::{Busy, Lock};
pub use record::{End, Outcome, Record, WayBack};
pub use state::{CallState, Read};

const VERSION: u32 = 1;

/// Why a journal cannot be written or read.
#[derive(Debug, Error)]
pub enum JournalError {
    /// The file or its folder cannot be used.
    #[error("the journal `{path}` cannot be {what}: {source}")]
    File {
        /// The path.
        path: String,
        /// `made`, `written` or `read`.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// A line is not one of a journal.
    #[error("the journal `{path}` cannot be read at line {line}: {problem}")]
    Line {
        /// The path.
        path: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// It was written by a newer version of Rolecall.
    #[error(
        "the journal `{path}` has format version {found}; this version of rolecall reads up to {VERSION}"
    )]
    Version {
        /// The path.
        path: String,
        /// The version it names.
        found: u32,
    },
    /// Not even its first line was written to the end: nothing was made.
    #[error("the journal `{path}` holds nothing: its run was broken off before anything was made")]
    Empty {
        /// The path.
        path: String,
    },
    /// Another repair of the cluster is under way.
    #[error(transparent)]
    Busy(#[from] Busy),
}

impl JournalError {
    pub(crate) fn file(path: &Path, what: &'static str, source: io::Error) -> Self {
        Self::File {
            path: path.display().to_string(),
            what,
            source,
        }
    }
}

/// A journal that is being written, by the only process that may.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    _lock: Lock,
}

impl Journal {
    /// Begins the journal of a plan.
    ///
    /// # Errors
    /// A file that cannot be made. One of that name is never written over.
    pub fn begin(folder: &Folder, plan: &Plan, lock: Lock) -> Result<Self, JournalError> {
        let path = folder.path_for(plan);
        let file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .open(&path)
            .map_err(|error| JournalError::file(&path, "made", error))?;
        folder.sync()?;
        let mut journal = Self {
            file,
            path,
            _lock: lock,
        };
        let began = Record::Began {
            version: VERSION,
            at: Timestamp::now(),
            pid: std::process::id(),
            plan: Box::new(plan.clone()),
        };
        if let Err(error) = journal.write(&began) {
            // Half a line of a run that never began would only be in the way.
            let _ = fs::remove_file(&journal.path);
            return Err(error);
        }
        Ok(journal)
    }

    /// Takes a journal up again that was read. A line that was not written to its end is cut off.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn resume(read: &Read, lock: Lock) -> Result<Self, JournalError> {
        let broken = |error| JournalError::file(&read.path, "written", error);
        let file = OpenOptions::new()
            .append(true)
            .open(&read.path)
            .map_err(broken)?;
        file.set_len(read.whole_bytes).map_err(broken)?;
        let mut journal = Self {
            file,
            path: read.path.clone(),
            _lock: lock,
        };
        journal.write(&Record::Resumed {
            at: Timestamp::now(),
            pid: std::process::id(),
        })?;
        Ok(journal)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a line and waits until it is on the disk.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&mut self, record: &Record) -> Result<(), JournalError> {
        append(&mut self.file, record)
            .map_err(|error| JournalError::file(&self.path, "written", error))
    }
}

fn append(file: &mut File, record: &Record) -> io::Result<()> {
    let mut line = serde_json::to_vec(record).map_err(io::Error::other)?;
    line.push(b'\n');
    file.write_all(&line)?;
    file.sync_data()
}

/// Notes in the journal of a repair that it was taken back.
///
/// # Errors
/// A file that cannot be written.
pub(crate) fn note_undone(repair: &Read) -> Result<(), JournalError> {
    let broken = |error| JournalError::file(&repair.path, "written", error);
    let mut file = OpenOptions::new()
        .append(true)
        .open(&repair.path)
        .map_err(broken)?;
    file.set_len(repair.whole_bytes).map_err(broken)?;
    let record = Record::Ended {
        at: Timestamp::now(),
        how: End::Undone,
    };
    append(&mut file, &record).map_err(broken)
}
