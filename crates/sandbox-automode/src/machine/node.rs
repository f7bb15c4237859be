//! What a node says of itself.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::client::ec2::Instance;
use crate::node_claim::UNREGISTERED;
use crate::object::Object;
use crate::reach::Reach;

/// The node as a kubelet registers it, named by its instance, as Auto Mode's nodes are, and closed to
/// pods until Karpenter has seen it.
pub(super) fn described(reach: &Reach, instance: &Instance, claim: &Object) -> Value {
    let id = instance.id.as_str();
    let mut labels: serde_json::Map<String, Value> = claim
        .map("/metadata/labels")
        .map(|(key, value)| (key.to_owned(), value.into()))
        .collect();
    labels.insert("kubernetes.io/hostname".to_owned(), id.into());
    labels.insert("eks.amazonaws.com/compute-type".to_owned(), "auto".into());
    json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": id, "labels": labels},
        "spec": {
            "providerID": format!("aws:///{}/{id}", instance.zone),
            "taints": [{"key": UNREGISTERED, "effect": "NoExecute"}],
        },
        "status": condition_ready(instance, claim, false, reach.now()),
    })
}

/// The status of a node whose network is up, or is not: without the access policy
/// `AmazonEKSAutoNodePolicy` the agents that set it up read nothing (an inference: what a node of Auto
/// Mode shows then is not published; the words are the kubelet's).
pub(super) fn condition_ready(
    instance: &Instance,
    claim: &Object,
    network: bool,
    now: Timestamp,
) -> Value {
    let time = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let condition = |kind: &str, status: &str, reason: &str, message: &str| {
        json!({
            "type": kind,
            "status": status,
            "reason": reason,
            "message": message,
            "lastHeartbeatTime": time,
            "lastTransitionTime": time,
        })
    };
    let ready = if network {
        condition(
            "Ready",
            "True",
            "KubeletReady",
            "kubelet is posting ready status",
        )
    } else {
        let message = "container runtime network not ready: NetworkReady=false \
                       reason:NetworkPluginNotReady message:Network plugin returns error: cni \
                       plugin not initialized";
        condition("Ready", "False", "KubeletNotReady", message)
    };
    json!({
        "addresses": [
            {"type": "InternalIP", "address": instance.private_ip},
            {"type": "InternalDNS", "address": instance.private_dns},
            {"type": "Hostname", "address": instance.private_dns},
        ],
        "capacity": claim.at("/status/capacity").cloned().unwrap_or(json!({})),
        "allocatable": claim.at("/status/allocatable").cloned().unwrap_or(json!({})),
        "conditions": [
            condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
            condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            condition("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
            ready,
        ],
        "nodeInfo": {
            "machineID": "",
            "systemUUID": "",
            "bootID": "",
            "kernelVersion": "6.1.0",
            "osImage": "Bottlerocket (EKS Auto, Standard)",
            "containerRuntimeVersion": "containerd://2.0.5",
            "kubeletVersion": "v1.33.0-eks",
            "kubeProxyVersion": "v1.33.0-eks",
            "operatingSystem": "linux",
            "architecture": claim.label("kubernetes.io/arch"),
        },
    })
}

/// The lease by which a node says that it lives.
pub(super) fn heartbeat(id: &str, uid: Option<&str>, now: Timestamp) -> Value {
    let owners: Vec<Value> = uid
        .map(|uid| json!({"apiVersion": "v1", "kind": "Node", "name": id, "uid": uid}))
        .into_iter()
        .collect();
    json!({
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": id, "namespace": "kube-node-lease", "ownerReferences": owners},
        "spec": {
            "holderIdentity": id,
            "leaseDurationSeconds": 40,
            "renewTime": now.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string(),
        },
    })
}
