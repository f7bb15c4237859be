//! Names, ids and ARNs that the provider computes from a resource's arguments.

use rolecall_facts::{Origin, Why};

use super::environment::Environment;
use super::resource::KINDS;
use crate::tree::{Node, Value};

/// Whether an attribute names its resource, so that whoever uses it refers to the resource. Only
/// resources that become facts can be referred to; a role may well be named after a bucket.
pub(crate) fn names_its_resource(kind: &str, attribute: &str) -> bool {
    let names = matches!(
        attribute,
        "name" | "id" | "arn" | "node_group_name" | "endpoint"
    );
    names && KINDS.contains(&kind)
}

/// The value of an attribute that AWS or the provider gives: an ARN put together from name and path,
/// an `id` that is the name. `None` for attributes that do not follow from the arguments.
pub(crate) fn computed(
    kind: &str,
    attribute: &str,
    environment: &Environment,
    origin: &Origin,
    argument: &mut dyn FnMut(&str) -> Option<Node>,
) -> Option<Node> {
    match (kind, attribute) {
        ("aws_iam_role" | "aws_iam_instance_profile" | "aws_eks_cluster", "id" | "name") => {
            Some(name(origin, argument))
        }
        ("aws_iam_policy", "name") => Some(name(origin, argument)),
        ("aws_iam_role", "arn") => Some(iam_arn("role", environment, origin, argument)),
        ("aws_iam_instance_profile", "arn") => {
            Some(iam_arn("instance-profile", environment, origin, argument))
        }
        ("aws_iam_policy", "arn" | "id") => Some(iam_arn("policy", environment, origin, argument)),
        ("aws_eks_cluster", "endpoint") => {
            let why = Why::after_apply("the endpoint of the cluster");
            Some(Node::unknown(why, origin.clone()))
        }
        ("aws_eks_cluster", "arn") => {
            let name = name(origin, argument);
            Some(with_text(&name, |name| {
                format!(
                    "arn:{}:eks:{}:{}:cluster/{name}",
                    environment.partition_text(),
                    environment.region_text(),
                    environment.account_text()
                )
            }))
        }
        _ => None,
    }
}

/// The name as given, or unknown where the provider makes one up.
pub(crate) fn name(origin: &Origin, argument: &mut dyn FnMut(&str) -> Option<Node>) -> Node {
    if let Some(name) = argument("name").filter(|name| name.value != Value::Null) {
        return name;
    }
    let why = match argument("name_prefix") {
        Some(Node {
            value: Value::String(prefix),
            ..
        }) => Why::after_apply(format!("a name that begins with `{prefix}`")),
        _ => Why::after_apply("a name that the provider makes up"),
    };
    Node::unknown(why, origin.clone())
}

fn iam_arn(
    kind: &str,
    environment: &Environment,
    origin: &Origin,
    argument: &mut dyn FnMut(&str) -> Option<Node>,
) -> Node {
    if let Some(provider) = &environment.foreign {
        let why = Why::not_given(format!("the account of provider `{provider}`"));
        return Node::unknown(why, origin.clone());
    }
    let path = argument("path").filter(|path| path.value != Value::Null);
    let path = match path.as_ref().map(|path| &path.value) {
        None => "/",
        Some(Value::String(path)) => path,
        Some(Value::Unknown(why)) => return Node::unknown(why.clone(), origin.clone()),
        Some(_) => {
            return Node::unknown(
                Why::not_evaluated("a path that is not text"),
                origin.clone(),
            );
        }
    };
    let name = name(origin, argument);
    with_text(&name, |name| {
        format!(
            "arn:{}:iam::{}:{kind}{path}{name}",
            environment.partition_text(),
            environment.account_text()
        )
    })
}

fn with_text(node: &Node, write: impl FnOnce(&str) -> String) -> Node {
    match node.text_fact().value() {
        Some(text) => Node::string(&write(text), node.origin.clone()),
        None => node.clone(),
    }
}
