//! From Terraform resources to facts, the same way for plans, states and configurations.

mod access;
mod cluster;
mod completeness;
mod kubernetes;
mod node_group;
mod policy;
mod role;
mod role_policies;

pub(crate) use kubernetes::{FILE_TAG, HEREDOC_TAG, cluster_of_provider, drop_read_twice};

use std::sync::Arc;

use rolecall_facts::{ObjectId, Origin, Reference, Why};

use super::environment::Environment;
use crate::output::Output;
use crate::tree::{Node, Value};

/// One instance of a resource, with its arguments evaluated.
#[derive(Debug, Clone)]
pub(crate) struct Resource {
    /// The type, such as `aws_iam_role`.
    pub(crate) kind: Box<str>,
    /// The whole address, such as `module.a["x"].aws_iam_role.node[0]`.
    pub(crate) address: Arc<str>,
    pub(crate) id: ObjectId,
    /// Arguments by name; blocks are lists of maps.
    pub(crate) body: Node,
    pub(crate) environment: Environment,
    /// The cluster of the provider, for Kubernetes objects.
    pub(crate) cluster: Option<Reference<String>>,
    pub(crate) change: Change,
    /// Why it is not sure that this instance is made, when `count` or `for_each` is unknown. Its
    /// arguments are then evaluated as far as they go without an instance key.
    pub(crate) uncertain: Option<Why>,
}

/// What the plan does with a resource, as far as that matters here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Change {
    /// Nothing, an update, or not known.
    #[default]
    Kept,
    Created,
    /// Deleted and made again; what forces that.
    Replaced(String),
}

/// Something that may declare more than was read: a module that cannot be read, with its inputs.
#[derive(Debug, Clone)]
pub(crate) struct Gap {
    pub(crate) why: Why,
    pub(crate) inputs: Vec<Node>,
}

/// Everything one root module declares.
#[derive(Debug, Default)]
pub(crate) struct Declared {
    pub(crate) resources: Vec<Resource>,
    pub(crate) gaps: Vec<Gap>,
    /// Attachments that the plan takes away: role name and policy ARN or inline policy name.
    pub(crate) detached: Vec<(String, String)>,
}

/// The resource types that are read; all others cost nothing.
pub(crate) const KINDS: [&str; 18] = [
    "aws_eks_access_entry",
    "aws_eks_access_policy_association",
    "aws_eks_cluster",
    "aws_eks_node_group",
    "aws_eks_pod_identity_association",
    "aws_iam_instance_profile",
    "aws_iam_policy",
    "aws_iam_policy_attachment",
    "aws_iam_role",
    "aws_iam_role_policies_exclusive",
    "aws_iam_role_policy",
    "aws_iam_role_policy_attachment",
    "aws_iam_role_policy_attachments_exclusive",
    "kubectl_manifest",
    "kubernetes_config_map",
    "kubernetes_config_map_v1",
    "kubernetes_config_map_v1_data",
    "kubernetes_manifest",
];

impl Resource {
    /// An argument; `None` where it is not set.
    pub(super) fn argument(&self, name: &str) -> Option<&Node> {
        self.body.get(name)
    }

    /// The first block of a name, in any of the ways a block is written.
    pub(super) fn block(&self, name: &str) -> Option<&Node> {
        self.argument(name).and_then(|node| blocks(node).next())
    }

    pub(super) fn origin(&self) -> Origin {
        self.body.origin.clone()
    }

    /// A required argument; unknown where it is missing.
    pub(super) fn required(&self, name: &str) -> Node {
        self.argument(name).cloned().unwrap_or_else(|| {
            Node::unknown(
                Why::not_given(format!("`{name}` of `{}`", self.address)),
                self.origin(),
            )
        })
    }
}

/// The blocks in an argument: the items of a list, or the one map.
pub(crate) fn blocks(node: &Node) -> impl Iterator<Item = &Node> {
    let single = matches!(node.value, Value::Map(_)).then_some(node);
    node.items().iter().chain(single)
}

/// Whether a value is this object, or text that equals the object's known name.
fn refers_to(node: &Node, id: &ObjectId, name: Option<&String>) -> bool {
    match &node.object {
        Some(object) => object == id,
        None => name.is_some() && node.as_str() == name.map(String::as_str),
    }
}

/// Whether a value may be the name of this object: it is, or it is open which object it names.
fn may_refer_to(
    reference: &Reference<String>,
    id: Option<&ObjectId>,
    name: Option<&String>,
) -> bool {
    match (&reference.object, reference.value.value(), name) {
        (Some(object), _, _) => Some(object) == id,
        (None, Some(text), Some(name)) => text == name,
        _ => true,
    }
}

impl Declared {
    fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Resource> {
        self.resources.iter().filter(move |r| *r.kind == *kind)
    }

    /// Those of a kind that are surely made.
    fn certain<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Resource> {
        self.of_kind(kind).filter(|r| r.uncertain.is_none())
    }

    /// Turns everything into facts.
    pub(crate) fn read_into(&self, out: &mut Output) {
        role::read(self, out);
        policy::read(self, out);
        cluster::read(self, out);
        access::read(self, out);
        node_group::read(self, out);
        kubernetes::read(self, out);
        role_policies::read(self, out);
        completeness::mark(self, out);
    }
}
