//! Which clusters are read, and what they say together.

use rolecall_facts::Snapshot;
use rolecall_live::{Connection, Question, clusters, read};

use crate::Failure;
use crate::config::DiagnoseConfig;

/// Reads the named cluster, or all of them.
pub(super) async fn read_all(
    config: &DiagnoseConfig,
    connection: &Connection,
) -> Result<Snapshot, Failure> {
    let names = match &config.input.cluster {
        Some(name) => vec![name.clone()],
        None => clusters(connection).await?,
    };
    let mut snapshot = Snapshot::default();
    for cluster in names {
        let question = Question {
            cluster,
            pool: config.pool.clone(),
            since: None,
        };
        // Two clusters of one account may share roles.
        snapshot.merge(read(connection, &question).await?.snapshot);
    }
    Ok(snapshot)
}
