//! Finding the object that a reference or selector means.

use std::collections::HashMap;

use rolecall_facts::ObjectId;

use super::Pending;
use crate::tree::Node;

/// All kept objects by group, kind and namespace.
pub(super) struct Index<'a> {
    by_kind: HashMap<String, Vec<&'a Node>>,
}

/// What a selector finds.
pub(super) enum Selected<'a> {
    One(&'a Node),
    None,
    Several,
}

impl<'a> Index<'a> {
    pub(super) fn new(pending: &'a [Pending]) -> Self {
        let mut by_kind: HashMap<_, Vec<&Node>> = HashMap::new();
        for object in pending {
            by_kind
                .entry(key(&object.group, &object.kind, namespace(&object.node)))
                .or_default()
                .push(&object.node);
        }
        Self { by_kind }
    }

    fn of(&self, group: &str, kind: &str, namespace: &str) -> &[&'a Node] {
        self.by_kind
            .get(&key(group, kind, namespace))
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    pub(super) fn named(
        &self,
        group: &str,
        kind: &str,
        namespace: &str,
        name: &str,
    ) -> Option<&'a Node> {
        let objects = self.of(group, kind, namespace).iter();
        objects.copied().find(|node| metadata_name(node) == name)
    }

    /// The object that has all labels of `matchLabels`, if exactly one has.
    pub(super) fn selected(
        &self,
        group: &str,
        kind: &str,
        namespace: &str,
        selector: &Node,
    ) -> Selected<'a> {
        let Some(wanted) = selector.get("matchLabels") else {
            return match self.of(group, kind, namespace) {
                [only] if selector.get("matchControllerRef").is_none() => Selected::One(only),
                [] => Selected::None,
                _ => Selected::Several,
            };
        };
        let fits = |node: &&&Node| {
            let labels = node.at(&["metadata", "labels"]);
            wanted.entries().all(|(key, value)| {
                let has = key
                    .as_str()
                    .and_then(|key| labels.and_then(|labels| labels.get(key)));
                has.is_some_and(|has| has.text_fact().value() == value.text_fact().value())
            })
        };
        let mut found = self.of(group, kind, namespace).iter().filter(fits);
        match (found.next(), found.next()) {
            (Some(one), None) => Selected::One(one),
            (None, _) => Selected::None,
            _ => Selected::Several,
        }
    }
}

fn key(group: &str, kind: &str, namespace: &str) -> String {
    format!("{group}/{kind}/{namespace}")
}

pub(super) fn namespace(node: &Node) -> &str {
    node.at(&["metadata", "namespace"])
        .and_then(Node::as_str)
        .unwrap_or_default()
}

pub(super) fn metadata_name(node: &Node) -> &str {
    node.at(&["metadata", "name"])
        .and_then(Node::as_str)
        .unwrap_or_default()
}

pub(super) fn object_id(group: &str, kind: &str, namespace: &str, name: &str) -> ObjectId {
    ObjectId::new(group, &format!("{kind}/{namespace}/{name}"))
}
