use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use redb::Database;

use super::file::{ABOUT, Opened, ROWS, StateError};

/// A row to be written, or removed when it has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) part: String,
    pub(crate) table: String,
    pub(crate) key: String,
    pub(crate) value: Option<Vec<u8>>,
}

enum Work {
    Row(Row),
    About(String, String),
}

/// Writes rows in the background; cloning it is cheap, and the last clone waits for the thread.
#[derive(Clone)]
pub(crate) struct Writer(Arc<Inner>);

struct Inner {
    /// The queue, and the number of what was last put into it: under one lock, so that numbers and
    /// order agree.
    queue: Mutex<(Option<Sender<Work>>, u64)>,
    done: Arc<(Mutex<Done>, Condvar)>,
    path: PathBuf,
    thread: std::sync::Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct Done {
    number: u64,
    problem: Option<String>,
}

/// The most rows of one transaction, so that who waits is not kept waiting by a flood.
const BATCH: usize = 20_000;

impl Writer {
    pub(crate) fn start(opened: Opened) -> Self {
        let (sender, receiver) = channel();
        let done: Arc<(Mutex<Done>, Condvar)> = Arc::default();
        let theirs = Arc::clone(&done);
        let Opened { database, path, .. } = opened;
        let thread = std::thread::Builder::new()
            .name("sandbox-state".to_owned())
            .spawn(move || write_all(&database, &receiver, &theirs));
        if let Err(error) = &thread {
            done.0.lock().problem = Some(error.to_string());
        }
        Self(Arc::new(Inner {
            queue: Mutex::new((Some(sender), 0)),
            done,
            path,
            thread: std::sync::Mutex::new(thread.ok()),
        }))
    }

    pub(crate) fn push(&self, row: Row) {
        self.send(Work::Row(row));
    }

    /// Writes down something about the sandbox itself.
    pub(crate) fn about(&self, name: &str, value: &str) {
        self.send(Work::About(name.to_owned(), value.to_owned()));
    }

    fn send(&self, work: Work) {
        let mut queue = self.0.queue.lock();
        queue.1 += 1;
        if let Some(sender) = &queue.0 {
            // The thread is gone only after a failed write, which every wait tells.
            let _ = sender.send(work);
        }
    }

    /// The number of the latest change, for [`wait`](Self::wait).
    pub(crate) fn latest(&self) -> u64 {
        self.0.queue.lock().1
    }

    /// Waits until everything up to a number is on disk.
    pub(crate) fn wait(&self, number: u64) -> Result<(), StateError> {
        let (done, changed) = &*self.0.done;
        let mut done = done.lock();
        while done.number < number && done.problem.is_none() {
            changed.wait(&mut done);
        }
        match &done.problem {
            None => Ok(()),
            Some(problem) => Err(StateError::Unwritable {
                path: self.0.path.clone(),
                problem: problem.clone(),
            }),
        }
    }

    /// Whether everything up to a number is on disk already.
    pub(crate) fn has_written(&self, number: u64) -> bool {
        self.0.done.0.lock().number >= number
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.queue.lock().0 = None;
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = thread.take() {
            let _ = thread.join();
        }
    }
}

fn write_all(database: &Database, work: &Receiver<Work>, done: &(Mutex<Done>, Condvar)) {
    loop {
        let first = match work.recv_timeout(Duration::from_secs(3600)) {
            Ok(first) => first,
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        let mut batch = vec![first];
        batch.extend(work.try_iter().take(BATCH));
        let result = write(database, &batch);
        let mut state = done.0.lock();
        match result {
            Ok(()) => state.number += u64::try_from(batch.len()).unwrap_or(0),
            Err(error) => state.problem = Some(error.to_string()),
        }
        let stop = state.problem.is_some();
        done.1.notify_all();
        drop(state);
        if stop {
            return;
        }
    }
}

fn write(database: &Database, batch: &[Work]) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    {
        let mut rows = transaction.open_table(ROWS)?;
        let mut about = transaction.open_table(ABOUT)?;
        for work in batch {
            match work {
                Work::Row(row) => {
                    let key = format!("{}\0{}\0{}", row.part, row.table, row.key);
                    match &row.value {
                        Some(value) => rows.insert(key.as_str(), value.as_slice())?,
                        None => rows.remove(key.as_str())?,
                    };
                }
                Work::About(name, value) => {
                    about.insert(name.as_str(), value.as_str())?;
                }
            }
        }
    }
    transaction.commit()?;
    Ok(())
}
