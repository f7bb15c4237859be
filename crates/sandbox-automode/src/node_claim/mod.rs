//! Node claims: launched, registered, initialized, or given up.

mod launch;
mod register;
mod terminate;

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::client::NODE_CLAIMS;
use crate::client::eks::Cluster;
use crate::object::Object;
use crate::reach::{Reach, Trouble};
use crate::status::{ConditionKinds, ConditionSet, State};
use crate::view::View;
use launch::{Launched, launch};

pub(crate) use register::UNREGISTERED;
pub(crate) use terminate::terminate;

/// Holds a claim until its instance is gone, and a node until its claim is.
const FINALIZER: &str = "karpenter.sh/termination";

const LAUNCHED: &str = "Launched";
const REGISTERED: &str = "Registered";
const INITIALIZED: &str = "Initialized";

/// The conditions of a claim that its `Ready` follows from
/// (kubernetes-sigs/karpenter, `pkg/apis/v1/nodeclaim_status.go`).
const KINDS: ConditionKinds = ConditionKinds {
    dependents: &[LAUNCHED, REGISTERED, INITIALIZED],
};

/// How long a launch may take, and a registration, both from the claim's making
/// (kubernetes-sigs/karpenter, `pkg/controllers/nodeclaim/lifecycle/liveness.go`).
const LAUNCH_LIMIT: Duration = Duration::from_secs(5 * 60);
const REGISTRATION_LIMIT: Duration = Duration::from_secs(15 * 60);

/// How long after a launch that failed the next one is tried.
const LAUNCH_AGAIN: Duration = Duration::from_secs(30);

/// What became of a claim.
pub(crate) struct Reconciled {
    /// The claim as it is now; `None` where it was deleted.
    pub(crate) claim: Option<Object>,
    /// When it must be looked at again.
    pub(crate) again: Option<Duration>,
    /// Whether its node registered or failed to, just now.
    pub(crate) registration: Option<bool>,
    /// Whether it was given up as its launch cannot work now.
    pub(crate) no_capacity: bool,
}

impl Reconciled {
    fn given_up(registration: Option<bool>) -> Self {
        Self {
            claim: None,
            again: None,
            registration,
            no_capacity: false,
        }
    }
}

/// Takes a claim a step further.
pub(crate) fn reconcile(
    reach: &Reach,
    cluster: &Cluster,
    claim: &Object,
    view: &View,
) -> Result<Reconciled, Trouble> {
    let claim = match reach.hold(NODE_CLAIMS, claim, FINALIZER)? {
        Some(held) => held,
        None => claim.clone(),
    };
    let mut conditions = ConditionSet::of(&claim, KINDS, reach.now());
    let age = age(reach, &claim);
    let mut status = Map::new();
    let mut labels = Map::new();
    let mut again = None;
    let mut registration = None;

    if conditions.state(LAUNCHED) != Some(State::True) {
        if age >= LAUNCH_LIMIT {
            reach.kube.delete(NODE_CLAIMS, claim.name())?;
            return Ok(Reconciled::given_up(None));
        }
        match launch(reach, cluster, &claim, view)? {
            Launched::Running(facts) => {
                conditions.hold(LAUNCHED);
                status = facts.status;
                labels = facts.labels;
            }
            Launched::Failed { reason, message } => {
                conditions.set(LAUNCHED, State::Unknown, reason, &message);
                again = Some(LAUNCH_AGAIN.min(LAUNCH_LIMIT - age));
            }
            // A class that is not ready, or no capacity, ends the claim: the pool makes another.
            Launched::Impossible => {
                reach.kube.delete(NODE_CLAIMS, claim.name())?;
                return Ok(Reconciled {
                    no_capacity: true,
                    ..Reconciled::given_up(None)
                });
            }
        }
    }
    let launched = conditions.state(LAUNCHED) == Some(State::True);
    if launched && conditions.state(REGISTERED) != Some(State::True) {
        let provider_id = match status.get("providerID").and_then(Value::as_str) {
            Some(just_launched) => just_launched.to_owned(),
            None => claim.text("/status/providerID").to_owned(),
        };
        match view.node_of(&provider_id) {
            Some(node) => {
                register::register(reach, &claim, node)?;
                conditions.hold(REGISTERED);
                status.insert("nodeName".to_owned(), node.name().into());
                registration = Some(true);
            }
            None if age >= REGISTRATION_LIMIT => {
                reach.kube.delete(NODE_CLAIMS, claim.name())?;
                return Ok(Reconciled::given_up(Some(false)));
            }
            None => {
                let message = "Node not registered with cluster";
                conditions.set(REGISTERED, State::Unknown, "NodeNotFound", message);
                again = Some(REGISTRATION_LIMIT - age);
            }
        }
    }
    if conditions.state(REGISTERED) == Some(State::True)
        && conditions.state(INITIALIZED) != Some(State::True)
    {
        match view.node_of(claim.text("/status/providerID")) {
            Some(node) if node.condition("Ready") == "True" => {
                register::initialize(reach, node)?;
                conditions.hold(INITIALIZED);
            }
            _ => conditions.set(
                INITIALIZED,
                State::Unknown,
                "NodeNotReady",
                "Node status is NotReady",
            ),
        }
    }
    let claim = if !labels.is_empty() {
        let change = json!({"metadata": {"labels": labels}});
        reach.kube.merge(NODE_CLAIMS, claim.name(), &change)?
    } else {
        claim
    };
    let written = reach.write_status(NODE_CLAIMS, &claim, &conditions, status)?;
    Ok(Reconciled {
        claim: Some(written.unwrap_or(claim)),
        again,
        registration,
        no_capacity: false,
    })
}

/// How long ago a claim was made.
fn age(reach: &Reach, claim: &Object) -> Duration {
    let created = claim.created().unwrap_or_else(|| reach.now());
    let seconds = reach.now().as_second() - created.as_second();
    Duration::from_secs(u64::try_from(seconds).unwrap_or_default())
}
