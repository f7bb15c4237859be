use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rolecall_facts::Timestamp;

use super::{JournalError, Lock, Read};
use crate::Plan;

/// Where the journals are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder(PathBuf);

impl Folder {
    /// A folder, made where it is not there. Others than its owner may not look into it.
    ///
    /// # Errors
    /// One that cannot be made.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, JournalError> {
        let path = path.into();
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(&path)
            .map_err(|error| JournalError::file(&path, "made", error))?;
        Ok(Self(path))
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The only right to change a cluster: its name, with account and region where they are known.
    ///
    /// # Errors
    /// When another process has it; the error says which.
    pub fn lock(&self, place: &[&str], plan: &str) -> Result<Lock, JournalError> {
        let name = place.iter().map(|part| plain(part)).collect::<Vec<_>>();
        Lock::take(&self.0.join(format!("{}.lock", name.join("-"))), plan)
    }

    pub(super) fn path_for(&self, plan: &Plan) -> PathBuf {
        // When the run begins, not when its plan was made: the last one is the one to take back.
        let time = Timestamp::now().strftime("%Y%m%dT%H%M%SZ");
        let undo = if plan.undoes.is_some() { "-undo" } else { "" };
        let name = format!("{time}-{}-{}{undo}.jsonl", plain(&plan.cluster), plan.id);
        self.0.join(name)
    }

    pub(super) fn sync(&self) -> Result<(), JournalError> {
        // A new file is on the disk when its folder is. Where a folder cannot be opened as a file
        // (Windows), the system writes it by itself.
        let synced = File::open(&self.0).and_then(|folder| folder.sync_all());
        if cfg!(unix) {
            synced.map_err(|error| JournalError::file(&self.0, "made", error))?;
        }
        Ok(())
    }

    /// The journals of clusters of this name, the latest first. One that cannot be read is left out: it
    /// says nothing of the others ([`Folder::unreadable`]).
    #[must_use]
    pub fn journals(&self, cluster: &str) -> Vec<Read> {
        let read = self
            .files()
            .into_iter()
            .filter_map(|path| Read::of(&path).ok());
        read.filter(|read| read.plan.cluster == cluster).collect()
    }

    /// Why journals of clusters of this name cannot be read. One that holds no whole line is none: what
    /// was broken off then had made nothing.
    #[must_use]
    pub fn unreadable(&self, cluster: &str) -> Vec<JournalError> {
        let of_cluster = format!("-{}-", plain(cluster));
        let files = self.files().into_iter().filter(|path| {
            let name = path.file_name().unwrap_or_default();
            name.to_string_lossy().contains(&of_cluster)
        });
        let errors = files.filter_map(|path| Read::of(&path).err());
        errors
            .filter(|error| !matches!(error, JournalError::Empty { .. }))
            .collect()
    }

    /// The files of journals, the latest first.
    fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.0).into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> = entries
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|known| known == "jsonl"))
            .collect();
        paths.sort();
        paths.reverse();
        paths
    }
}

/// A text as part of a file's name.
fn plain(text: &str) -> String {
    text.chars()
        .map(|letter| match letter {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' | '.' => letter,
            _ => '_',
        })
        .collect()
}
