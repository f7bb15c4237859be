//! Which clusters are read, and what they say together.

use rolecall_facts::{Origin, Snapshot};
use rolecall_live::{LiveError, Question, read};
use rolecall_report::{Diagnostic, DiagnosticLevel};
use tokio::task::JoinSet;

use crate::Failure;
use crate::connect::Target;

/// What was learnt of all clusters.
#[derive(Debug, Default)]
pub(crate) struct ReadClusters {
    pub(crate) snapshot: Snapshot,
    /// Those that could not be read at all.
    pub(crate) failed: Vec<Diagnostic>,
}

/// Reads all of them at once.
///
/// # Errors
/// The first's where none can be read.
pub(crate) async fn read_all(
    targets: &[Target],
    pool: Option<&str>,
) -> Result<ReadClusters, Failure> {
    let mut reading = JoinSet::new();
    for (nth, target) in targets.iter().cloned().enumerate() {
        let question = Question {
            cluster: target.cluster.clone(),
            pool: pool.map(str::to_owned),
            ..Question::default()
        };
        reading.spawn(async move {
            let reading = read(&target.connection, &question).await;
            (nth, target.cluster, reading)
        });
    }
    let mut done = Vec::new();
    while let Some(one) = reading.join_next().await {
        // A reading ends without an answer only if it panicked, which none does.
        done.extend(one.ok());
    }
    done.sort_by_key(|(nth, ..)| *nth);
    let mut all = ReadClusters::default();
    let mut first_error = None;
    for (_, cluster, reading) in done {
        match reading {
            // Two clusters of one account may share roles.
            Ok(reading) => all.snapshot.merge(reading.snapshot),
            Err(error) => {
                all.failed.push(not_read(&cluster, &error));
                first_error.get_or_insert(error);
            }
        }
    }
    match first_error {
        Some(error) if all.failed.len() == targets.len() => Err(error.into()),
        _ => Ok(all),
    }
}

fn not_read(cluster: &str, error: &LiveError) -> Diagnostic {
    Diagnostic {
        level: DiagnosticLevel::Error,
        message: error.to_string(),
        origin: Origin::api("eks:DescribeCluster", cluster),
        help: Some(error.help()),
    }
}
