use super::denial::compute_policy;
use super::denial::{denied_evidence, launcher_origin, limit_repair};
use super::pass_role_pattern_drops_path::pattern_without_path;
use crate::context::{ChainContext, Flavour};
use crate::repairs::{allow_in_role, attach_policies, has_policy, pass_role_statement};
use crate::rule::rule;
use crate::{Finding, Repair};

rule! {
    /// ## What it checks
    /// That whoever launches the pool's nodes may pass the node role to EC2: Karpenter's controller role, or
    /// in Auto Mode the cluster role. The role's full ARN is asked about, path included, under the launcher's
    /// permissions boundary and the service control policies over it.
    ///
    /// ## Why nodes fail
    /// EC2 takes an instance profile only from a caller who may pass the role in it. Without `iam:PassRole`
    /// adding the role to the profile, and every launch, is answered with AccessDenied
    /// (IAM User Guide, "Grant a user permissions to pass a role to an AWS service"). Karpenter writes that
    /// to its log; in Auto Mode the NodeClass shows `InstanceProfileReady=False`,
    /// `InstanceProfileCreationFailed`.
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
    pub(super) PASS_ROLE_DENIED = RC601 "pass-role-denied", Error, PassRole, Chain(check)
}

fn check(context: &ChainContext<'_>) -> Vec<Finding> {
    let Some(asked) = &context.questions().pass_role else {
        return Vec::new();
    };
    let (true, Some(role)) = (asked.is_denied(), context.role.identity()) else {
        return Vec::new();
    };
    if pattern_without_path(context).is_some() {
        return Vec::new();
    }
    let who = &asked.question.who;
    let message = format!("{who} may not pass role `{role}` to EC2");
    let mut finding = Finding::new(&PASS_ROLE_DENIED, format!("role {}", role.name), message);
    if let Some(origin) = launcher_origin(context) {
        finding = finding.at(origin);
    }
    if let Some(declared) = context.role.role() {
        finding = finding.at(&declared.origin);
    }
    let repair = limit_repair(asked).or_else(|| grant(context, &role.to_string()));
    vec![
        finding
            .all_evidence(denied_evidence(context, asked))
            .all_repairs(repair),
    ]
}

/// Lets the launcher pass exactly this role: in Auto Mode by AWS's own policy, which passes any role to
/// EC2; for Karpenter by a statement with the role's full ARN (karpenter.sh, "CloudFormation").
pub(super) fn grant(context: &ChainContext<'_>, role_arn: &str) -> Option<Repair> {
    let launcher = context.launcher.role()?;
    let name = launcher.name.value()?;
    if context.flavour == Flavour::AutoMode {
        let policy = compute_policy(context);
        if !has_policy(launcher, &policy) {
            return Some(attach_policies(context, launcher, name, &[policy]));
        }
    }
    let arn = context.role_arn().unwrap_or_else(|| role_arn.to_owned());
    let statement = pass_role_statement(context, &arn);
    // A policy of its own for each role: putting one again replaces it.
    let policy_name = format!("pass-{}", context.role.name().unwrap_or("node-role"));
    Some(allow_in_role(
        context,
        launcher,
        name,
        &policy_name,
        &statement,
    ))
}
