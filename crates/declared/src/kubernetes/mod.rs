//! Kubernetes objects: Karpenter's and Auto Mode's own, `aws-auth`, and AWS resources as ACK and
//! Crossplane declare them.

mod ack;
pub(crate) mod aws_auth;
pub(crate) mod crossplane;
mod node_class;
mod node_pool;
mod object;
pub(crate) mod placeholder;

use object::Object;

use crate::Manifest;
use crate::output::Output;
use crate::tree::Node;

/// Reads one object, or every object of a list. Kinds that hold no facts are passed over.
///
/// The node may come from a manifest or from another language (Terraform's `kubernetes_manifest`),
/// with unknown values and references to declared objects in it.
pub(crate) fn read_object(node: &Node, output: &mut Output) {
    let text = |key: &str| node.get(key).and_then(Node::as_str).unwrap_or_default();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    if kind.ends_with("List") && node.get("items").is_some() {
        for item in node.get("items").map(Node::items).unwrap_or_default() {
            if item.get("kind").is_some() {
                read_object(item, output);
            } else {
                // The items of a typed list may leave out what the list's own kind says.
                let kind = kind.trim_end_matches("List");
                read(&Object::new(item, api_version, kind), output);
            }
        }
        return;
    }
    read(&Object::new(node, api_version, kind), output);
}

fn is_of_the_chain(object: &Object<'_>) -> bool {
    matches!(
        (object.group, object.kind),
        ("karpenter.sh", "NodePool" | "NodeClaim")
            | ("eks.amazonaws.com", "NodeClass")
            | ("karpenter.k8s.aws", "EC2NodeClass")
    ) || (object.group.is_empty() && object.kind == "ConfigMap" && object.name() == "aws-auth")
}

fn read(object: &Object<'_>, output: &mut Output) {
    if is_of_the_chain(object) {
        let mut unknown = Vec::new();
        let json = object.node.to_json(&mut unknown);
        output.manifests.push(Manifest {
            object: json,
            unknown,
            origin: object.origin(),
        });
    }
    match (object.group, object.kind) {
        ("karpenter.sh", "NodePool") => node_pool::read_pool(object, output),
        ("karpenter.sh", "NodeClaim") => node_pool::read_claim(object, output),
        ("eks.amazonaws.com", "NodeClass") | ("karpenter.k8s.aws", "EC2NodeClass") => {
            node_class::read(object, output);
        }
        ("", "ConfigMap") if object.name() == "aws-auth" => aws_auth::read(object, output),
        (group, _) if group.ends_with(".services.k8s.aws") => ack::read(object, output),
        (group, _) if group.ends_with(".upbound.io") => crossplane::read(object, output),
        _ => {}
    }
}
