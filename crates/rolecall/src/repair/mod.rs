//! `rolecall repair`.
//!
//! ```text
//! connect::targets ─► LiveWorld ─► plan ─► shown ─► agreed? ─► carried out, with a journal ─► read back
//!                                    │                │
//!                                 --plan FILE     --apply FILE, --resume, --undo
//! ```
//!
//! All that is decided is decided in [`rolecall_repair`]; here is what is asked and printed.

mod agree;
mod carry;
mod config;
mod earlier;
mod permissions;
mod place;
mod screen;
mod task;
mod unread;

use rolecall_repair::{LiveWorld, World, WorldError};

use crate::connect;
use crate::sandbox::runtime;
use crate::{Exit, Failure, input};

pub use config::{RepairConfig, Task};

/// Runs the command.
///
/// # Errors
/// What keeps it from running, or from going on once it began; the journal then tells what was made.
pub(crate) fn run(config: &RepairConfig) -> Result<Exit, Failure> {
    let source = task::source(config)?;
    runtime()?.block_on(async {
        let named = config.cluster.clone().or_else(|| source.cluster());
        let named: Vec<String> = named.into_iter().collect();
        let mut targets = connect::targets(&config.connection, &named).await?;
        let Some(target) = targets.pop() else {
            return Err(Failure::new("no cluster is named"));
        };
        let settings = config.input.clone();
        let reach = config.connection.reach;
        let add = move |snapshot: &mut rolecall_facts::Snapshot| {
            snapshot.unread.extend(unread::not_asked(reach));
            input::add_settings(snapshot, &settings).map_err(|failure| WorldError {
                problem: failure.to_string(),
                help: None,
                refused: None,
            })
        };
        let pool = config.selection.pool.as_deref();
        let mut world = LiveWorld::new(target.connection, &target.cluster, pool, Box::new(add));
        on(config, &mut world, &target.cluster, source).await
    })
}

/// Does what was asked on a world.
///
/// # Errors
/// As [`run`].
async fn on<W: World>(
    config: &RepairConfig,
    world: &mut W,
    cluster: &str,
    source: task::Source,
) -> Result<Exit, Failure> {
    let mut session = task::Session {
        config,
        world,
        cluster,
        screen: screen::Screen::new(config),
    };
    match source {
        task::Source::Findings => session.repair().await,
        task::Source::Plan(plan) => session.apply(*plan).await,
        task::Source::Unfinished => session.resume().await,
        task::Source::Journal(journal) => session.undo(journal.map(|read| *read)).await,
    }
}

/// Plans, asks and repairs a world that is not reached as the configuration says.
///
/// # Errors
/// As the command.
pub async fn repair<W: World>(
    config: &RepairConfig,
    world: &mut W,
    cluster: &str,
) -> Result<Exit, Failure> {
    on(config, world, cluster, task::source(config)?).await
}

impl From<WorldError> for Failure {
    fn from(error: WorldError) -> Self {
        let failure = Self::new(error.problem);
        match error.help {
            Some(help) => failure.with_help(help),
            None => failure,
        }
    }
}

impl From<rolecall_repair::JournalError> for Failure {
    fn from(error: rolecall_repair::JournalError) -> Self {
        let failure = Self::new(error.to_string());
        match error {
            rolecall_repair::JournalError::Busy(_) => {
                failure.with_help("wait until it is over; what it mends needs no mending then")
            }
            rolecall_repair::JournalError::Line { .. } => failure.with_help(
                "`--undo JOURNAL` takes a file of --journal's folder; where it is one, what it made \
                 has the tag rolecall:repair, and the lines before that one say what",
            ),
            rolecall_repair::JournalError::Version { .. } => {
                failure.with_help("use the version of rolecall that wrote it, or a newer one")
            }
            rolecall_repair::JournalError::Empty { .. } => {
                failure.with_help("there is nothing to take back; the file can be removed")
            }
            rolecall_repair::JournalError::File { what: "read", .. } => failure.with_help(
                "--undo takes a journal's file after it; the cluster is named before it: \
                 rolecall repair CLUSTER --undo",
            ),
            rolecall_repair::JournalError::File { .. } => failure.with_help(
                "without a journal nothing is changed; --journal DIR names another folder",
            ),
        }
    }
}
