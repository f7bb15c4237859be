//! Which clusters are read, and what they say together.

use rolecall_facts::Snapshot;
use rolecall_live::{Connection, Question, read};

use crate::Failure;

/// A cluster, and how it is reached.
#[derive(Debug, Clone)]
pub struct Target {
    /// The clients of its account and region.
    pub connection: Connection,
    /// Its name.
    pub cluster: String,
}

/// Reads all of them.
pub(super) async fn read_all(targets: &[Target], pool: Option<&str>) -> Result<Snapshot, Failure> {
    let mut snapshot = Snapshot::default();
    for target in targets {
        let question = Question {
            cluster: target.cluster.clone(),
            pool: pool.map(str::to_owned),
            since: None,
        };
        let reading = read(&target.connection, &question).await?;
        // Two clusters of one account may share roles.
        snapshot.merge(reading.snapshot);
    }
    Ok(snapshot)
}
