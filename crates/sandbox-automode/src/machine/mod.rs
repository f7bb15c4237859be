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

/// How long a node waits before it knocks again after it was refused.
const AGAIN: Duration = Duration::from_secs(30);

/// How often a node says that it lives. A kubelet does so every 10 seconds; nothing here looks that
/// closely.
const HEARTBEAT: Duration = Duration::from_secs(60);

/// One instance and how far it came.
#[derive(Default)]
pub(crate) struct Machine {
    /// The instance as EC2 describes it.
    instance: Option<crate::client::ec2::Instance>,
    session: Option<Assumed>,
    /// Whether the API server took its node in.
    pub(crate) joined: bool,
    /// When it does something next.
    pub(crate) due: Option<Timestamp>,
}

impl Machine {
    /// Does what is due: knock, or say that the node lives. True where something was done.
    pub(crate) fn step(
        &mut self,
        reach: &Reach,
        claim: &Object,
        view: &View,
    ) -> Result<bool, Trouble> {
        let now = reach.now();
        if self.due.is_some_and(|due| now < due) {
            return Ok(false);
        }
        let id = instance_id(claim).to_owned();
        let outcome = self.knock(reach, &id, claim, view);
        let wait = match outcome {
            Ok(true) => HEARTBEAT,
            _ => AGAIN,
        };
        self.joined = matches!(outcome, Ok(true));
        self.due = now.checked_add(wait).ok();
        outcome.map(|_| true)
    }
}

/// The instance of a claim; empty where it has none yet.
pub(crate) fn instance_id(claim: &Object) -> &str {
    let provider_id = claim.text("/status/providerID");
    provider_id.rsplit('/').next().unwrap_or_default()
}
