//! A world of facts that can be killed at any call, and that shows changes late.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rolecall_facts::{Change, Snapshot};
use rolecall_repair::{Pause, World, WorldError};

/// When the process is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kill {
    /// Before the call of this number, counted from 0, takes effect.
    Before(usize),
    /// After it took effect and before its answer is there.
    After(usize),
}

/// What outlives the process.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub(crate) facts: Snapshot,
    /// Every change that took effect.
    pub(crate) made: Vec<Change>,
    /// Older states that are still shown, one per reading.
    stale: VecDeque<Snapshot>,
    /// The pauses that were made.
    pub(crate) pauses: Vec<Duration>,
}

/// One process's view of the world.
#[derive(Debug, Clone)]
pub(crate) struct Fake {
    pub(crate) shared: Arc<Mutex<Shared>>,
    kill: Option<Kill>,
    calls: usize,
    /// How many readings a change stays unseen.
    lag: usize,
}

impl Fake {
    pub(crate) fn of(facts: Snapshot) -> Self {
        let shared = Shared {
            facts,
            ..Shared::default()
        };
        Self {
            shared: Arc::new(Mutex::new(shared)),
            kill: None,
            calls: 0,
            lag: 0,
        }
    }

    /// A process that will be killed, in the same world.
    pub(crate) fn killed(&self, kill: Kill) -> Self {
        Self {
            kill: Some(kill),
            calls: 0,
            ..self.clone()
        }
    }

    /// A world that shows each change only after so many readings.
    pub(crate) fn lagging(mut self, lag: usize) -> Self {
        self.lag = lag;
        self
    }

    pub(crate) fn facts(&self) -> Snapshot {
        self.shared.lock().unwrap().facts.clone()
    }

    pub(crate) fn made(&self) -> Vec<Change> {
        self.shared.lock().unwrap().made.clone()
    }

    /// Somebody else changes the world.
    pub(crate) fn changed_by_others(&self, change: &Change) {
        change
            .apply(&mut self.shared.lock().unwrap().facts)
            .unwrap();
    }
}

impl World for Fake {
    async fn read(&mut self) -> Result<Snapshot, WorldError> {
        let mut shared = self.shared.lock().unwrap();
        let stale = shared.stale.pop_front();
        Ok(stale.unwrap_or_else(|| shared.facts.clone()))
    }

    async fn carry_out(
        &mut self,
        change: &Change,
        _token: &str,
        _waits: &mut (dyn FnMut(Pause) + Send),
    ) -> Result<(), WorldError> {
        let call = self.calls;
        self.calls += 1;
        if self.kill == Some(Kill::Before(call)) {
            panic!("killed");
        }
        {
            let mut shared = self.shared.lock().unwrap();
            // As the real calls do: what is there as it was wanted is made.
            if change.holds(&shared.facts) != Some(true) {
                let before = shared.facts.clone();
                let lag = self.lag;
                if shared.stale.is_empty() {
                    shared.stale.extend(std::iter::repeat_n(before, lag));
                }
                change
                    .apply(&mut shared.facts)
                    .map_err(|error| WorldError {
                        problem: error.to_string(),
                        help: None,
                        refused: None,
                    })?;
                shared.made.push(change.clone());
            }
        }
        if self.kill == Some(Kill::After(call)) {
            panic!("killed");
        }
        Ok(())
    }

    async fn pause(&mut self, how_long: Duration) {
        self.shared.lock().unwrap().pauses.push(how_long);
    }
}

/// What two snapshots say, without what AWS gives out anew: times and places.
pub(crate) fn comparable(facts: &Snapshot) -> String {
    let mut value = serde_json::to_value(facts).unwrap();
    strip(&mut value);
    value.to_string()
}

fn strip(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(fields) => {
            for name in [
                "origin",
                "created_at",
                "taken_at",
                "made_by_this_change",
                "id",
                // What EKS sets by itself is not told before it is read.
                "kubernetes_groups",
                "username",
            ] {
                fields.remove(name);
            }
            fields.values_mut().for_each(strip);
        }
        serde_json::Value::Array(items) => {
            items.iter_mut().for_each(strip);
            items.sort_by_key(ToString::to_string);
        }
        _ => {}
    }
}
