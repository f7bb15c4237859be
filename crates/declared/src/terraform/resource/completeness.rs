//! Whether what was read is all there is: modules that cannot be read and resources of unknown
//! number may add to it.

use rolecall_facts::{Completeness, ObjectId, Why};

use super::{Declared, Gap, may_refer_to, refers_to};
use crate::output::Output;
use crate::tree::{Node, Value};

pub(super) fn mark(declared: &Declared, out: &mut Output) {
    let snapshot = &mut out.snapshot;
    for role in &mut snapshot.roles {
        let gap = gap(declared, role.id.as_ref(), role.name.value());
        open(&mut role.policies_complete, gap);
    }
    for cluster in &mut snapshot.clusters {
        let (id, name) = (cluster.id.as_ref(), cluster.name.value());
        let gap = gap(declared, id, name)
            .or_else(|| uncertain(declared, "aws_eks_access_entry", id, name));
        open(&mut cluster.access_entries_complete, gap);
    }
    for entry in &mut snapshot.access_entries {
        let (id, name) = (entry.cluster.object.as_ref(), entry.cluster.value.value());
        let gap = gap(declared, id, name)
            .or_else(|| uncertain(declared, "aws_eks_access_policy_association", id, name));
        open(&mut entry.policies_complete, gap);
    }
}

fn open(completeness: &mut Completeness, why: Option<Why>) {
    if let (true, Some(why)) = (completeness.is_complete(), why) {
        *completeness = Completeness::Partial(why);
    }
}

/// An unreadable module that was given this object.
fn gap(declared: &Declared, id: Option<&ObjectId>, name: Option<&String>) -> Option<Why> {
    let given = |gap: &&Gap| gap.inputs.iter().any(|input| mentions(input, id, name));
    declared.gaps.iter().find(given).map(|gap| gap.why.clone())
}

fn mentions(node: &Node, id: Option<&ObjectId>, name: Option<&String>) -> bool {
    if id.is_some_and(|id| refers_to(node, id, name)) {
        return true;
    }
    match &node.value {
        Value::List(items) => items.iter().any(|item| mentions(item, id, name)),
        Value::Map(entries) => entries.iter().any(|(_, value)| mentions(value, id, name)),
        _ => false,
    }
}

/// A resource of this kind that may belong to the cluster but may not be made, or of which it is
/// open to which cluster it belongs.
fn uncertain(
    declared: &Declared,
    kind: &str,
    id: Option<&ObjectId>,
    name: Option<&String>,
) -> Option<Why> {
    declared.of_kind(kind).find_map(|resource| {
        let cluster = resource.required("cluster_name").text_reference();
        if !may_refer_to(&cluster, id, name) {
            return None;
        }
        let open = cluster.object.is_none() && !cluster.value.is_known();
        resource.uncertain.clone().or_else(|| {
            open.then(|| Why::not_evaluated(format!("the cluster of `{}`", resource.address)))
        })
    })
}
