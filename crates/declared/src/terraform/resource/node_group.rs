//! `aws_eks_node_group`.

use rolecall_facts::{Fact, NodeGroup, NodeGroupKind, Why};

use super::{Declared, Resource};
use crate::output::Output;
use crate::tree::Node;

pub(super) fn read(declared: &Declared, out: &mut Output) {
    out.snapshot
        .node_groups
        .extend(declared.certain("aws_eks_node_group").map(managed));
}

fn managed(resource: &Resource) -> NodeGroup {
    NodeGroup {
        id: Some(resource.id.clone()),
        kind: NodeGroupKind::Managed,
        name: name(resource),
        cluster: resource.required("cluster_name").text_reference(),
        role: Some(resource.required("node_role_arn").principal_reference()),
        instance_profile: None,
        windows: windows(resource),
        origin: resource.origin(),
    }
}

fn name(resource: &Resource) -> Fact<String> {
    if let Some(name) = resource.argument("node_group_name") {
        return name.text_fact();
    }
    let why = match resource
        .argument("node_group_name_prefix")
        .and_then(Node::as_str)
    {
        Some(prefix) => Why::after_apply(format!("a name that begins with `{prefix}`")),
        None => Why::after_apply("a name that the provider makes up"),
    };
    Fact::unknown_at(why, resource.origin())
}

/// Windows AMI types are named so; `CUSTOM` leaves it to the launch template's image (Amazon EKS API
/// Reference, `Nodegroup`). Without a type the API takes Amazon Linux or Bottlerocket, or the image
/// of the launch template.
fn windows(resource: &Resource) -> Fact<bool> {
    match resource.argument("ami_type") {
        Some(kind) => match kind.text_fact() {
            Fact::Known { value, origin } if value == "CUSTOM" => Fact::unknown_at(
                Why::not_given("the operating system of a custom image"),
                origin,
            ),
            known => known.map(|kind| kind.starts_with("WINDOWS_")),
        },
        None if resource.argument("launch_template").is_some() => Fact::unknown_at(
            Why::not_given("the operating system of the launch template's image"),
            resource.origin(),
        ),
        None => Fact::known(false, resource.origin()),
    }
}
