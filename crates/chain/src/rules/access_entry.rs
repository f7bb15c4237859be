//! What the rules about access entries share.

use rolecall_facts::{AccessEntry, Fact};

use crate::context::{Admission, ChainContext};

/// An entry in words.
pub(super) fn entry_label(entry: &AccessEntry) -> String {
    match (&entry.principal.value, &entry.principal.object) {
        (Fact::Known { value, .. }, _) => format!("the access entry for {value}"),
        (Fact::Unknown { .. }, Some(object)) => {
            let address = object
                .0
                .split_once('#')
                .map_or(&*object.0, |(_, address)| address);
            format!("the access entry for {address}")
        }
        (Fact::Unknown { .. }, None) => format!("the access entry at {}", entry.origin),
    }
}

/// Whether nothing lets the pool's nodes in.
pub(super) fn is_refused(context: &ChainContext<'_>) -> bool {
    matches!(context.admitted().admission, Admission::Refused)
}
