//! The end of a claim: its node is drained, its instance terminated, its objects let go.

use serde_json::{Map, json};

use super::{FINALIZER, KINDS};
use crate::client::{KubeError, NODE_CLAIMS, NODES};
use crate::object::Object;
use crate::reach::{Reach, Trouble};
use crate::status::ConditionSet;
use crate::view::View;

/// Ends a claim that is being deleted (kubernetes-sigs/karpenter,
/// `pkg/controllers/nodeclaim/lifecycle/termination.go`). The instance is terminated by the
/// service-linked role, which may do so with what EKS tagged.
pub(crate) fn terminate(reach: &Reach, claim: &Object, view: &View) -> Result<(), Trouble> {
    if !claim.has_finalizer(FINALIZER) {
        return Ok(());
    }
    let provider_id = claim.text("/status/providerID");
    let mut claim = claim.clone();
    if let Some(instance) = provider_id.rsplit('/').next().filter(|id| !id.is_empty()) {
        let node = view.node_of(provider_id);
        if let Some(node) = node {
            drain(reach, node)?;
        }
        let mut conditions = ConditionSet::of(&claim, KINDS, reach.now());
        if node.is_some() {
            conditions.hold("Drained");
            conditions.hold("VolumesDetached");
        }
        conditions.hold("InstanceTerminating");
        if let Some(written) = reach.write_status(NODE_CLAIMS, &claim, &conditions, Map::new())? {
            claim = written;
        }
        reach.as_eks(|aws, credentials| aws.terminate_instance(credentials, instance))?;
        if let Some(node) = node {
            reach.kube.delete(NODES, node.name())?;
            unhold_node(reach, node.name())?;
        }
    }
    reach.release(NODE_CLAIMS, &claim, FINALIZER)?;
    Ok(())
}

/// Lets a node go that its claim held.
fn unhold_node(reach: &Reach, name: &str) -> Result<(), KubeError> {
    match reach.kube.get(NODES, name)? {
        Some(node) => reach.release(NODES, &node, FINALIZER),
        None => Ok(()),
    }
}

/// Keeps new pods off the node and deletes those on it.
fn drain(reach: &Reach, node: &Object) -> Result<(), KubeError> {
    const DISRUPTED: &str = "karpenter.sh/disrupted";
    let mut taints = node.list("/spec/taints").to_vec();
    if !taints.iter().any(|taint| taint["key"] == DISRUPTED) {
        taints.push(json!({"key": DISRUPTED, "effect": "NoSchedule"}));
        let change = json!({"spec": {"taints": taints}});
        reach.kube.merge(NODES, node.name(), &change)?;
    }
    let on_node = format!("/api/v1/pods?fieldSelector=spec.nodeName%3D{}", node.name());
    for pod in reach.kube.list(&on_node)? {
        let path = format!(
            "/api/v1/namespaces/{}/pods",
            pod.text("/metadata/namespace")
        );
        reach.kube.delete(&path, pod.name())?;
    }
    Ok(())
}
