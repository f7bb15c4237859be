//! Which objects name which others as their owners.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::Address;
use crate::object;

/// Dependents by their owners' uids.
#[derive(Debug, Default)]
pub(super) struct Dependents {
    by_owner: HashMap<String, BTreeSet<Address>>,
}

impl Dependents {
    pub(super) fn of(&self, uid: &str) -> Vec<Address> {
        self.by_owner
            .get(uid)
            .into_iter()
            .flatten()
            .cloned()
            .collect()
    }

    pub(super) fn change(&mut self, address: &Address, old: Option<&Value>, new: Option<&Value>) {
        let before = old.map(object::owners).unwrap_or_default();
        let after = new.map(object::owners).unwrap_or_default();
        if before.is_empty() && after.is_empty() {
            return;
        }
        for owner in &before {
            if let Some(dependents) = self.by_owner.get_mut(owner.uid) {
                dependents.remove(address);
                if dependents.is_empty() {
                    self.by_owner.remove(owner.uid);
                }
            }
        }
        for owner in &after {
            self.by_owner
                .entry(owner.uid.to_owned())
                .or_default()
                .insert(address.clone());
        }
    }
}
