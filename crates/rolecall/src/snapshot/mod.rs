//! `rolecall snapshot`: a cluster's facts as JSON, to save or to send.

use std::io::Write;

use rolecall_facts::Snapshot;
use rolecall_live::{Question, read};

use crate::args::SnapshotArgs;
use crate::connect::{self, ConnectionConfig};
use crate::environment::Environment;
use crate::sandbox::runtime;
use crate::{Exit, Failure, input, output};

/// Runs the command.
///
/// # Errors
/// A cluster or a file that cannot be read at all. What cannot be read of a cluster is unknown in the
/// snapshot, and is told.
pub(crate) fn run(args: SnapshotArgs, environment: &Environment) -> Result<Exit, Failure> {
    let snapshot = match &args.from {
        Some(file) => input::saved(file)?,
        None => {
            let connection = ConnectionConfig::resolve(args.connection, environment);
            let named: Vec<String> = args.cluster.into_iter().collect();
            runtime()?.block_on(of_cluster(&connection, &named))?
        }
    };
    let mut json = match args.redact {
        true => snapshot.redacted().and_then(|redacted| redacted.to_json()),
        false => snapshot.to_json(),
    }
    .map_err(|error| Failure::new(error.to_string()))?;
    json.push('\n');
    output::write(args.output.as_deref(), json.as_bytes())?;
    if args.from.is_none() {
        tell_unread(&snapshot);
    }
    Ok(Exit::Success)
}

async fn of_cluster(connection: &ConnectionConfig, named: &[String]) -> Result<Snapshot, Failure> {
    let mut snapshot = Snapshot::default();
    for target in connect::targets(connection, named).await? {
        let question = Question {
            cluster: target.cluster,
            ..Question::default()
        };
        let reading = read(&target.connection, &question).await?;
        snapshot.merge(reading.snapshot);
    }
    Ok(snapshot)
}

/// Says on standard error what is unknown in the snapshot; nobody may be listening.
fn tell_unread(snapshot: &Snapshot) {
    for unread in &snapshot.unread {
        let mut line = format!("note: {}", unread.why);
        if let Some(help) = &unread.help {
            line += &format!("; {help}");
        }
        let _ = writeln!(anstream::stderr(), "{line}");
    }
}
