//! Asks pools for a node, so that it is seen whether one joins.

use http::Request;
use rolecall_sandbox::RunningCluster;
use rolecall_sandbox_kube::User;
use serde_json::{Value, json};

/// Makes a node claim for each pool that is Ready and keeps no nodes by itself: nothing schedules pods
/// in a sandbox, so without one no pool would ever launch.
pub(super) fn for_nodes(cluster: &RunningCluster) {
    let pools = call(cluster, Request::get("/apis/karpenter.sh/v1/nodepools"), "");
    let pools = pools.get("items").and_then(Value::as_array);
    for pool in pools.into_iter().flatten() {
        let keeps_its_own = pool.pointer("/spec/replicas").is_some();
        if is_ready(pool) && !keeps_its_own {
            let claims = Request::post("/apis/karpenter.sh/v1/nodeclaims")
                .header("content-type", "application/json");
            call(cluster, claims, &claim(pool).to_string());
        }
    }
}

/// A call as the cluster's administrator; what is answered, or nothing.
fn call(cluster: &RunningCluster, request: http::request::Builder, body: &str) -> Value {
    let Ok(mut request) = request.body(body.to_owned().into_bytes().into()) else {
        return Value::Null;
    };
    request.extensions_mut().insert(User::master());
    let answer = cluster.server.handle(request).whole();
    answer
        .and_then(|answer| serde_json::from_slice(answer.body()).ok())
        .unwrap_or_default()
}

fn is_ready(pool: &Value) -> bool {
    let conditions = pool.pointer("/status/conditions").and_then(Value::as_array);
    let mut conditions = conditions.into_iter().flatten();
    conditions.any(|known| {
        known.get("type") == Some(&json!("Ready")) && known.get("status") == Some(&json!("True"))
    })
}

/// A claim as the pool's template has it (kubernetes-sigs/karpenter,
/// `pkg/controllers/provisioning/scheduling/nodeclaimtemplate.go`).
fn claim(pool: &Value) -> Value {
    let name = pool.pointer("/metadata/name").and_then(Value::as_str);
    let name = name.unwrap_or_default();
    let at = |pointer: &str| pool.pointer(pointer).cloned();
    let mut labels = at("/spec/template/metadata/labels").unwrap_or_else(|| json!({}));
    if let Some(labels) = labels.as_object_mut() {
        labels.insert("karpenter.sh/nodepool".to_owned(), name.into());
    }
    json!({
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodeClaim",
        "metadata": {
            "name": format!("{name}-asked"),
            "labels": labels,
            "ownerReferences": [{
                "apiVersion": "karpenter.sh/v1",
                "kind": "NodePool",
                "name": name,
                "uid": at("/metadata/uid"),
                "blockOwnerDeletion": true,
            }],
        },
        "spec": at("/spec/template/spec"),
    })
}
