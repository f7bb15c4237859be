//! Which clusters are read, and what they say together.

use rolecall_facts::{Origin, Snapshot};
use rolecall_live::{LiveError, Note, Question, Reading, read};
use rolecall_report::{Diagnostic, DiagnosticLevel, Permissions};
use tokio::task::JoinSet;

use super::permissions;
use crate::Failure;
use crate::connect::Target;

/// What was learnt of all clusters.
#[derive(Debug, Default)]
pub(crate) struct ReadClusters {
    pub(crate) snapshot: Snapshot,
    /// Clusters that could not be read at all, and what was seen besides the facts.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// What was not permitted.
    pub(crate) permissions: Permissions,
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
        reading.spawn(async move { (nth, read(&target.connection, &question).await) });
    }
    let mut done = Vec::new();
    while let Some(one) = reading.join_next().await {
        // A reading ends without an answer only if it panicked, which none does.
        done.extend(one.ok());
    }
    done.sort_by_key(|(nth, _)| *nth);
    let read = done
        .into_iter()
        .filter_map(|(nth, reading)| Some((targets.get(nth)?, reading)));
    together(read.collect())
}

fn together(read: Vec<(&Target, Result<Reading, LiveError>)>) -> Result<ReadClusters, Failure> {
    let mut all = ReadClusters {
        permissions: permissions::of(&read),
        ..ReadClusters::default()
    };
    let mut any_was_read = false;
    let mut first_failure = None;
    for (target, reading) in read {
        match reading {
            // Two clusters of one account may share roles.
            Ok(reading) => {
                any_was_read = true;
                let notes = reading.notes.into_iter();
                all.diagnostics
                    .extend(notes.map(|note| seen(&target.cluster, note)));
                all.snapshot.merge(reading.snapshot);
            }
            Err(error) => {
                all.diagnostics.push(not_read(target, &error));
                first_failure.get_or_insert_with(|| failure(target, error));
            }
        }
    }
    match first_failure {
        Some(failure) if !any_was_read => Err(failure),
        _ => Ok(all),
    }
}

/// Something that was seen besides the facts.
pub(crate) fn seen(cluster: &str, note: Note) -> Diagnostic {
    Diagnostic {
        level: DiagnosticLevel::Note,
        message: note.message,
        origin: Origin::api("eks:DescribeCluster", cluster),
        help: Some(note.help),
    }
}

fn not_read(target: &Target, error: &LiveError) -> Diagnostic {
    Diagnostic {
        level: DiagnosticLevel::Error,
        message: error.to_string(),
        origin: Origin::api("eks:DescribeCluster", &target.cluster),
        help: Some(target.connection.help(error)),
    }
}

/// Where not even the cluster may be read, there is no report that could hold the policy.
fn failure(target: &Target, error: LiveError) -> Failure {
    if !matches!(error, LiveError::NotPermitted { .. }) {
        let help = target.connection.help(&error);
        return Failure::new(error.to_string()).with_help(help);
    }
    let policy = permissions::policy_of_unread(target, &error);
    Failure::new(error.to_string()).with_help(format!(
        "with this IAM policy, this identity can read all of it:\n{policy}"
    ))
}
