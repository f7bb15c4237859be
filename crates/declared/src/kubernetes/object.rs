//! What every Kubernetes object has.

use rolecall_facts::{Condition, Fact, Origin};

use crate::tree::Node;

/// An object with its group and kind.
pub(super) struct Object<'a> {
    pub(super) node: &'a Node,
    /// The API group; empty for the core group.
    pub(super) group: &'a str,
    pub(super) kind: &'a str,
}

impl<'a> Object<'a> {
    pub(super) fn new(node: &'a Node, api_version: &'a str, kind: &'a str) -> Self {
        Self {
            node,
            group: group_of(api_version),
            kind,
        }
    }

    pub(super) fn spec(&self) -> Option<&'a Node> {
        self.node.get("spec")
    }

    /// The object's name as written; empty when it has none or it is unknown.
    pub(super) fn name(&self) -> String {
        match self.node.at(&["metadata", "name"]).map(Node::text_fact) {
            Some(Fact::Known { value, .. }) => value,
            _ => String::new(),
        }
    }

    /// The namespace as written; empty when it has none.
    pub(super) fn namespace(&self) -> &'a str {
        self.node
            .at(&["metadata", "namespace"])
            .and_then(Node::as_str)
            .unwrap_or_default()
    }

    /// Where the object is best shown: at its name, else at its kind, else at its beginning.
    pub(super) fn origin(&self) -> Origin {
        self.node
            .at(&["metadata", "name"])
            .or_else(|| self.node.get("kind"))
            .unwrap_or(self.node)
            .origin
            .clone()
    }

    /// The status conditions, where the object was read from a cluster.
    pub(super) fn conditions(&self) -> Vec<Condition> {
        let conditions = self.node.at(&["status", "conditions"]);
        conditions
            .map(Node::items)
            .unwrap_or_default()
            .iter()
            .map(|condition| {
                let text = |key: &str| {
                    let fact = condition.get(key).map(Node::text_fact);
                    match fact {
                        Some(Fact::Known { value, .. }) => value,
                        _ => String::new(),
                    }
                };
                Condition {
                    kind: text("type"),
                    // Written without quotes, `True` is a boolean.
                    status: match text("status").as_str() {
                        "true" => "True".to_owned(),
                        "false" => "False".to_owned(),
                        other => other.to_owned(),
                    },
                    reason: text("reason"),
                    message: text("message"),
                }
            })
            .collect()
    }
}

/// The group of an API version: `karpenter.sh` of `karpenter.sh/v1`, nothing of `v1`.
pub(super) fn group_of(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}
