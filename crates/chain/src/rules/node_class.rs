//! What the rules about node classes and role references share.

use rolecall_facts::{NodeClass, NodeClassKind, Origin, Reference};

use crate::context::ChainContext;

/// A class in words.
pub(super) fn class_label(class: &NodeClass) -> String {
    format!("{} `{}`", class.kind, class.name)
}

/// The place of a field of a class, or else of the class.
pub(super) fn place_of<'a, T>(written: &'a Reference<T>, class: &'a NodeClass) -> &'a Origin {
    written.value.origin().unwrap_or(&class.origin)
}

/// The classes of a kind that may belong to the pool's cluster, in order of their names.
pub(super) fn classes_given<'a>(
    context: &ChainContext<'a>,
    kind: NodeClassKind,
) -> Vec<&'a NodeClass> {
    let mut classes: Vec<&NodeClass> = context
        .world
        .snapshot
        .node_classes
        .iter()
        .filter(|class| class.kind == kind && context.may_hold(class.cluster.as_ref()))
        .collect();
    classes.sort_by(|left, right| (&left.name, &left.origin).cmp(&(&right.name, &right.origin)));
    classes
}
