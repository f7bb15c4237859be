//! The work that deleting one object leads to.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::{Value, json};

use super::garbage::{CRDS, Outcome, Propagation, may_go, set_kinds};
use crate::object;
use crate::server::State;
use crate::store::Address;

const FOREGROUND: &str = "foregroundDeletion";

enum Task {
    Delete(Address, Propagation),
    /// The object there is gone.
    Gone(Address, Arc<Value>),
}

/// Work that deleting one object leads to; a queue, as chains of owners may be long.
pub(super) struct Sweep<'a> {
    pub(super) state: &'a mut State,
    tasks: VecDeque<Task>,
    now: &'a str,
}

impl<'a> Sweep<'a> {
    pub(super) fn new(state: &'a mut State, now: &'a str) -> Self {
        Self {
            state,
            tasks: VecDeque::new(),
            now,
        }
    }

    pub(super) fn run(&mut self) {
        while let Some(task) = self.tasks.pop_front() {
            match task {
                Task::Delete(address, propagation) => {
                    self.delete(&address, propagation);
                }
                Task::Gone(address, last) => self.after_removal(&address, &last),
            }
        }
    }

    pub(super) fn delete(
        &mut self,
        address: &Address,
        propagation: Propagation,
    ) -> Option<Outcome> {
        let object = self.state.store.at(address)?.clone();
        let dependents = self.state.store.dependents(object::uid(&object));
        if propagation == Propagation::Orphan {
            for dependent in &dependents {
                self.drop_owner(dependent, object::uid(&object));
            }
        }
        let foreground = propagation == Propagation::Foreground && !dependents.is_empty();
        let is_namespace = address.storage.as_ref() == "namespaces";
        let is_crd = address.storage.as_ref() == CRDS;
        let held = object::finalizers(&object).next().is_some();
        if !held && !foreground && !is_namespace && !is_crd {
            return self.remove(address, None).map(Outcome::Removed);
        }
        let marked = self.mark(address, &object, foreground, is_namespace);
        if foreground {
            for dependent in dependents {
                self.tasks
                    .push_back(Task::Delete(dependent, Propagation::Background));
            }
        }
        if is_namespace {
            self.empty_namespace(&address.key);
        }
        if is_crd {
            self.empty_kind(&marked);
        }
        self.settle(address);
        match self.state.store.at(address) {
            Some(now) => Some(Outcome::Marked(now.clone())),
            None => Some(Outcome::Removed(marked)),
        }
    }

    /// Writes down that deletion has begun.
    fn mark(
        &mut self,
        address: &Address,
        object: &Arc<Value>,
        foreground: bool,
        is_namespace: bool,
    ) -> Arc<Value> {
        let mut marked = object.as_ref().clone();
        if !object::is_deleting(&marked) {
            object::set_meta(&mut marked, "deletionTimestamp", self.now);
            object::set_meta(&mut marked, "deletionGracePeriodSeconds", 0);
            let generation = object::meta(&marked).and_then(|all| all.get("generation"));
            if let Some(generation) = generation.and_then(Value::as_i64) {
                object::set_meta(&mut marked, "generation", generation + 1);
            }
        }
        if foreground && !object::finalizers(&marked).any(|one| one == FOREGROUND) {
            let mut all: Vec<Value> = object::finalizers(&marked).map(Value::from).collect();
            all.push(FOREGROUND.into());
            object::set_meta(&mut marked, "finalizers", all);
        }
        if let (true, Some(map)) = (is_namespace, marked.as_object_mut()) {
            map.insert("status".into(), json!({ "phase": "Terminating" }));
        }
        if marked == **object {
            return object.clone();
        }
        self.state.store.put(address, marked)
    }

    fn empty_namespace(&mut self, namespace: &str) {
        for storage in self.state.store.storages() {
            for (key, _) in self.state.store.list(&storage, namespace) {
                let address = Address {
                    storage: storage.clone(),
                    key: key.to_owned(),
                };
                self.tasks
                    .push_back(Task::Delete(address, Propagation::Background));
            }
        }
    }

    fn empty_kind(&mut self, crd: &Value) {
        let storage: Arc<str> = object::name(crd).into();
        for (key, _) in self.state.store.list(&storage, "") {
            let address = Address {
                storage: storage.clone(),
                key: key.to_owned(),
            };
            self.tasks
                .push_back(Task::Delete(address, Propagation::Background));
        }
    }

