//! Whether the nodes that a pool launches get as far as the cluster.

use serde_json::Map;

use super::KINDS;
use crate::client::NODE_POOLS;
use crate::object::Object;
use crate::reach::{Reach, Trouble};
use crate::status::{ConditionSet, State};

/// The condition of a pool that tells (kubernetes-sigs/karpenter,
/// `pkg/controllers/nodepool/registrationhealth`).
pub(crate) const REGISTRATION: &str = "NodeRegistrationHealthy";

/// Records that a node of the pool registered, or did not within its time.
pub(crate) fn record_registration(
    reach: &Reach,
    pool: &Object,
    registered: bool,
) -> Result<Option<Object>, Trouble> {
    let mut conditions = ConditionSet::of(pool, KINDS, reach.now());
    if registered {
        conditions.hold(REGISTRATION);
    } else {
        conditions.set(
            REGISTRATION,
            State::False,
            "RegistrationFailed",
            "Failed to register node",
        );
    }
    Ok(reach.write_status(NODE_POOLS, pool, &conditions, Map::new())?)
}
