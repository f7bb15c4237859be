//! CloudTrail: the events of all calls, and the trails that deliver them.

use crate::event::EventLog;
use crate::operation::Operation;
use crate::table::AnyTable;

/// Everything CloudTrail keeps: events and trails.
pub struct CloudTrail {
    pub(crate) events: EventLog,
}

impl CloudTrail {
    pub(crate) fn new() -> Self {
        Self {
            events: EventLog::default(),
        }
    }

    pub(crate) fn tables(&mut self) -> Vec<&mut dyn AnyTable> {
        vec![&mut self.events]
    }
}

/// The operation of that name.
pub(crate) fn operation(_name: &str) -> Option<Operation> {
    None
}