    /// Lets an object go if all it waited for has happened.
    fn settle(&mut self, address: &Address) {
        let Some(object) = self.state.store.at(address).cloned() else {
            return;
        };
        if !object::is_deleting(&object) {
            return;
        }
        let mut next = object.as_ref().clone();
        let waits = object::finalizers(&object).any(|one| one == FOREGROUND);
        if waits && !self.is_awaited(object::uid(&object)) {
            let rest: Vec<Value> = object::finalizers(&object)
                .filter(|one| *one != FOREGROUND)
                .map(Value::from)
                .collect();
            object::set_meta(&mut next, "finalizers", rest);
        }
        match address.storage.as_ref() {
            "namespaces" => {
                let spec = next.get_mut("spec").and_then(Value::as_object_mut);
                if let (Some(spec), true) = (spec, self.is_empty_namespace(&address.key)) {
                    spec.shift_remove("finalizers");
                }
            }
            CRDS => {
                let full = self
                    .state
                    .store
                    .collection(object::name(&object))
                    .is_some_and(|collection| !collection.is_empty());
                if full {
                    return;
                }
                let cleanup = "customresourcecleanup.apiextensions.k8s.io";
                let rest: Vec<Value> = object::finalizers(&next)
                    .filter(|one| *one != cleanup)
                    .map(Value::from)
                    .collect();
                object::set_meta(&mut next, "finalizers", rest);
            }
            _ => {}
        }
        if may_go(&next) {
            self.remove(address, Some(next));
        } else if next != *object {
            self.state.store.put(address, next);
        }
    }

    /// Whether a dependent that blocks its owner's deletion is still there.
    fn is_awaited(&self, uid: &str) -> bool {
        self.state.store.dependents(uid).iter().any(|address| {
            self.state.store.at(address).is_some_and(|dependent| {
                object::owners(dependent)
                    .iter()
                    .any(|owner| owner.uid == uid && owner.blocks)
            })
        })
    }

    fn is_empty_namespace(&self, namespace: &str) -> bool {
        let store = &self.state.store;
        store
            .storages()
            .iter()
            .all(|storage| store.list(storage, namespace).next().is_none())
    }

    pub(super) fn remove(&mut self, address: &Address, last: Option<Value>) -> Option<Arc<Value>> {
        let last = self.state.store.remove(address, last)?;
        if address.storage.as_ref() == CRDS {
            set_kinds(self.state, object::name(&last), None);
        }
        self.tasks
            .push_back(Task::Gone(address.clone(), last.clone()));
        Some(last)
    }

    fn after_removal(&mut self, address: &Address, last: &Value) {
        for dependent in self.state.store.dependents(object::uid(last)) {
            if self.has_other_owner(&dependent, object::uid(last)) {
                self.drop_owner(&dependent, object::uid(last));
            } else {
                self.tasks
                    .push_back(Task::Delete(dependent, Propagation::Background));
            }
        }
        for owner in self.owner_addresses(last) {
            self.settle(&owner);
        }
        let namespace = object::namespace(last);
        if !namespace.is_empty() {
            self.settle(&Address {
                storage: "namespaces".into(),
                key: namespace.to_owned(),
            });
        }
        self.settle(&Address {
            storage: CRDS.into(),
            key: address.storage.as_ref().to_owned(),
        });
    }

    fn has_other_owner(&self, dependent: &Address, gone: &str) -> bool {
        let Some(object) = self.state.store.at(dependent) else {
            return false;
        };
        self.owner_addresses(object).iter().any(|owner| {
            self.state.store.at(owner).is_some_and(|owner| {
                object::uid(owner) != gone
                    && object::owners(object)
                        .iter()
                        .any(|one| one.uid == object::uid(owner))
            })
        })
    }

    /// Where an object's owners are, if they are of kinds that are served.
    fn owner_addresses(&self, object: &Value) -> Vec<Address> {
        let list = object::meta(object).and_then(|all| all.get("ownerReferences"));
        let mut found = Vec::new();
        for reference in list.and_then(Value::as_array).into_iter().flatten() {
            let text = |field: &str| {
                reference
                    .get(field)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
            };
            let (group, version) = text("apiVersion")
                .split_once('/')
                .unwrap_or(("", text("apiVersion")));
            let Some(resource) = self.state.registry.by_kind(group, version, text("kind")) else {
                continue;
            };
            let namespace = if resource.namespaced {
                object::namespace(object)
            } else {
                ""
            };
            let key = crate::store::key(namespace, text("name"));
            found.push(Address {
                storage: resource.storage.clone(),
                key,
            });
        }
        found
    }

    /// Takes an owner out of a dependent's list.
    fn drop_owner(&mut self, dependent: &Address, uid: &str) {
        let Some(object) = self.state.store.at(dependent) else {
            return;
        };
        let mut next = object.as_ref().clone();
        let list = next
            .pointer_mut("/metadata/ownerReferences")
            .and_then(Value::as_array_mut);
        if let Some(list) = list {
            list.retain(|owner| owner.get("uid").and_then(Value::as_str) != Some(uid));
            if list.is_empty() {
                object::remove_meta(&mut next, "ownerReferences");
            }
        }
        self.state.store.put(dependent, next);
    }
}
