//! A whole world as JSON, to save and to put in place of another.

use rolecall_sandbox_aws::State;
use serde::{Deserialize, Serialize};

use super::World;
use super::kept::{AWS, OBJECTS, part_of};
use crate::state::{Row, SavedRow};

/// A whole world as JSON.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Saved {
    /// 1
    pub format: u32,
    /// Every row of every table.
    pub rows: Vec<SavedJson>,
}

/// A row of a saved world.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SavedJson {
    /// `aws`, or a cluster.
    pub part: String,
    /// The table.
    pub table: String,
    /// The key in it.
    pub key: String,
    /// The row.
    pub value: serde_json::Value,
}

impl World {
    /// Everything, for [`replace`](Self::replace).
    #[must_use]
    pub fn save(&self) -> Saved {
        let row = |part: &str, table: &str, key: String, value: Option<Vec<u8>>| SavedJson {
            part: part.to_owned(),
            table: table.to_owned(),
            key,
            value: value
                .and_then(|bytes| serde_json::from_slice(&bytes).ok())
                .unwrap_or_default(),
        };
        let of_aws = self.0.aws.write(State::dump);
        let mut rows: Vec<SavedJson> = of_aws
            .into_iter()
            .map(|change| row(AWS, change.table, change.key, change.value))
            .collect();
        for cluster in self.clusters() {
            let part = part_of(&cluster.key);
            let objects = cluster.server.dump().into_iter();
            rows.extend(objects.map(|change| row(&part, OBJECTS, change.key, change.value)));
        }
        Saved { format: 1, rows }
    }

    /// Puts a saved world in place of this one.
    ///
    /// # Errors
    /// When a row cannot be read; the world is empty then.
    pub fn replace(&self, saved: &Saved) -> Result<(), String> {
        if saved.format != 1 {
            return Err(format!(
                "the saved state has format {}, and this version reads 1",
                saved.format
            ));
        }
        self.end_clusters();
        self.0.aws.reset();
        let rows: Vec<SavedRow> = saved
            .rows
            .iter()
            .map(|row| SavedRow {
                part: row.part.clone(),
                table: row.table.clone(),
                key: row.key.clone(),
                value: row.value.to_string().into_bytes(),
            })
            .collect();
        let (of_aws, of_clusters): (Vec<_>, Vec<_>) =
            rows.into_iter().partition(|row| row.part == AWS);
        let restored = self.0.aws.write(|state| {
            state.clear();
            of_aws
                .iter()
                .try_for_each(|row| state.restore(&row.table, &row.key, &row.value))
        });
        if let Err(error) = restored {
            self.0.aws.reset();
            return Err(error.to_string());
        }
        // An API server that is restored takes its objects for written down already.
        if let Some(writer) = &self.0.writer {
            for row in &of_clusters {
                writer.push(Row {
                    part: row.part.clone(),
                    table: row.table.clone(),
                    key: row.key.clone(),
                    value: Some(row.value.clone()),
                });
            }
        }
        *self.0.saved.lock() = of_clusters;
        self.sync().map_err(|error| error.to_string())
    }
}
