//! A node as it comes up on an instance: it gets its role's credentials from EC2, makes a token of
//! them, and knocks at the API server. What it may do there is not for this crate to say.

mod boot;
mod node;

use std::time::Duration;

use jiff::Timestamp;

use crate::client::sts::Assumed;
use crate::object::Object;
use crate::reach::{Reach, Trouble};
use crate::view::View;
use boot::lost;

/// How long a node waits before it knocks again after it was refused.
const AGAIN: Duration = Duration::from_secs(30);

/// How often a node says that it lives. A kubelet does so every 10 seconds; nothing here looks that
/// closely.
const HEARTBEAT: Duration = Duration::from_secs(60);

/// One instance and how far it came.
#[derive(Default)]
pub(crate) struct Machine {
    session: Option<Assumed>,
    /// When it does something next.
    pub(crate) due: Option<Timestamp>,
}

/// How far an instance came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing is due.
    Waiting,
    /// The API server knows its node, and that it lives.
    Joined,
    /// It has no credentials, or they let it in nowhere.
    Refused,
    /// EC2 has no such instance any more.
    Gone,
}

impl Machine {
    /// Does what is due: knock, or say that the node lives.
    pub(crate) fn step(
        &mut self,
        reach: &Reach,
        claim: &Object,
        view: &View,
    ) -> Result<Step, Trouble> {
        let now = reach.now();
        if self.due.is_some_and(|due| now < due) {
            return Ok(Step::Waiting);
        }
        let id = instance_id(claim);
        let outcome = self.knock(reach, id, claim, view);
        let wait = match outcome {
            Ok(Step::Joined) => HEARTBEAT,
            _ => AGAIN,
        };
        self.due = now.checked_add(wait).ok();
        if let (Ok(Step::Refused), Some(node)) = (&outcome, view.nodes.get(id)) {
            lost(reach, node)?;
        }
        outcome
    }
}

/// The instance of a claim; empty where it has none yet.
pub(crate) fn instance_id(claim: &Object) -> &str {
    let provider_id = claim.text("/status/providerID");
    provider_id.rsplit('/').next().unwrap_or_default()
}
