use rolecall_arn::IamPath;
use rolecall_facts::{RoleIdentity, symbol};

use super::denial::{denied_evidence, launcher_origin};
use super::pass_role_denied::grant;
use super::pattern;
use crate::context::ChainContext;
use crate::questions::may_pass;
use crate::rule::rule;
use crate::{Evidence, Finding};

rule! {
    /// ## What it checks
    /// Whether the statement that should let the launcher pass the node role names the role without its path,
    /// as `role/KarpenterNodeRole-*` does where the role is `role/team/KarpenterNodeRole-prod`.
    ///
    /// ## Why nodes fail
    /// `iam:PassRole` is matched against the role's full ARN, and the path is part of it: a pattern that begins
    /// with the name cannot match a role that has a path. The launcher is answered with AccessDenied when it
    /// adds the role to an instance profile or launches with it, though the statement looks right. When a role
    /// moves under a path, this is what is left behind
    /// (IAM User Guide, "IAM identifiers"; karpenter.sh, "CloudFormation", `AllowPassingInstanceRole`).
    ///
    /// ## Example
    /// ```yaml nodes.yaml
    /// apiVersion: karpenter.k8s.aws/v1
    /// kind: EC2NodeClass
    /// metadata:
    ///   name: default
    /// spec:
    ///   role: KarpenterNodeRole-prod
    /// ---
    /// apiVersion: karpenter.sh/v1
    /// kind: NodePool
    /// metadata:
    ///   name: default
    /// spec:
    ///   template:
    ///     spec:
    ///       nodeClassRef:
    ///         group: karpenter.k8s.aws
    ///         kind: EC2NodeClass
    ///         name: default
    /// ```
    /// ```hcl main.tf
    /// resource "aws_eks_cluster" "main" {
    ///   name     = "prod"
    ///   role_arn = "arn:aws:iam::111122223333:role/ClusterRole"
    ///   access_config {
    ///     authentication_mode = "API"
    ///   }
    /// }
    ///
    /// resource "aws_iam_role" "node" {
    ///   name = "KarpenterNodeRole-prod"
    ///   path = "/team/"
    ///   assume_role_policy = jsonencode({
    ///     Version   = "2012-10-17"
    ///     Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
    ///   })
    /// }
    ///
    /// resource "aws_iam_role_policy_attachment" "node" {
    ///   for_each   = toset(["AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryPullOnly"])
    ///   role       = aws_iam_role.node.name
    ///   policy_arn = "arn:aws:iam::aws:policy/${each.key}"
    /// }
    ///
    /// resource "aws_eks_access_entry" "node" {
    ///   cluster_name  = aws_eks_cluster.main.name
    ///   principal_arn = aws_iam_role.node.arn
    ///   type          = "EC2_LINUX"
    /// }
    /// ```
    /// ```hcl karpenter.tf
    /// resource "aws_iam_role" "karpenter" {
    ///   name = "KarpenterController-prod"
    ///   assume_role_policy = jsonencode({
    ///     Version = "2012-10-17"
    ///     Statement = [{
    ///       Effect    = "Allow"
    ///       Principal = { Service = "pods.eks.amazonaws.com" }
    ///       Action    = ["sts:AssumeRole", "sts:TagSession"]
    ///     }]
    ///   })
    /// }
    ///
    /// resource "aws_eks_pod_identity_association" "karpenter" {
    ///   cluster_name    = aws_eks_cluster.main.name
    ///   namespace       = "kube-system"
    ///   service_account = "karpenter"
    ///   role_arn        = aws_iam_role.karpenter.arn
    /// }
    ///
    /// resource "aws_iam_role_policy" "karpenter" {
    ///   name = "karpenter"
    ///   role = aws_iam_role.karpenter.name
    ///   policy = jsonencode({
    ///     Version = "2012-10-17"
    ///     Statement = [
    ///       { Effect = "Allow", Action = "ec2:*", Resource = "*" },
    ///       { Effect = "Allow", Action = "iam:*InstanceProfile", Resource = "*" },
    ///       { Effect = "Allow", Action = "iam:PassRole", Resource = "arn:aws:iam::111122223333:role/KarpenterNodeRole-*" },
    ///     ]
    ///   })
    /// }
    /// ```
    ///
    /// ## Fix
    /// ```hcl karpenter.tf
    /// resource "aws_iam_role" "karpenter" {
    ///   name = "KarpenterController-prod"
    ///   assume_role_policy = jsonencode({
    ///     Version = "2012-10-17"
    ///     Statement = [{
    ///       Effect    = "Allow"
    ///       Principal = { Service = "pods.eks.amazonaws.com" }
    ///       Action    = ["sts:AssumeRole", "sts:TagSession"]
    ///     }]
    ///   })
    /// }
    ///
    /// resource "aws_eks_pod_identity_association" "karpenter" {
    ///   cluster_name    = aws_eks_cluster.main.name
    ///   namespace       = "kube-system"
    ///   service_account = "karpenter"
    ///   role_arn        = aws_iam_role.karpenter.arn
    /// }
    ///
    /// resource "aws_iam_role_policy" "karpenter" {
    ///   name = "karpenter"
    ///   role = aws_iam_role.karpenter.name
    ///   policy = jsonencode({
    ///     Version = "2012-10-17"
    ///     Statement = [
    ///       { Effect = "Allow", Action = "ec2:*", Resource = "*" },
    ///       { Effect = "Allow", Action = "iam:*InstanceProfile", Resource = "*" },
    ///       { Effect = "Allow", Action = "iam:PassRole", Resource = aws_iam_role.node.arn },
    ///     ]
    ///   })
    /// }
    /// ```
    ///
    /// ## Permissions needed
    /// `iam:GetRole`, `iam:ListAttachedRolePolicies`, `iam:GetPolicyVersion`, `iam:ListRolePolicies`,
    /// `iam:GetRolePolicy` on a live cluster; none for files.
    pub(super) PASS_ROLE_PATTERN_DROPS_PATH = RC602 "pass-role-pattern-drops-path", Error, PassRole, Chain(check)
}

