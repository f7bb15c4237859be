use rolecall_facts::{NodeClass, Reference};

use super::node_class::{class_label, classes_given};
use crate::context::{ChainContext, RoleReference};
use crate::repairs::{INSTANCE_PROFILE_NAME, NODE_ROLE_NAME, set_class_field};
use crate::rule::rule;
use crate::{Finding, Safety};

rule! {
    /// ## What it checks
    /// That a node class names exactly one of `spec.role` and `spec.instanceProfile`, and that the one
    /// is not empty.
    ///
    /// ## Why nodes fail
    /// The API server refuses the class: `must specify exactly one of ['role', 'instanceProfile']`
    /// (aws/karpenter-provider-aws, `pkg/apis/v1/ec2nodeclass.go`; EKS User Guide, "Create a Node Class
    /// for Amazon EKS"). Where an older class is in place, the pool keeps using that.
    ///
    /// ## Example
    /// ```yaml nodes.yaml
    /// apiVersion: eks.amazonaws.com/v1
    /// kind: NodeClass
    /// metadata:
    ///   name: web
    /// spec:
    ///   role: WebNodeRole
    ///   instanceProfile: eks-web-nodes
    /// ---
    /// apiVersion: karpenter.sh/v1
    /// kind: NodePool
    /// metadata:
    ///   name: web
    /// spec:
    ///   template:
    ///     spec:
    ///       nodeClassRef:
    ///         group: eks.amazonaws.com
    ///         kind: NodeClass
    ///         name: web
    /// ```
    ///
    /// ## Fix
    /// ```yaml nodes.yaml
    /// apiVersion: eks.amazonaws.com/v1
    /// kind: NodeClass
    /// metadata:
    ///   name: web
    /// spec:
    ///   role: WebNodeRole
    /// ---
    /// apiVersion: karpenter.sh/v1
    /// kind: NodePool
    /// metadata:
    ///   name: web
    /// spec:
    ///   template:
    ///     spec:
    ///       nodeClassRef:
    ///         group: eks.amazonaws.com
    ///         kind: NodeClass
    ///         name: web
    /// ```
    ///
    /// ## Permissions needed
    /// None in AWS. In the cluster, `get` and `list` on node classes; none for files.
    pub(super) ROLE_AND_INSTANCE_PROFILE = RC203 "role-and-instance-profile", Error, RoleReference, Chain(check)
}

fn check(context: &ChainContext<'_>) -> Vec<Finding> {
    let Some(class) = context.class.found() else {
        return Vec::new();
    };
    let label = class_label(class);
    let message = match &context.reference {
        RoleReference::Both { role, profile } if is_set(role) && is_set(profile) => {
            format!("{label} names both a role and an instance profile")
        }
        RoleReference::Neither if !is_a_part(context, class) => {
            format!("{label} names neither a role nor an instance profile")
        }
        RoleReference::Name { written, .. } if is_empty(written) => {
            format!("{label} names an empty role")
        }
        RoleReference::Profile { written, .. } if is_empty(written) => {
            format!("{label} names an empty instance profile")
        }
        _ => return Vec::new(),
    };
    let mut finding = Finding::new(
        &ROLE_AND_INSTANCE_PROFILE,
        format!("{} {}", class.kind, class.name),
        message,
    );
    let written = [&class.role, &class.instance_profile];
    for place in written
        .into_iter()
        .flatten()
        .filter_map(|field| field.value.origin())
    {
        finding = finding.at(place);
    }
    let name = text(&class.role)
        .or(context.role.name())
        .unwrap_or(NODE_ROLE_NAME);
    let profile = text(&class.instance_profile).unwrap_or(INSTANCE_PROFILE_NAME);
    let keep = |field, value: &str, other| {
        let action = format!(
            "Name only the {}",
            if field == "role" {
                "role"
            } else {
                "instance profile"
            }
        );
        set_class_field(
            context,
            class,
            action,
            Safety::ByHand,
            (field, value),
            &[other],
        )
    };
    vec![
        finding
            .at(&class.origin)
            .repair(keep("role", name, "instanceProfile"))
            .repair(keep("instanceProfile", profile, "role")),
    ]
}

fn text(field: &Option<Reference<String>>) -> Option<&str> {
    let text = field.as_ref()?.value.value()?;
    (!text.is_empty()).then_some(text)
}

/// Whether the field is certainly there: a value that is not known may be null.
fn is_set(field: &Reference<String>) -> bool {
    field.value.is_known() || field.object.is_some()
}

fn is_empty(field: &Reference<String>) -> bool {
    field.object.is_none() && field.value.value().is_some_and(String::is_empty)
}

/// Whether the class is only a part of one that is given elsewhere, as patches of Kustomize are.
fn is_a_part(context: &ChainContext<'_>, class: &NodeClass) -> bool {
    classes_given(context, class.kind).iter().any(|other| {
        other.name == class.name && (other.role.is_some() || other.instance_profile.is_some())
    })
}
