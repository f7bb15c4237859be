use super::access_entry::is_refused;
use crate::context::{ChainContext, Flavour, MadeByEks};
use crate::repairs::create_entry;
use crate::rule::rule;
use crate::{ControlPlane, Evidence, Finding};

rule! {
    /// ## What it checks
    /// That the cluster has an access entry for the node role of every pool for which nobody makes one:
    /// Auto Mode's custom node classes, Karpenter, and self-managed nodes.
    ///
    /// ## Why nodes fail
    /// EKS makes the entry itself only for managed node groups and for the built-in pools of Auto Mode.
    /// For a node class of your own nothing makes it, and Auto Mode's control plane is answered
    /// AccessDenied when it looks for it: its policy allows `eks:DescribeAccessEntry` only where
    /// `eks:accessEntryType` is `EC2`, and an entry that does not exist has no type. The NodeClass shows
    /// `InstanceProfileReady=False`, `UnauthorizedNodeRole`. Karpenter's nodes launch and are answered
    /// Unauthorized, until their NodeClaims are deleted after 15 minutes
    /// (terraform-aws-modules/terraform-aws-eks#3241, EKS User Guide, "Create a Node Class").
    ///
    /// ## Example
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
    /// ```hcl main.tf
    /// resource "aws_eks_cluster" "main" {
    ///   name     = "prod"
    ///   role_arn = "arn:aws:iam::111122223333:role/ClusterRole"
    ///   access_config {
    ///     authentication_mode = "API"
    ///   }
    ///   compute_config {
    ///     enabled = true
    ///   }
    /// }
    ///
    /// resource "aws_iam_role" "web" {
    ///   name = "WebNodeRole"
    ///   assume_role_policy = jsonencode({
    ///     Version   = "2012-10-17"
    ///     Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
    ///   })
    /// }
    ///
    /// resource "aws_iam_role_policy_attachment" "web" {
    ///   for_each   = toset(["AmazonEKSWorkerNodeMinimalPolicy", "AmazonEC2ContainerRegistryPullOnly"])
    ///   role       = aws_iam_role.web.name
    ///   policy_arn = "arn:aws:iam::aws:policy/${each.key}"
    /// }
    /// ```
    ///
    /// ## Fix
    /// ```hcl access.tf
    /// resource "aws_eks_access_entry" "web" {
    ///   cluster_name  = aws_eks_cluster.main.name
    ///   principal_arn = aws_iam_role.web.arn
    ///   type          = "EC2"
    /// }
    ///
    /// resource "aws_eks_access_policy_association" "web" {
    ///   cluster_name  = aws_eks_cluster.main.name
    ///   principal_arn = aws_iam_role.web.arn
    ///   policy_arn    = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy"
    ///   access_scope {
    ///     type = "cluster"
    ///   }
    /// }
    /// ```
    ///
    /// ## Permissions needed
    /// `eks:ListAccessEntries`, `eks:DescribeAccessEntry` on a live cluster; none for files.
    pub(super) ACCESS_ENTRY_MISSING = RC702 "access-entry-missing", Error, AccessEntry, Chain(check)
}

fn check(context: &ChainContext<'_>) -> Vec<Finding> {
    let lookup = &context.entries;
    let other_path = context
        .role
        .identity()
        .and_then(|identity| lookup.of_other_path(identity));
    let has_any = !lookup.exact.is_empty()
        || other_path.is_some()
        || lookup.made == Some(MadeByEks::BuiltInPools);
    let mode_fits = context.mode().is_none_or(|mode| mode.has_api());
    let managed = context.flavour == Flavour::Managed;
    // Where an entry may exist elsewhere, a refusal comes of the path that the legacy control plane
    // drops, which RC710 says.
    let may_exist = lookup.open.is_some()
        && context.world.options.control_plane == ControlPlane::Legacy
        && context
            .role
            .identity()
            .is_some_and(|role| !role.path.is_root());
    if !is_refused(context) || has_any || may_exist || !mode_fits || managed {
        return Vec::new();
    }
    let Some(name) = context.role.name() else {
        return Vec::new();
    };
    let cluster = context.pool.cluster.as_ref();
    let cluster = cluster.map_or_else(
        || "the cluster".to_owned(),
        |name| format!("cluster `{name}`"),
    );
    let message = format!("{cluster} has no access entry for role `{name}`");
    let arn = context.role_arn_for_commands();
    let mut finding = Finding::new(&ACCESS_ENTRY_MISSING, format!("role {name}"), message);
    if let Some(written) = context.reference.written() {
        finding = finding.at(written.value.origin().unwrap_or(context.origin()));
    } else {
        finding = finding.at(context.origin());
    }
    if let Some(role) = context.role.role() {
        finding = finding.at(&role.origin);
    }
    if let Some((asked_for, asked)) = &context.admitted().described
        && context.world.options.control_plane == ControlPlane::Current
    {
        finding = finding
            .evidence(Evidence::fact(
                format!("Auto Mode asks for the entry of {asked_for}"),
                None,
            ))
            .all_evidence(asked.evidence.iter().cloned());
    }
    vec![finding.repair(create_entry(context, &arn))]
}