fn check(context: &ChainContext<'_>) -> Vec<Finding> {
    let (Some(asked), Some(role)) = (&context.questions().pass_role, context.role.identity())
    else {
        return Vec::new();
    };
    let Some(pattern) = pattern_without_path(context) else {
        return Vec::new();
    };
    let who = &asked.question.who;
    let message = format!(
        "{who} may pass `{pattern}`, which leaves out the path `{}` of role `{}`",
        role.path, role.name
    );
    let mut finding = Finding::new(
        &PASS_ROLE_PATTERN_DROPS_PATH,
        format!("role {}", role.name),
        message,
    );
    if let Some(origin) = launcher_origin(context) {
        finding = finding.at(origin);
    }
    if let Some(declared) = context.role.role() {
        finding = finding.at(declared.path.origin().unwrap_or(&declared.origin));
    }
    vec![
        finding
            .evidence(Evidence::difference(
                ("the statement allows", &pattern),
                ("the role is", &context.place().role_arn(role)),
            ))
            .all_evidence(denied_evidence(context, asked))
            .all_repairs(grant(context, &role.to_string())),
    ]
}

/// The pattern that would let the role be passed if it had no path, where the role itself may not be.
pub(super) fn pattern_without_path(context: &ChainContext<'_>) -> Option<String> {
    let asked = context.questions().pass_role.as_ref()?;
    let role = context.role.identity()?;
    if !asked.is_denied() || role.path.is_root() {
        return None;
    }
    let bare = RoleIdentity {
        path: IamPath::root(),
        ..role.clone()
    };
    // Where the account is open the answer is too, but not a denial.
    if may_pass(context, &bare)?.is_denied() {
        return None;
    }
    let arn = context.place().role_arn(&bare);
    let fits = |wanted: &&String| {
        let account = wanted.split(':').nth(4).unwrap_or_default();
        pattern::matches(wanted, &arn.replace(symbol::ACCOUNT, account))
    };
    asked.other_resources.iter().find(fits).cloned()
}
