use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use redb::{Database, ReadOnlyDatabase, ReadableDatabase, ReadableTable, TableDefinition};

/// Facts about the file itself.
pub(super) const ABOUT: TableDefinition<'static, &str, &str> = TableDefinition::new("about");
/// `<part>\0<table>\0<key>` to the row as JSON.
pub(super) const ROWS: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("rows");

/// The layout of this version's files.
pub(super) const FORMAT: &str = "1";

/// A state file that cannot be used. The file is left as it is.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// Another sandbox has it open.
    #[error(
        "the state file `{0}` is in use by another sandbox; stop that one, or name another file"
    )]
    InUse(PathBuf),
    /// A later version wrote it.
    #[error(
        "the state file `{path}` has format {found}, and this version reads {FORMAT}: a newer rolecall \
         wrote it; use that version, or name another file"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: String,
    },
    /// It is no state file, or not whole.
    #[error(
        "the state file `{path}` cannot be read: {problem}; it was left as it is: move it away to begin \
         anew, or name another file"
    )]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// It cannot be written.
    #[error("the state file `{path}` cannot be written: {problem}")]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        problem: String,
    },
}

/// A row of a state file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SavedRow {
    /// `aws`, or a cluster.
    pub part: String,
    /// The table.
    pub table: String,
    /// The key in it.
    pub key: String,
    /// The row as JSON.
    pub value: Vec<u8>,
}

/// An open state file and what was in it.
pub(crate) struct Opened {
    pub(super) database: Database,
    pub(super) path: PathBuf,
    /// What the sandbox wrote down of itself: account, region, keys.
    pub about: BTreeMap<String, String>,
    /// All rows.
    pub rows: Vec<SavedRow>,
}

/// Opens a state file, or makes one where there is none.
///
/// # Errors
/// When it is in use, from a newer version, no state file, or damaged; it is not touched then.
pub(crate) fn open(path: &Path) -> Result<Opened, StateError> {
    if std::fs::metadata(path).is_ok_and(|file| file.len() > 0) {
        look(path)?;
    } else {
        create(path)?;
    }
    let database = Database::open(path).map_err(|error| database_error(path, error))?;
    let (about, rows) = contents(path, &database)?;
    Ok(Opened {
        database,
        path: path.to_owned(),
        about,
        rows,
    })
}

/// Reads a file without touching it. One that was not closed needs repair, which writes: a copy is
/// repaired first, to see whether it can be.
fn look(path: &Path) -> Result<(), StateError> {
    match ReadOnlyDatabase::open(path) {
        Ok(database) => contents(path, &database).map(drop),
        Err(redb::DatabaseError::RepairAborted) => {
            let folder = tempfile::tempdir().map_err(|error| broken(path, &error))?;
            let copy = folder.path().join("copy");
            std::fs::copy(path, &copy).map_err(|error| broken(path, &error))?;
            let database = Database::open(&copy).map_err(|error| database_error(path, error))?;
            contents(path, &database).map(drop)
        }
        Err(error) => Err(database_error(path, error)),
    }
}

fn create(path: &Path) -> Result<(), StateError> {
    let unwritable = |error: &dyn std::fmt::Display| StateError::Unwritable {
        path: path.to_owned(),
        problem: error.to_string(),
    };
    let database = Database::create(path).map_err(|error| match error {
        redb::DatabaseError::DatabaseAlreadyOpen => StateError::InUse(path.to_owned()),
        error => unwritable(&error),
    })?;
    let begin = || -> Result<(), redb::Error> {
        let transaction = database.begin_write()?;
        transaction.open_table(ABOUT)?.insert("format", FORMAT)?;
        transaction.open_table(ROWS)?;
        transaction.commit()?;
        Ok(())
    };
    begin().map_err(|error| unwritable(&error))
}

type Contents = (BTreeMap<String, String>, Vec<SavedRow>);

