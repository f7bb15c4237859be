use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use thiserror::Error;

use super::JournalError;

/// The right to change a cluster from this machine; given back when it is dropped, also by a process
/// that is killed.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Another repair of the same cluster is under way.
#[derive(Debug, Error)]
#[error("another repair of this cluster is under way: {by}")]
pub struct Busy {
    /// The process and its plan.
    pub by: String,
}

impl Lock {
    pub(super) fn take(path: &Path, plan: &str) -> Result<Self, JournalError> {
        let broken = |error| JournalError::file(path, "locked", error);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(broken)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut by = String::new();
                let _ = file.read_to_string(&mut by);
                if by.is_empty() {
                    "a process that has not said who it is".clone_into(&mut by);
                }
                return Err(Busy { by }.into());
            }
            Err(TryLockError::Error(error)) => return Err(broken(error)),
        }
        let say = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            write!(file, "process {}, plan {plan}", std::process::id())?;
            file.flush()
        };
        say(&mut file).map_err(broken)?;
        Ok(Self { _file: file })
    }
}
