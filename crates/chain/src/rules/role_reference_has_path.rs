use super::node_class::{class_label, place_of};
use super::role_reference_is_arn::{bare_name, severity};
use crate::context::{ChainContext, ReferenceFault, RoleReference};
use crate::rule::rule;
use crate::{Evidence, Finding};

rule! {
    /// ## What it checks
    /// That `spec.role` of a node class is the role's bare name, without the path the role lives under.
    ///
    /// ## Why nodes fail
    /// A role's path is no part of its name. `iam:AddRoleToInstanceProfile` takes the name and answers
    /// `platform/eks/WebNodeRole` with ValidationError, `The specified value for roleName is invalid.
    /// It must contain only alphanumeric characters and/or the following: +=,.@_-`. Auto Mode documents
    /// the field as the name of the role (EKS User Guide, "Create a Node Class for Amazon EKS"); that
    /// it takes a path off by itself is not documented. Karpenter takes it off since
    /// aws/karpenter-provider-aws#7524, but compares the whole text with the name it reads back and so
    /// makes a new instance profile each cycle, until the quota is used up
    /// (aws/karpenter-provider-aws#8838): there it is a warning.
    ///
    /// ## Example
    /// ```yaml nodes.yaml
    /// apiVersion: eks.amazonaws.com/v1
    /// kind: NodeClass
    /// metadata:
    ///   name: web
    /// spec:
    ///   role: platform/eks/WebNodeRole
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
    pub(super) ROLE_REFERENCE_HAS_PATH = RC202 "role-reference-has-path", Error, RoleReference, Chain(check)
}

fn check(context: &ChainContext<'_>) -> Vec<Finding> {
    let (
        Some(class),
        RoleReference::Name {
            written,
            bare,
            fault: Some(ReferenceFault::HasPath),
        },
    ) = (context.class.found(), &context.reference)
    else {
        return Vec::new();
    };
    let (Some(text), Some(name)) = (written.value.value(), bare) else {
        return Vec::new();
    };
    let label = class_label(class);
    let message =
        format!("{label} names its role with a path, `{text}`, but `spec.role` is the bare name");
    let mut finding = Finding::new(
        &ROLE_REFERENCE_HAS_PATH,
        format!("{} {}", class.kind, class.name),
        message,
    )
    .at(place_of(written, class))
    .severity(severity(context))
    .evidence(Evidence::fact(
        "iam:AddRoleToInstanceProfile takes the role by name; a name holds no `/`",
        None,
    ));
    if !name.is_empty() {
        finding = finding.repair(bare_name(context, name));
    }
    vec![finding]
}