fn contents(path: &Path, database: &impl ReadableDatabase) -> Result<Contents, StateError> {
    let read = || -> Result<Contents, redb::Error> {
        let transaction = database.begin_read()?;
        let mut about = BTreeMap::new();
        for entry in transaction.open_table(ABOUT)?.iter()? {
            let (key, value) = entry?;
            about.insert(key.value().to_owned(), value.value().to_owned());
        }
        let mut rows = Vec::new();
        if about.get("format").is_some_and(|format| format == FORMAT) {
            for entry in transaction.open_table(ROWS)?.iter()? {
                let (key, value) = entry?;
                let mut names = key.value().splitn(3, '\0');
                let mut name = || names.next().unwrap_or_default().to_owned();
                rows.push(SavedRow {
                    part: name(),
                    table: name(),
                    key: name(),
                    value: value.value().to_owned(),
                });
            }
        }
        Ok((about, rows))
    };
    let (about, rows) = read().map_err(|error| broken(path, &error))?;
    match about.get("format").map(String::as_str) {
        Some(FORMAT) => Ok((about, rows)),
        Some(found) => Err(StateError::Newer {
            path: path.to_owned(),
            found: found.to_owned(),
        }),
        None => Err(broken(path, &"it is a redb file, but not a sandbox's")),
    }
}

fn database_error(path: &Path, error: redb::DatabaseError) -> StateError {
    match error {
        redb::DatabaseError::DatabaseAlreadyOpen => StateError::InUse(path.to_owned()),
        error => broken(path, &error),
    }
}

fn broken(path: &Path, problem: &dyn std::fmt::Display) -> StateError {
    StateError::Broken {
        path: path.to_owned(),
        problem: problem.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Row, Writer};
    use super::*;

    fn row(key: &str, value: Option<&str>) -> Row {
        Row {
            part: "aws".to_owned(),
            table: "t".to_owned(),
            key: key.to_owned(),
            value: value.map(|value| value.as_bytes().to_vec()),
        }
    }

    #[test]
    fn what_was_acknowledged_is_there_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let writer = Writer::start(open(&path).unwrap());
        writer.about("account", "111122223333");
        writer.push(row("a", Some("1")));
        writer.push(row("b", Some("2")));
        writer.push(row("a", None));
        writer.wait(writer.latest()).unwrap();
        drop(writer);
        let opened = open(&path).unwrap();
        assert_eq!(opened.about["account"], "111122223333");
        let keys: Vec<&str> = opened.rows.iter().map(|row| row.key.as_str()).collect();
        assert_eq!(keys, ["b"]);
    }

    #[test]
    fn a_file_of_a_newer_version_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let opened = open(&path).unwrap();
        let transaction = opened.database.begin_write().unwrap();
        transaction
            .open_table(ABOUT)
            .unwrap()
            .insert("format", "2")
            .unwrap();
        transaction.commit().unwrap();
        drop(opened);
        let before = std::fs::read(&path).unwrap();
        assert!(matches!(open(&path), Err(StateError::Newer { .. })));
        assert!(std::fs::read(&path).unwrap() == before);
    }

    #[test]
    fn a_half_written_or_foreign_file_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let writer = Writer::start(open(&path).unwrap());
        for number in 0..1000 {
            writer.push(row(&number.to_string(), Some("\"some value\"")));
        }
        writer.wait(writer.latest()).unwrap();
        drop(writer);
        let whole = std::fs::read(&path).unwrap();
        let half = whole[..whole.len() / 2].to_vec();
        for content in [half, b"kind: NodePool\n".to_vec(), vec![0; 4096]] {
            std::fs::write(&path, &content).unwrap();
            let error = open(&path).map(drop).unwrap_err();
            assert!(matches!(error, StateError::Broken { .. }), "{error}");
            assert!(std::fs::read(&path).unwrap() == content);
        }
    }

    #[test]
    fn two_sandboxes_cannot_share_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let _one = open(&path).unwrap();
        assert!(matches!(open(&path), Err(StateError::InUse(_))));
    }
}
