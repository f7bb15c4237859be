//! What goes when something goes: finalizers, dependents, the contents of namespaces, the objects of a
//! removed kind. Kubernetes does this in controllers, a moment later; here it is done within the request
//! that causes it, so that the same requests always give the same history.

use std::sync::Arc;

use serde_json::{Value, json};

use super::sweep::Sweep;
use crate::object;
use crate::resource::Registry;
use crate::server::State;
use crate::store::Address;

pub(super) const CRDS: &str = "customresourcedefinitions.apiextensions.k8s.io";

/// What becomes of dependents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Propagation {
    #[default]
    Background,
    Foreground,
    Orphan,
}

/// What came of a deletion.
#[derive(Debug, Clone)]
pub(super) enum Outcome {
    /// The object is gone; this was its last state.
    Removed(Arc<Value>),
    /// Somebody has to do something first.
    Marked(Arc<Value>),
}

/// Deletes an object. Nothing, if there is none.
pub(super) fn delete(
    state: &mut State,
    address: &Address,
    propagation: Propagation,
    now: &str,
) -> Option<Outcome> {
    let mut sweep = Sweep::new(state, now);
    let outcome = sweep.delete(address, propagation)?;
    sweep.run();
    match (&outcome, sweep.state.store.at(address)) {
        // What waited only for its dependents may have gone with them.
        (Outcome::Marked(marked), None) => Some(Outcome::Removed(marked.clone())),
        (_, Some(now)) => Some(Outcome::Marked(now.clone())),
        _ => Some(outcome),
    }
}

/// Removes an object whose last finalizer is gone; `last` is how its last change leaves it.
pub(super) fn finish(state: &mut State, address: &Address, last: Value, now: &str) -> Arc<Value> {
    let mut sweep = Sweep::new(state, now);
    let shown = Arc::new(last);
    let gone = sweep.remove(address, Some(shown.as_ref().clone()));
    sweep.run();
    gone.unwrap_or(shown)
}

/// Whether nothing holds an object that is being deleted.
pub(super) fn may_go(object: &Value) -> bool {
    let held = object::finalizers(object).next().is_some();
    let kind = object
        .get("kind")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let contents = kind == "Namespace"
        && object
            .pointer("/spec/finalizers")
            .and_then(Value::as_array)
            .is_some_and(|all| !all.is_empty());
    !held && !contents
}

/// What the control plane does as soon as an object has been written: kinds of a definition appear, a
/// namespace gets its service account. Returns the object as it is then.
pub(super) fn after_write(
    state: &mut State,
    address: &Address,
    stored: Arc<Value>,
    now: &str,
) -> Arc<Value> {
    match address.storage.as_ref() {
        CRDS => define(state, address, stored, now),
        "namespaces" if !object::is_deleting(&stored) => {
            let account = Address {
                storage: "serviceaccounts".into(),
                key: format!("{}/default", address.key),
            };
            if state.store.at(&account).is_none() {
                let uid = state.uid();
                state.store.put(&account, json!({
                    "apiVersion": "v1", "kind": "ServiceAccount",
                    "metadata": {
                        "name": "default", "namespace": address.key, "uid": uid, "creationTimestamp": now,
                    },
                }));
            }
            stored
        }
        _ => stored,
    }
}

fn define(state: &mut State, address: &Address, stored: Arc<Value>, now: &str) -> Arc<Value> {
    let established = crate::crd::establish(&stored, &state.registry, now);
    let stored = match established {
        Some(next) => state.store.put(address, next),
        None => stored,
    };
    let name = object::name(&stored).to_owned();
    set_kinds(state, &name, Some(&stored));
    stored
}

pub(super) fn set_kinds(state: &mut State, name: &str, crd: Option<&Value>) {
    let next: Registry = state.registry.with_crd(name, crd);
    state.registry = Arc::new(next);
}
