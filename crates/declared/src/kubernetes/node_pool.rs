//! `NodePool` and `NodeClaim` of karpenter.sh (v1 and v1beta1), which Auto Mode uses too.

use rolecall_facts::{Fact, LabelKey, NodeClaim, NodeClassKind, NodeClassRef, NodePool, Why};

use super::object::{Object, group_of};
use crate::output::Output;
use crate::tree::Node;

pub(super) fn read_pool(object: &Object<'_>, output: &mut Output) {
    let template = object.node.look(&["spec", "template"]);
    let reference = template.and_then(|template| template.look(&["spec", "nodeClassRef"]));
    let mut node_class_ref = reference.map_or_else(
        || Fact::unknown_at(Why::not_given("`nodeClassRef`"), object.origin()),
        node_class_ref,
    );
    if let Fact::Known { value, .. } = &mut node_class_ref {
        if is_of_another_cloud(value) {
            return;
        }
        if value.group.is_empty() && value.kind.is_empty() && is_v1beta1(object) {
            NodeClassKind::Karpenter
                .group()
                .clone_into(&mut value.group);
            NodeClassKind::Karpenter.kind().clone_into(&mut value.kind);
        }
    }
    output.snapshot.node_pools.push(NodePool {
        name: object.name(),
        cluster: None,
        node_class_ref,
        label_keys: template.map(label_keys).unwrap_or_default(),
        conditions: object.conditions(),
        origin: object.origin(),
    });
}

/// Whether the class is one of a provider of Karpenter for another cloud, such as `AKSNodeClass` of
/// karpenter.azure.com, which no EKS cluster has. What is only a misspelling of AWS's own is not.
fn is_of_another_cloud(reference: &NodeClassRef) -> bool {
    let known = [NodeClassKind::AutoMode, NodeClassKind::Karpenter].map(|class| class.kind());
    let of_aws = ["aws", "amazon", "eks"];
    !reference.group.is_empty()
        && !reference.kind.is_empty()
        && !known.contains(&reference.kind.as_str())
        && !of_aws.iter().any(|word| reference.group.contains(word))
}

/// Whether the object is of the version whose references may leave group and kind out, as only
/// Karpenter for AWS read it (Karpenter, "v1 Migration").
fn is_v1beta1(object: &Object<'_>) -> bool {
    let version = object.node.get("apiVersion").and_then(Node::as_str);
    version == Some("karpenter.sh/v1beta1")
}

/// The reference, at the place of its name. Before v1 it had an `apiVersion` in place of the `group`
/// (Karpenter, "v1 Migration").
fn node_class_ref(node: &Node) -> Fact<NodeClassRef> {
    let text = |key: &str| match node.look(&[key]) {
        Some(value) => value.text_fact(),
        None => Fact::known(String::new(), node.origin.clone()),
    };
    let group = match node.look(&["group"]) {
        Some(group) => group.text_fact(),
        None => text("apiVersion").map(|version| group_of(&version).to_owned()),
    };
    let (kind, name) = (text("kind"), text("name"));
    match (group, kind, name) {
        (
            Fact::Known { value: group, .. },
            Fact::Known { value: kind, .. },
            Fact::Known {
                value: name,
                origin,
            },
        ) => Fact::known(NodeClassRef { group, kind, name }, origin),
        (group, kind, name) => {
            let open = [group, kind, name]
                .into_iter()
                .find(|fact| !fact.is_known());
            open.map_or_else(
                || Fact::unknown(Why::not_evaluated("`nodeClassRef`")),
                |open| {
                    open.map(|_| NodeClassRef {
                        group: String::new(),
                        kind: String::new(),
                        name: String::new(),
                    })
                },
            )
        }
    }
}

fn label_keys(template: &Node) -> Vec<LabelKey> {
    let labels = template.at(&["metadata", "labels"]).into_iter();
    let set = labels.flat_map(Node::entries).map(|(key, _)| key);
    let requirements = template.at(&["spec", "requirements"]);
    let required = requirements
        .map(Node::items)
        .unwrap_or_default()
        .iter()
        .filter_map(|requirement| requirement.get("key"));
    set.chain(required)
        .filter_map(|key| {
            Some(LabelKey {
                key: key.as_str()?.to_owned(),
                origin: key.origin.clone(),
            })
        })
        .collect()
}

pub(super) fn read_claim(object: &Object<'_>, output: &mut Output) {
    let labels = object.node.at(&["metadata", "labels"]);
    let pool = labels.and_then(|labels| labels.get("karpenter.sh/nodepool"));
    let status = |key: &str| {
        let field = object.node.at(&["status", key]);
        field.and_then(Node::as_str).map(str::to_owned)
    };
    output.snapshot.node_claims.push(NodeClaim {
        name: object.name(),
        cluster: None,
        node_pool: pool.and_then(Node::as_str).map(str::to_owned),
        node_name: status("nodeName"),
        instance_id: status("providerID").and_then(|id| Some(id.rsplit_once('/')?.1.to_owned())),
        conditions: object.conditions(),
        origin: object.origin(),
    });
}
