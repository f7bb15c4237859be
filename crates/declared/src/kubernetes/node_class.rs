//! `NodeClass` of Auto Mode (eks.amazonaws.com/v1) and `EC2NodeClass` of Karpenter (v1, v1beta1).

use rolecall_facts::{NodeClass, NodeClassKind, Tag};

use super::object::Object;
use crate::output::Output;
use crate::tree::Node;

pub(super) fn read(object: &Object<'_>, output: &mut Output) {
    let kind = if object.group == NodeClassKind::AutoMode.group() {
        NodeClassKind::AutoMode
    } else {
        NodeClassKind::Karpenter
    };
    let field = |key: &str| object.spec().and_then(|spec| spec.get(key));
    let tags = field("tags").map(|tags| {
        tags.entries().filter_map(|(key, value)| {
            Some(Tag {
                key: match key.text_fact() {
                    rolecall_facts::Fact::Known { value, .. } => value,
                    rolecall_facts::Fact::Unknown { .. } => return None,
                },
                value: value.text_fact(),
            })
        })
    });
    output.snapshot.node_classes.push(NodeClass {
        kind,
        name: object.name(),
        cluster: None,
        // Where all of the spec is unknown, so is the role; that there is a profile besides must not be
        // said.
        role: object
            .node
            .look(&["spec", "role"])
            .map(Node::text_reference),
        instance_profile: field("instanceProfile").map(Node::text_reference),
        tags: tags.map(Iterator::collect).unwrap_or_default(),
        conditions: object.conditions(),
        id: object.node.object.clone(),
        origin: object.origin(),
    });
}
