use serde_json::json;

use super::denial::{compute_policy, denied_evidence, launcher_origin, limit_repair};
use crate::context::{ChainContext, Flavour};
use crate::iam::{Answer, Asked};
use crate::repairs::{allow_in_role, attach_policies, has_policy};
use crate::rule::rule;
use crate::{Finding, Repair};

rule! {
    /// ## What it checks
    /// That whoever launches the pool's nodes may create launch templates, fleets and instances with the tags
    /// that the controller itself puts on them.
    ///
    /// ## Why nodes fail
    /// Karpenter tries the three calls before it launches anything. The first that is refused shows on the
    /// EC2NodeClass as `ValidationSucceeded=False`, such as `CreateFleetAuthCheckFailed`
    /// (karpenter-provider-aws, `pkg/controllers/nodeclass/validation.go`). Auto Mode makes the same calls
    /// under the cluster role, for which AWS publishes `AmazonEKSComputePolicy`
    /// (EKS User Guide, "Amazon EKS Auto Mode cluster IAM role").
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
    ///   role_arn = aws_iam_role.cluster.arn
    ///   access_config {
    ///     authentication_mode = "API"
    ///   }
    ///   compute_config {
    ///     enabled = true
    ///   }
    /// }
    ///
    /// resource "aws_iam_role" "cluster" {
    ///   name = "ClusterRole"
    ///   assume_role_policy = jsonencode({
    ///     Version = "2012-10-17"
    ///     Statement = [{
    ///       Effect    = "Allow"
    ///       Principal = { Service = "eks.amazonaws.com" }
    ///       Action    = ["sts:AssumeRole", "sts:TagSession"]
    ///     }]
    ///   })
    /// }
    ///
    /// resource "aws_iam_role_policy_attachment" "cluster" {
    ///   for_each   = toset(["AmazonEKSClusterPolicy"])
    ///   role       = aws_iam_role.cluster.name
    ///   policy_arn = "arn:aws:iam::aws:policy/${each.key}"
    /// }
    ///
    /// resource "aws_iam_role_policy" "cluster" {
    ///   name = "pass-node-role"
    ///   role = aws_iam_role.cluster.name
    ///   policy = jsonencode({
    ///     Version   = "2012-10-17"
    ///     Statement = [{ Effect = "Allow", Action = ["iam:PassRole", "iam:AddRoleToInstanceProfile"], Resource = "*" }]
    ///   })
    /// }
    /// ```
    /// ```hcl nodes.tf
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
    ///
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
    /// ## Fix
    /// ```hcl main.tf
    /// resource "aws_eks_cluster" "main" {
    ///   name     = "prod"
    ///   role_arn = aws_iam_role.cluster.arn
    ///   access_config {
    ///     authentication_mode = "API"
    ///   }
    ///   compute_config {
    ///     enabled = true
    ///   }
    /// }
    ///
    /// resource "aws_iam_role" "cluster" {
    ///   name = "ClusterRole"
    ///   assume_role_policy = jsonencode({
    ///     Version = "2012-10-17"
    ///     Statement = [{
    ///       Effect    = "Allow"
    ///       Principal = { Service = "eks.amazonaws.com" }
    ///       Action    = ["sts:AssumeRole", "sts:TagSession"]
    ///     }]
    ///   })
    /// }
    ///
    /// resource "aws_iam_role_policy_attachment" "cluster" {
    ///   for_each   = toset(["AmazonEKSClusterPolicy", "AmazonEKSComputePolicy"])
    ///   role       = aws_iam_role.cluster.name
    ///   policy_arn = "arn:aws:iam::aws:policy/${each.key}"
    /// }
    /// ```
    ///
    /// ## Permissions needed
    /// `iam:GetRole`, `iam:ListAttachedRolePolicies`, `iam:GetPolicyVersion`, `iam:ListRolePolicies`,
    /// `iam:GetRolePolicy` on a live cluster; none for files.
    pub(super) LAUNCH_DENIED = RC901 "launch-denied", Error, Launch, Chain(check)
}

fn check(context: &ChainContext<'_>) -> Vec<Finding> {
    let denied: Vec<&Asked> = context
        .questions()
        .launch
        .iter()
        .filter(|launch| launch.without_custom_tags != Some(Answer::Allowed))
        .map(|launch| &launch.asked)
        .filter(|asked| asked.is_denied())
        .collect();
    let Some(first) = denied.first() else {
        return Vec::new();
    };
    let actions: Vec<String> = denied
        .iter()
        .map(|asked| format!("`{}`", asked.question.action))
        .collect();
    let who = &first.question.who;
    let message = format!("{who} may not call {} to launch nodes", actions.join(", "));
    let subject = context
        .launcher
        .role()
        .and_then(|role| role.name.value())
        .map_or_else(|| who.clone(), |name| format!("role {name}"));
    let mut finding = Finding::new(&LAUNCH_DENIED, subject, message);
    if let Some(origin) = launcher_origin(context) {
        finding = finding.at(origin);
    }
    let repair = limit_repair(first).or_else(|| grant(context));
    vec![
        finding
            .all_evidence(denied_evidence(context, first))
            .all_repairs(repair),
    ]
}

/// AWS's own policy in Auto Mode; for Karpenter the statement of its documentation that covers what it
/// creates (karpenter.sh, "CloudFormation", `AllowScopedEC2InstanceActionsWithTags`).
fn grant(context: &ChainContext<'_>) -> Option<Repair> {
    let launcher = context.launcher.role()?;
    let name = launcher.name.value()?;
    if context.flavour == Flavour::AutoMode {
        let policy = compute_policy(context);
        if !has_policy(launcher, &policy) {
            return Some(attach_policies(context, launcher, name, &[policy]));
        }
        return None;
    }
    let cluster = context.cluster_for_commands();
    let resources = launched(context);
    let owned = format!("aws:RequestTag/kubernetes.io/cluster/{cluster}");
    let statement = json!({
        "Sid": "AllowScopedEC2InstanceActionsWithTags",
        "Effect": "Allow",
        "Action": ["ec2:RunInstances", "ec2:CreateFleet", "ec2:CreateLaunchTemplate"],
        "Resource": resources,
        "Condition": {
            "StringEquals": { owned: "owned" },
            "StringLike": { "aws:RequestTag/karpenter.sh/nodepool": "*" },
        },
    });
    Some(allow_in_role(
        context,
        launcher,
        name,
        "karpenter-launch",
        &statement,
    ))
}

/// What a launch makes, by ARN: in the cluster's region and account where those are known.
pub(super) fn launched(context: &ChainContext<'_>) -> Vec<String> {
    let place = context.place();
    let region = place.region.as_deref().unwrap_or("*");
    let account = place.account.as_deref().unwrap_or("*");
    let created = [
        "fleet",
        "instance",
        "volume",
        "network-interface",
        "launch-template",
        "spot-instances-request",
    ];
    let arn = |kind: &str| format!("arn:{}:ec2:{region}:{account}:{kind}/*", place.partition());
    created.into_iter().map(arn).collect()
}
