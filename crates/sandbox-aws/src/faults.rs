//! Faults on demand: throttling, errors, latency, dropped connections, stale reads.

use std::time::Duration;

use crate::service::Service;

/// What is to go wrong with one call.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Verdict {
    /// How long the answer waits, in sandbox-independent real time.
    pub(crate) delay: Duration,
    /// The connection is closed without an answer.
    pub(crate) drop: bool,
    /// Answered with this error instead of being carried out.
    pub(crate) error: Option<crate::failure::Failure>,
}

/// The faults in force.
#[derive(Debug, Default)]
pub struct Faults {}

impl Faults {
    pub(crate) fn decide(&self, _service: Service, _operation: &str) -> Verdict {
        Verdict::default()
    }
}
