use rolecall_facts::AccessEntry;

use crate::context::{
    Admission, ChainContext, Flavour, MadeByEks, RoleReference, asked_identity, type_is,
};
use crate::iam::Asked;
use crate::questions::describe_entry;
use crate::repairs::{managed_node_group, path_less_role};
use crate::rule::rule;
use crate::{ControlPlane, Evidence, Finding, Repair, Safety, Severity, Tool};

rule! {
    /// ## What it checks
    /// Whether a node class of Auto Mode names a role under a path, which a control plane that builds
    /// the principal from `spec.role` alone cannot find. It is a note, unless `--control-plane legacy`
    /// asks for that control plane.
    ///
    /// ## Why nodes fail
    /// A node class names its role by name only. A control plane that puts the ARN together from that
    /// name asks EKS for `role/NodeRole` where the role is `role/platform/eks/NodeRole`. No entry exists
    /// under that ARN, so the request carries no `eks:accessEntryType`, the condition in
    /// `AmazonEKSServiceRolePolicy` does not hold, and the answer is AccessDenied and not NotFound. The
    /// NodeClass stays `InstanceProfileReady=False`, `UnauthorizedNodeRole`
    /// (aws/containers-roadmap#2486).
    ///
    /// ## Example
    /// ```yaml nodes.yaml
    /// apiVersion: eks.amazonaws.com/v1
    /// kind: NodeClass
    /// metadata:
    ///   name: batch
    /// spec:
    ///   role: BatchNodeRole
    /// ---
    /// apiVersion: karpenter.sh/v1
    /// kind: NodePool
    /// metadata:
    ///   name: batch
    /// spec:
    ///   template:
    ///     spec:
    ///       nodeClassRef:
    ///         group: eks.amazonaws.com
    ///         kind: NodeClass
    ///         name: batch
    /// ```
    /// ```hcl main.tf
    /// resource "aws_iam_role" "batch" {
    ///   name = "BatchNodeRole"
    ///   path = "/platform/eks/"
    ///   assume_role_policy = jsonencode({
    ///     Version   = "2012-10-17"
    ///     Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
    ///   })
    /// }
    ///
    /// resource "aws_iam_role_policy_attachment" "batch" {
    ///   for_each   = toset(["AmazonEKSWorkerNodeMinimalPolicy", "AmazonEC2ContainerRegistryPullOnly"])
    ///   role       = aws_iam_role.batch.name
    ///   policy_arn = "arn:aws:iam::aws:policy/${each.key}"
    /// }
    /// ```
    ///
    /// ## Fix
    /// On a current control plane nothing needs to be done. Otherwise give the nodes a role without
    /// path, or run them in a managed node group, which names its role by the full ARN.
    /// ```hcl main.tf
    /// resource "aws_iam_role" "batch" {
    ///   name = "BatchNodeRole"
    ///   assume_role_policy = jsonencode({
    ///     Version   = "2012-10-17"
    ///     Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
    ///   })
    /// }
    ///
    /// resource "aws_iam_role_policy_attachment" "batch" {
    ///   for_each   = toset(["AmazonEKSWorkerNodeMinimalPolicy", "AmazonEC2ContainerRegistryPullOnly"])
    ///   role       = aws_iam_role.batch.name
    ///   policy_arn = "arn:aws:iam::aws:policy/${each.key}"
    /// }
    /// ```
    ///
    /// ## Permissions needed
    /// `iam:GetRole` on a live cluster; none for files.
    pub(super) LEGACY_CONTROL_PLANE_DROPS_PATH = RC710 "legacy-control-plane-drops-path", Error, AccessEntry, Chain(check)
}

fn check(context: &ChainContext<'_>) -> Vec<Finding> {
    let (Some(role), Some(class)) = (context.role.identity(), context.class.found()) else {
        return Vec::new();
    };
    let by_profile = matches!(context.reference, RoleReference::Profile { .. });
    if context.flavour != Flavour::AutoMode || by_profile || role.path.is_root() {
        return Vec::new();
    }
    let asked_for = asked_identity(role, ControlPlane::Legacy);
    match (
        context.world.options.control_plane,
        &context.admitted().admission,
    ) {
        (ControlPlane::Legacy, Admission::Refused)
            if entry_is_right(context) || context.entries.open.is_some() =>
        {
            let Some((_, asked)) = &context.admitted().described else {
                return Vec::new();
            };
            let message = format!(
                "a control plane that drops paths asks for the access entry of `{asked_for}`, but NodeClass `{}` uses the role `{role}`",
                class.name
            );
            vec![finding(context, message, asked)]
        }
        (ControlPlane::Current, Admission::Entry(_) | Admission::MadeFor(_)) => {
            let message = format!(
                "role `{}` lives under the path `{}`; a control plane that drops paths would not find its access entry",
                role.name, role.path
            );
            let asked = describe_entry(context, &asked_for, None);
            let mut finding = finding(context, message, &asked).severity(Severity::Note);
            finding.repairs.insert(0, try_legacy());
            vec![finding]
        }
        (ControlPlane::Current, _) if context.cluster.is_none() => {
            let message = format!(
                "role `{}` lives under the path `{}`; a control plane that drops paths would not find its access entry",
                role.name, role.path
            );
            let asked = describe_entry(context, &asked_for, None);
            vec![finding(context, message, &asked).severity(Severity::Note)]
        }
        _ => Vec::new(),
    }
}

/// Whether the entry would do under a current control plane, so that the path alone is at fault.
fn entry_is_right(context: &ChainContext<'_>) -> bool {
    let fits = |entry: &&AccessEntry| {
        let kind = entry.entry_type.value();
        kind.is_none_or(|kind| type_is(kind, "EC2"))
    };
    context.entries.exact.iter().any(fits) || context.entries.made == Some(MadeByEks::BuiltInPools)
}

fn finding(context: &ChainContext<'_>, message: String, asked: &Asked) -> Finding {
    let (Some(role), Some(class)) = (context.role.identity(), context.class.found()) else {
        return Finding::new(&LEGACY_CONTROL_PLANE_DROPS_PATH, "node class", message);
    };
    let asked_for = asked_identity(role, ControlPlane::Legacy);
    let mut finding = Finding::new(
        &LEGACY_CONTROL_PLANE_DROPS_PATH,
        format!("NodeClass {}", class.name),
        message,
    );
    if let Some(written) = context.reference.written() {
        finding = finding.at(written.value.origin().unwrap_or(&class.origin));
    }
    if let Some(declared) = context.role.role() {
        finding = finding.at(declared.path.origin().unwrap_or(&declared.origin));
    }
    finding
        .evidence(Evidence::difference(
            ("it asks for", &asked_for),
            ("the role is", role),
        ))
        .all_evidence(asked.evidence.iter().cloned())
        .evidence(Evidence::fact(
            "no entry exists under that ARN, so the request has no eks:accessEntryType; EKS \
             authorises before it looks, and answers AccessDenied instead of ResourceNotFound",
            None,
        ))
        .all_repairs(path_less_role(context))
        .all_repairs(managed_node_group(context))
}

fn try_legacy() -> Repair {
    Repair::new(
        "Nothing to do on a current control plane; see what an old one does",
        Safety::Safe,
    )
    .command(Tool::Rolecall, "rolecall check --control-plane legacy")
}
