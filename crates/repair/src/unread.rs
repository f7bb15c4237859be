//! What could not be read, so that it is neither there nor gone.

use rolecall_facts::{Origin, Snapshot};

const LIST: &str = "kubernetes:list";

/// Whether a call for something was not answered; what it was for begins so.
pub(crate) fn is_of(snapshot: &Snapshot, call: &str, target: &str) -> bool {
    let mut unread = snapshot.unread.iter();
    unread.any(|unread| match &unread.origin {
        Origin::Api(api) => &*api.call == call && api.target.starts_with(target),
        Origin::File(_) => false,
    })
}

/// Whether there may be node pools besides those that are shown. Of an API server that was not reached
/// they stand for all of its objects.
pub(crate) fn are_node_pools(snapshot: &Snapshot) -> bool {
    is_of(snapshot, LIST, "nodepools")
}

/// Whether there may be node classes besides those that are shown.
pub(crate) fn are_node_classes(snapshot: &Snapshot) -> bool {
    let kinds = ["nodeclasses", "ec2nodeclasses"].iter();
    let mut unread = kinds.map(|kind| is_of(snapshot, LIST, kind));
    unread.any(|unread| unread) || are_node_pools(snapshot)
}

/// Whether this managed node group may be there although it is not shown.
pub(crate) fn is_node_group(snapshot: &Snapshot, name: &str) -> bool {
    is_of(snapshot, "eks:ListNodegroups", "") || is_of(snapshot, "eks:DescribeNodegroup", name)
}

/// Whether a pool may be there although it is not shown; as plans name it, such as `NodePool web`.
pub(crate) fn is_pool(snapshot: &Snapshot, pool: &str) -> bool {
    match pool.rsplit_once(' ') {
        Some(("NodePool", _)) => are_node_pools(snapshot),
        Some(("managed node group", name)) => is_node_group(snapshot, name),
        // Of others the cluster tells only by its nodes, instances and entries.
        _ => !snapshot.unread.is_empty(),
    }
}
