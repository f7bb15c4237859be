//! What the rules about access entries share.

use std::collections::HashMap;

use rolecall_facts::{AccessEntry, Fact};

use crate::context::{Admission, ChainContext, Flavour, type_is};

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

/// Whether an entry is certainly for nodes: of a type that only nodes have
/// (EKS User Guide, "Create access entries").
pub(super) fn is_for_nodes(entry: &AccessEntry) -> bool {
    const OF_NODES: [&str; 5] = [
        "EC2",
        "EC2_LINUX",
        "EC2_WINDOWS",
        "FARGATE_LINUX",
        "HYBRID_LINUX",
    ];
    let kind = entry.entry_type.value();
    kind.is_some_and(|kind| OF_NODES.iter().any(|known| type_is(kind, known)))
}

/// The chains whose role an entry has to do with, by the entry's address.
pub(super) fn pools_by_entry<'c, 'a>(
    contexts: &'c [ChainContext<'a>],
) -> HashMap<*const AccessEntry, Vec<&'c ChainContext<'a>>> {
    let mut pools: HashMap<*const AccessEntry, Vec<&ChainContext<'_>>> = HashMap::new();
    for context in contexts {
        for entry in context
            .entries
            .exact
            .iter()
            .chain(&context.entries.same_name)
        {
            pools
                .entry(std::ptr::from_ref(*entry))
                .or_default()
                .push(context);
        }
    }
    pools
}

/// The entry that lets a pool of Auto Mode in and that the user made, so that its access policy is the
/// user's to associate. An entry of another type is a finding of its own.
pub(super) fn auto_node_entry<'a>(context: &ChainContext<'a>) -> Option<&'a AccessEntry> {
    if context.flavour != Flavour::AutoMode || context.is_built_in() {
        return None;
    }
    // EKS associates the policy where the built-in pools use the role.
    if context.entries.made.is_some() || context.mode().is_some_and(|mode| !mode.has_api()) {
        return None;
    }
    let entry = context.entries.exact.first().copied()?;
    let kind = entry.entry_type.value()?;
    type_is(kind, "EC2").then_some(entry)
}
