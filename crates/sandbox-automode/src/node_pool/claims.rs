//! Static capacity: as many claims as `spec.replicas` says.

use serde_json::{Value, json};

use crate::client::NODE_CLAIMS;
use crate::object::Object;
use crate::reach::{Reach, Trouble};
use crate::view::{POOL_LABEL, View};

/// Makes claims that are missing and deletes those that are too many. A pool without `spec.replicas`
/// launches for pods only, and nothing schedules pods here. True where something was done.
pub(crate) fn keep_replicas(reach: &Reach, pool: &Object, view: &View) -> Result<bool, Trouble> {
    let Some(wanted) = pool.at("/spec/replicas").and_then(Value::as_u64) else {
        return Ok(false);
    };
    let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
    let here: Vec<_> = view
        .claims_of_pool(pool.name())
        .filter(|claim| !claim.is_deleting())
        .collect();
    for surplus in here.iter().skip(wanted) {
        reach.kube.delete(NODE_CLAIMS, surplus.name())?;
    }
    if pool.condition("Ready") != "True" || pool.is_deleting() {
        return Ok(here.len() > wanted);
    }
    for _ in here.len()..wanted {
        reach.kube.create(NODE_CLAIMS, &claim(reach, pool))?;
    }
    Ok(here.len() != wanted)
}

/// A claim with what the pool's template says (kubernetes-sigs/karpenter,
/// `pkg/controllers/provisioning/scheduling/nodeclaimtemplate.go`).
fn claim(reach: &Reach, pool: &Object) -> Value {
    let mut labels: serde_json::Map<String, Value> = pool
        .map("/spec/template/metadata/labels")
        .map(|(key, value)| (key.to_owned(), value.into()))
        .collect();
    labels.insert(POOL_LABEL.to_owned(), pool.name().into());
    labels.insert("eks.amazonaws.com/compute-type".to_owned(), "auto".into());
    let template = pool.at("/spec/template/spec").and_then(Value::as_object);
    let mut spec = template.cloned().unwrap_or_default();
    let requirements = spec.get("requirements").and_then(Value::as_array).cloned();
    let mut requirements = requirements.unwrap_or_default();
    requirements.push(json!({"key": POOL_LABEL, "operator": "In", "values": [pool.name()]}));
    spec.insert("requirements".to_owned(), requirements.into());
    json!({
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodeClaim",
        "metadata": {
            "name": format!("{}-{}", pool.name(), reach.name_suffix()),
            "labels": labels,
            "annotations": pool.at("/spec/template/metadata/annotations").cloned().unwrap_or(json!({})),
            "ownerReferences": [{
                "apiVersion": "karpenter.sh/v1",
                "kind": "NodePool",
                "name": pool.name(),
                "uid": pool.uid(),
                "blockOwnerDeletion": true,
            }],
        },
        "spec": spec,
    })
}
