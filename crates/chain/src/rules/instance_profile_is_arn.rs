use super::node_class::{class_label, place_of};
use crate::context::{ChainContext, ProfileFound, RoleReference};
use crate::repairs::set_class_field;
use crate::rule::rule;
use crate::{Edit, Evidence, Finding, Safety};

rule! {
    /// ## What it checks
    /// That `spec.instanceProfile` of a node class is an instance profile's name and not its ARN.
    /// Launch templates and self-managed node groups may give the ARN.
    ///
    /// ## Why nodes fail
    /// `iam:GetInstanceProfile` and the launch take the profile by name. Karpenter shows
    /// `InstanceProfileReady=True` and then stays `ValidationSucceeded=Unknown`, without a word about
    /// the ARN; later releases say `InstanceProfileNotFound`, `Instance profile "…" not found`
    /// (aws/karpenter-provider-aws#8072, #8312).
    ///
    /// ## Example
    /// ```yaml nodes.yaml
    /// apiVersion: karpenter.k8s.aws/v1
    /// kind: EC2NodeClass
    /// metadata:
    ///   name: web
    /// spec:
    ///   instanceProfile: arn:aws:iam::111122223333:instance-profile/platform/web-nodes
    /// ---
    /// apiVersion: karpenter.sh/v1
    /// kind: NodePool
    /// metadata:
    ///   name: web
    /// spec:
    ///   template:
    ///     spec:
    ///       nodeClassRef:
    ///         group: karpenter.k8s.aws
    ///         kind: EC2NodeClass
    ///         name: web
    /// ```
    ///
    /// ## Fix
    /// ```yaml nodes.yaml
    /// apiVersion: karpenter.k8s.aws/v1
    /// kind: EC2NodeClass
    /// metadata:
    ///   name: web
    /// spec:
    ///   instanceProfile: web-nodes
    /// ---
    /// apiVersion: karpenter.sh/v1
    /// kind: NodePool
    /// metadata:
    ///   name: web
    /// spec:
    ///   template:
    ///     spec:
    ///       nodeClassRef:
    ///         group: karpenter.k8s.aws
    ///         kind: EC2NodeClass
    ///         name: web
    /// ```
    ///
    /// ## Permissions needed
    /// None in AWS. In the cluster, `get` and `list` on node classes; none for files.
    pub(super) INSTANCE_PROFILE_IS_ARN = RC204 "instance-profile-is-arn", Error, RoleReference, Chain(check)
}

fn check(context: &ChainContext<'_>) -> Vec<Finding> {
    let (
        Some(class),
        RoleReference::Profile {
            written,
            found: ProfileFound::ByArn(_),
        },
    ) = (context.class.found(), &context.reference)
    else {
        return Vec::new();
    };
    let Some(text) = written.value.value() else {
        return Vec::new();
    };
    let label = class_label(class);
    let message = format!(
        "{label} gives its instance profile as the ARN `{text}`, but `spec.instanceProfile` is a name"
    );
    let finding = Finding::new(
        &INSTANCE_PROFILE_IS_ARN,
        format!("{} {}", class.kind, class.name),
        message,
    )
    .at(place_of(written, class))
    .evidence(Evidence::fact(
        "iam:GetInstanceProfile takes the profile by name",
        None,
    ));
    let Some(name) = text
        .rsplit('/')
        .next()
        .filter(|name| !name.is_empty() && *name != text)
    else {
        return vec![finding];
    };
    if text.contains(":role/") {
        let action = format!("Name the role `{name}` in `spec.role` instead");
        let field = ("role", name);
        return vec![finding.repair(set_class_field(
            context,
            class,
            action,
            Safety::ByHand,
            field,
            &["instanceProfile"],
        ))];
    }
    let action = format!("Write the bare name `{name}`");
    let repair = set_class_field(
        context,
        class,
        action,
        Safety::Safe,
        ("instanceProfile", name),
        &[],
    );
    vec![finding.repair(repair.edit(Edit::of(&written.value, name)))]
}
