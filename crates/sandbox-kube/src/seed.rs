//! What a cluster has from its first moment: namespaces, default RBAC, definitions of kinds.

use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};

use crate::crd::Bundle;
use crate::server::State;
use crate::store::Address;
use crate::{object, rbac};

/// The namespaces of a new cluster.
const NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

const CRDS: &str = "customresourcedefinitions.apiextensions.k8s.io";

/// The seeds that need no change: made once for the process.
static SEEDS: LazyLock<Vec<(Address, Value)>> = LazyLock::new(|| {
    let mut seeds = Vec::new();
    for name in NAMESPACES {
        seeds.push((address("namespaces", name), namespace(name)));
    }
    for role in rbac::bootstrap() {
        let storage = match role.get("kind").and_then(Value::as_str) {
            Some("ClusterRole") => "clusterroles.rbac.authorization.k8s.io",
            _ => "clusterrolebindings.rbac.authorization.k8s.io",
        };
        seeds.push((address(storage, object::name(&role)), role));
    }
    for name in NAMESPACES {
        let account = json!({
            "apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": { "name": "default", "namespace": name },
        });
        seeds.push((
            address("serviceaccounts", &format!("{name}/default")),
            account,
        ));
    }
    seeds
});

/// Definitions are large: they are shared between all clusters of the process, uid, age and all.
static DEFINITIONS: LazyLock<Vec<Arc<Value>>> = LazyLock::new(|| {
    let mut random = fastrand::Rng::with_seed(0);
    let definition = |crd: &Arc<Value>| {
        let mut crd = crd.as_ref().clone();
        for (field, value) in [
            ("uid", crate::server::uuid(&mut random)),
            ("creationTimestamp", "2025-01-01T00:00:00Z".to_owned()),
        ] {
            if object::meta_text(&crd, field).is_none() {
                object::set_meta(&mut crd, field, value);
            }
        }
        object::set_meta(&mut crd, "resourceVersion", "1");
        Arc::new(crd)
    };
    crate::crd::builtin().iter().map(definition).collect()
});

fn address(storage: &str, key: &str) -> Address {
    Address {
        storage: storage.into(),
        key: key.to_owned(),
    }
}

fn namespace(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": { "name": name, "labels": { "kubernetes.io/metadata.name": name } },
        "spec": { "finalizers": ["kubernetes"] },
        "status": { "phase": "Active" },
    })
}

/// Puts the seeds into a new store.
pub(crate) fn plant(state: &mut State, bundle: Bundle, now: &str) {
    for (address, seed) in SEEDS.iter() {
        let mut object = seed.clone();
        object::set_meta(&mut object, "uid", state.uid());
        object::set_meta(&mut object, "creationTimestamp", now);
        state.store.put(address, object);
    }
    for crd in DEFINITIONS.iter().filter(|crd| bundle.holds(crd)) {
        state.store.share(&address(CRDS, object::name(crd)), crd);
    }
    state.store.close_history();
}

/// Brings the kinds of a restored store in line with its definitions.
pub(crate) fn reconnect(state: &mut State) {
    let definitions: Vec<Arc<Value>> = state
        .store
        .list(CRDS, "")
        .map(|(_, value)| value.clone())
        .collect();
    let mut registry = state.registry.as_ref().clone();
    for gone in crate::crd::builtin() {
        let name = object::name(gone);
        if !definitions.iter().any(|one| object::name(one) == name) {
            registry = registry.with_crd(name, None);
        }
    }
    let unchanged = |crd: &&Arc<Value>| !DEFINITIONS.iter().any(|one| one == *crd);
    for crd in definitions.iter().filter(unchanged) {
        registry = registry.with_crd(object::name(crd), Some(crd));
    }
    state.registry = Arc::new(registry);
}
