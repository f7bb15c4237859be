use rolecall_facts::Principal;

use super::node_class::{class_label, place_of};
use crate::context::{ChainContext, Flavour, ReferenceFault, RoleReference};
use crate::repairs::set_class_field;
use crate::rule::rule;
use crate::{Edit, Evidence, Finding, Repair, Safety, Severity, Tool};

rule! {
    /// ## What it checks
    /// That `spec.role` of a node class is a role's name and not its ARN. A managed node group is the
    /// other way round: its `nodeRole` is the full ARN.
    ///
    /// ## Why nodes fail
    /// The controller hands the text to `iam:AddRoleToInstanceProfile`, which takes a name and answers
    /// an ARN with ValidationError, `The specified value for roleName is invalid`; the instance profile
    /// stays without a role. Karpenter takes what follows the last slash since
    /// aws/karpenter-provider-aws#7524, but then never finds the name it wrote and makes a new
    /// instance profile each cycle, until the quota is used up (aws/karpenter-provider-aws#8838): there
    /// it is a warning.
    ///
    /// ## Example
    /// ```yaml nodes.yaml
    /// apiVersion: eks.amazonaws.com/v1
    /// kind: NodeClass
    /// metadata:
    ///   name: web
    /// spec:
    ///   role: arn:aws:iam::111122223333:role/platform/eks/WebNodeRole
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
    pub(super) ROLE_REFERENCE_IS_ARN = RC201 "role-reference-is-arn", Error, RoleReference, Chain(check)
}

fn check(context: &ChainContext<'_>) -> Vec<Finding> {
    let (
        Some(class),
        RoleReference::Name {
            written,
            bare,
            fault: Some(ReferenceFault::IsArn),
        },
    ) = (context.class.found(), &context.reference)
    else {
        return Vec::new();
    };
    let (Some(text), Some(last)) = (written.value.value(), bare) else {
        return Vec::new();
    };
    let label = class_label(class);
    let message = format!("{label} gives its role as the ARN `{text}`, but `spec.role` is a name");
    let finding = Finding::new(
        &ROLE_REFERENCE_IS_ARN,
        format!("{} {}", class.kind, class.name),
        message,
    )
    .at(place_of(written, class))
    .severity(severity(context))
    .evidence(Evidence::fact(
        "iam:AddRoleToInstanceProfile takes the role by name; a name holds neither `:` nor `/`",
        None,
    ));
    if text.contains(":instance-profile/") {
        let action =
            format!("Name the instance profile `{last}` in `spec.instanceProfile` instead");
        let field = ("instanceProfile", last.as_str());
        return vec![finding.repair(set_class_field(
            context,
            class,
            action,
            Safety::ByHand,
            field,
            &["role"],
        ))];
    }
    let name = match Principal::parse(text).as_role() {
        Some(role) => role.name.as_str().to_owned(),
        None => last.clone(),
    };
    vec![finding.repair(bare_name(context, &name))]
}

/// Without its ARN or path a role of Auto Mode begins to work. Under Karpenter nodes that run are
/// replaced, as their class has changed.
pub(super) fn bare_name(context: &ChainContext<'_>, name: &str) -> Repair {
    let action = format!("Write the bare name `{name}`");
    let safety = match severity(context) {
        Severity::Error => Safety::Safe,
        _ => Safety::Disruptive,
    };
    let (Some(class), RoleReference::Name { written, .. }) =
        (context.class.found(), &context.reference)
    else {
        return Repair::new(action, safety).command(Tool::Manifest, format!("role: {name}"));
    };
    set_class_field(context, class, action, safety, ("role", name), &[])
        .edit(Edit::of(&written.value, name))
}

/// Auto Mode's instance profile stays empty; Karpenter takes the last part of the text.
pub(super) fn severity(context: &ChainContext<'_>) -> Severity {
    match context.flavour {
        Flavour::Karpenter => Severity::Warning,
        _ => Severity::Error,
    }
}
