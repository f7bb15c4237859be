use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};

/// Takes log files.
pub trait LogWriter: Send + Sync {
    /// Writes a whole file or none. `path` begins with `AWSLogs/` and has forward slashes.
    ///
    /// # Errors
    /// When the file cannot be written; it is tried again with the next delivery.
    fn write(&self, path: &str, body: &[u8]) -> io::Result<()>;
}

/// A folder of the host.
#[derive(Debug, Clone)]
pub struct LogFolder(PathBuf);

impl LogFolder {
    /// Files go under `folder`, which is made when it is not there.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }
}

impl LogWriter for LogFolder {
    /// Readers see a file when it is complete: it gets its name last.
    fn write(&self, path: &str, body: &[u8]) -> io::Result<()> {
        let relative = Path::new(path);
        // Accounts and regions are in the path, and regions come from clients' signatures.
        if relative
            .components()
            .any(|part| !matches!(part, Component::Normal(_)))
        {
            return Err(io::Error::other(format!("`{path}` leaves the folder")));
        }
        let target = self.0.join(relative);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        let unfinished = target.with_extension("part");
        let mut file = File::create(&unfinished)?;
        file.write_all(body)?;
        file.sync_all()?;
        fs::rename(&unfinished, &target)
    }
}
