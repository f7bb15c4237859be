//! What a node may do: a small node authoriser, and the part of NodeRestriction that keeps a node to its
//! own `Node` and `Lease`.

use serde_json::Value;

use crate::object;
use crate::status::Status;
use crate::user::{Attributes, User};

const NODE_LEASES: &str = "kube-node-lease";

/// The node that a user is, if it is one.
pub(crate) fn node_name(user: &User) -> Option<&str> {
    let name = user.name.strip_prefix("system:node:")?;
    (user.is_in("system:nodes") && !name.is_empty()).then_some(name)
}

/// What the node authoriser allows.
pub(crate) fn node_allows(user: &User, ask: &Attributes<'_>) -> bool {
    let Some(node) = node_name(user) else {
        return false;
    };
    let own = ask.name == node;
    match (ask.group, ask.resource, ask.subresource, ask.verb) {
        ("", "nodes", "", "create") => true,
        // A list or watch of one's own name carries that name.
        ("", "nodes", "", "get" | "list" | "watch" | "update" | "patch" | "delete") => own,
        ("", "nodes", "status", "update" | "patch" | "get") => own,
        ("", "pods", "", "get" | "list" | "watch" | "create" | "delete") => true,
        ("", "pods", "status", "update" | "patch") => true,
        ("", "services", "", "get" | "list" | "watch") => true,
        ("" | "events.k8s.io", "events", "", "create" | "update" | "patch") => true,
        ("coordination.k8s.io", "leases", "", verb) => {
            ask.namespace == NODE_LEASES
                && (verb == "create"
                    || (own && matches!(verb, "get" | "update" | "patch" | "delete")))
        }
        ("storage.k8s.io", "csinodes", "", verb) => {
            verb == "create" || (own && matches!(verb, "get" | "update" | "patch" | "delete"))
        }
        ("authentication.k8s.io", "tokenreviews", "", "create") => true,
        (
            "authorization.k8s.io",
            "subjectaccessreviews" | "localsubjectaccessreviews",
            "",
            "create",
        ) => true,
        _ => false,
    }
}

/// What NodeRestriction refuses of a write that a node may make as such. `name` is the object's.
pub(crate) fn restrict_node(
    user: &User,
    resource: &str,
    name: &str,
    old: Option<&Value>,
    new: Option<&Value>,
) -> Result<(), Status> {
    let Some(node) = node_name(user) else {
        return Ok(());
    };
    match resource {
        "nodes" => {
            if name != node {
                let why = format!("node {node:?} is not allowed to modify node {name:?}");
                return Err(Status::forbidden("", "nodes", name, &why));
            }
            restrict_labels(node, old, new)
        }
        "leases" if name != node => Err(Status::forbidden(
            "coordination.k8s.io",
            "leases",
            name,
            "can only access node lease with the same name as the requesting node",
        )),
        "csinodes" if name != node => Err(Status::forbidden(
            "storage.k8s.io",
            "csinodes",
            name,
            "can only access CSINode with the same name as the requesting node",
        )),
        _ => Ok(()),
    }
}

/// A node may not set labels that others use to keep work away from it.
fn restrict_labels(node: &str, old: Option<&Value>, new: Option<&Value>) -> Result<(), Status> {
    let before = old.and_then(object::labels);
    let after = new.and_then(object::labels);
    let mut wrong: Vec<&str> = Vec::new();
    for (key, value) in after.into_iter().flatten() {
        let same = before.is_some_and(|before| before.get(key) == Some(value));
        let reserved = key.split_once('/').is_some_and(|(prefix, _)| {
            prefix == "node-restriction.kubernetes.io"
                || prefix.ends_with(".node-restriction.kubernetes.io")
        });
        if reserved && !same {
            wrong.push(key);
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    wrong.sort_unstable();
    let why = format!("is not allowed to modify labels: {}", wrong.join(", "));
    Err(Status::forbidden("", "nodes", node, &why))
}
