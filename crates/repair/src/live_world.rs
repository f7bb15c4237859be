use std::time::Duration;

use rolecall_facts::{Change, Snapshot};
use rolecall_live::{CarryError, Connection, LiveError, Question};

use crate::plan::Plan;
use crate::world::{Pause, Refused, World, WorldError};

/// What a caller adds to the facts that were read, such as service control policies of a file.
pub type Add = Box<dyn Fn(&mut Snapshot) -> Result<(), WorldError> + Send + Sync>;

/// A cluster and its account, reached through their APIs.
pub struct LiveWorld {
    connection: Connection,
    question: Question,
    add: Add,
}

impl LiveWorld {
    /// The cluster of this name.
    #[must_use]
    pub fn new(connection: Connection, cluster: &str, pool: Option<&str>, add: Add) -> Self {
        Self {
            connection,
            question: Question {
                cluster: cluster.to_owned(),
                pool: pool.map(str::to_owned),
                ..Question::default()
            },
            add,
        }
    }
}

impl World for LiveWorld {
    async fn read(&mut self) -> Result<Snapshot, WorldError> {
        let reading = rolecall_live::read(&self.connection, &self.question).await?;
        let mut snapshot = reading.snapshot;
        (self.add)(&mut snapshot)?;
        Ok(snapshot)
    }

    async fn carry_out(
        &mut self,
        change: &Change,
        token: &str,
        waits: &mut (dyn FnMut(Pause) + Send),
    ) -> Result<(), WorldError> {
        let mut told = |wait: rolecall_live::Wait| {
            waits(Pause {
                what: wait.what,
                why: wait.why,
                how_long: wait.how_long,
            });
        };
        let cluster = &self.question.cluster;
        rolecall_live::carry_out(&self.connection, cluster, change, token, &mut told)
            .await
            .map_err(WorldError::from)
    }

    fn is_about(&mut self, plan: &Plan) {
        for name in plan.role_names() {
            if !self.question.roles.contains(&name) {
                self.question.roles.push(name);
            }
        }
    }

    async fn pause(&mut self, how_long: Duration) {
        tokio::time::sleep(how_long).await;
    }
}

impl From<LiveError> for WorldError {
    fn from(error: LiveError) -> Self {
        Self {
            help: Some(error.help()),
            problem: error.to_string(),
            refused: match error {
                LiveError::NotPermitted { action, resource } => Some(Refused { action, resource }),
                _ => None,
            },
        }
    }
}

impl From<CarryError> for WorldError {
    fn from(error: CarryError) -> Self {
        if let CarryError::Live(error) = error {
            return error.into();
        }
        let (help, problem) = (Some(error.help()), error.to_string());
        let is_denied = error.is_denied_explicitly();
        let refused = match error {
            CarryError::NotPermitted {
                action, resource, ..
            } if !is_denied => Some(Refused { action, resource }),
            _ => None,
        };
        Self {
            problem,
            help,
            refused,
        }
    }
}
