//! Node pools: whether they are valid, whether their class is ready, and static capacity.

mod claims;
mod health;

use serde_json::Map;

use crate::client::NODE_POOLS;
use crate::object::Object;
use crate::reach::{Reach, Trouble};
use crate::status::{ConditionKinds, ConditionSet, State};
use crate::view::View;

pub(crate) use claims::keep_replicas;
pub(crate) use health::{REGISTRATION, record_registration};

const VALIDATION: &str = "ValidationSucceeded";
const CLASS_READY: &str = "NodeClassReady";

/// The conditions of a pool (kubernetes-sigs/karpenter, `pkg/apis/v1/nodepool_status.go`).
/// `NodeRegistrationHealthy` is no part of `Ready`.
pub(crate) const KINDS: ConditionKinds = ConditionKinds {
    dependents: &[VALIDATION, CLASS_READY],
};

/// Looks at a pool and writes its status: the pool as it is then. A pool of another kind of class is
/// left alone, as the readiness controller of Karpenter does.
pub(crate) fn reconcile(reach: &Reach, pool: &Object, view: &View) -> Result<Object, Trouble> {
    let mut conditions = ConditionSet::of(pool, KINDS, reach.now());
    if conditions.state(REGISTRATION).is_none() {
        conditions.begin(REGISTRATION);
    }
    // The message that goes with this reason names the label; its wording is not published.
    if uses_restricted_label(pool) {
        conditions.set(VALIDATION, State::False, "NodePoolValidationFailed", "");
    } else {
        conditions.hold(VALIDATION);
    }
    class_readiness(&mut conditions, pool, view);
    // Counted for every pool (kubernetes-sigs/karpenter, `pkg/controllers/nodepool/counter`).
    let nodes = view.claims_of_pool(pool.name()).count();
    let status = Map::from_iter([("nodes".to_owned(), nodes.into())]);
    let written = reach.write_status(NODE_POOLS, pool, &conditions, status)?;
    Ok(written.unwrap_or_else(|| pool.clone()))
}

/// Whether the pool sets or requires a label that Auto Mode restricts
/// (EKS User Guide, "EKS Auto Mode Supported Labels").
fn uses_restricted_label(pool: &Object) -> bool {
    const RESTRICTED: &str = "karpenter.k8s.aws/";
    let required = pool
        .list("/spec/template/spec/requirements")
        .iter()
        .filter_map(|one| one.get("key")?.as_str());
    let set = pool
        .map("/spec/template/metadata/labels")
        .map(|(key, _)| key);
    required.chain(set).any(|key| key.starts_with(RESTRICTED))
}

/// `NodeClassReady` (kubernetes-sigs/karpenter, `pkg/controllers/nodepool/readiness`).
fn class_readiness(conditions: &mut ConditionSet, pool: &Object, view: &View) {
    let name = pool.text("/spec/template/spec/nodeClassRef/name");
    let mut fail = |reason: &str, message: &str| {
        conditions.set(CLASS_READY, State::False, reason, message);
    };
    let Some(class) = view.classes.get(name) else {
        return fail("NodeClassNotFound", "NodeClass not found on cluster");
    };
    if class.is_deleting() {
        return fail("NodeClassTerminating", "NodeClass is Terminating");
    }
    match class.condition("Ready") {
        "True" => conditions.hold(CLASS_READY),
        "False" => {
            let ready = class.list("/status/conditions").iter();
            let ready = ready.rev().find(|one| one["type"] == "Ready");
            let text = |member: &str| {
                let text = ready.and_then(|one| one.get(member)?.as_str());
                text.unwrap_or_default()
            };
            fail(text("reason"), text("message"));
        }
        _ => fail("NodeClassReadinessUnknown", "Node Class Readiness Unknown"),
    }
}
