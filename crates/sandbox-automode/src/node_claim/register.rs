//! A node that came, and a node that is ready.

use serde_json::{Value, json};

use super::FINALIZER;
use crate::client::{KubeError, NODES};
use crate::object::Object;
use crate::reach::Reach;

/// What a node carries until Karpenter has seen it.
pub(crate) const UNREGISTERED: &str = "karpenter.sh/unregistered";

/// Takes a node over: labels and taints of its claim, the finalizer, and the taint off that kept pods
/// away (kubernetes-sigs/karpenter, `pkg/controllers/nodeclaim/lifecycle/registration.go`).
pub(super) fn register(reach: &Reach, claim: &Object, node: &Object) -> Result<(), KubeError> {
    let mut labels: serde_json::Map<String, Value> = claim
        .map("/metadata/labels")
        .map(|(key, value)| (key.to_owned(), value.into()))
        .collect();
    labels.insert("karpenter.sh/registered".to_owned(), "true".into());
    let mut taints: Vec<Value> = node
        .list("/spec/taints")
        .iter()
        .filter(|taint| taint.get("key").and_then(Value::as_str) != Some(UNREGISTERED))
        .cloned()
        .collect();
    let claimed = claim.list("/spec/taints").iter();
    for taint in claimed.chain(claim.list("/spec/startupTaints")) {
        if !taints.contains(taint) {
            taints.push(taint.clone());
        }
    }
    let mut finalizers = node.finalizers_without(FINALIZER);
    finalizers.push(FINALIZER.into());
    let change = json!({
        "metadata": {
            "labels": labels,
            "finalizers": finalizers,
            "ownerReferences": [{
                "apiVersion": "karpenter.sh/v1",
                "kind": "NodeClaim",
                "name": claim.name(),
                "uid": claim.uid(),
                "blockOwnerDeletion": true,
            }],
        },
        "spec": {"taints": taints},
    });
    reach.kube.merge(NODES, node.name(), &change).map(drop)
}

/// Marks a node as ready for pods.
pub(super) fn initialize(reach: &Reach, node: &Object) -> Result<(), KubeError> {
    let change = json!({"metadata": {"labels": {"karpenter.sh/initialized": "true"}}});
    reach.kube.merge(NODES, node.name(), &change).map(drop)
}
