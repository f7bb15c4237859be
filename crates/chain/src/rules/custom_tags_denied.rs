use serde_json::json;

use super::denial::{denied_evidence, launcher_origin, limit_repair};
use super::launch_denied::launched;
use crate::context::{ChainContext, Flavour};
use crate::iam::Answer;
use crate::repairs::allow_in_role;
use crate::rule::rule;
use crate::{Evidence, Finding, Repair, Safety};

rule! {
    /// ## What it checks
    /// Whether the tags that a node class asks for (`spec.tags`) are what keeps its nodes from being launched:
    /// the calls are denied with them and allowed without them.
    ///
    /// ## Why nodes fail
    /// In Auto Mode the cluster role launches nodes, and `AmazonEKSComputePolicy` allows that only with tags
    /// whose keys AWS chose: `ForAllValues:StringLike` on `aws:TagKeys`. Any other key makes the condition
    /// fail, and the launch is answered with UnauthorizedOperation. The policy for tags of your own is one that
    /// you add to the cluster role (EKS User Guide, "Amazon EKS Auto Mode cluster IAM role", custom tags;
    /// aws/containers-roadmap#2487).
    ///
    /// ## Example
    /// ```yaml nodes.yaml
    /// apiVersion: eks.amazonaws.com/v1
    /// kind: NodeClass
    /// metadata:
    ///   name: web
    /// spec:
    ///   role: WebNodeRole
    ///   tags:
    ///     team: data-platform
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
    ///   for_each   = toset(["AmazonEKSClusterPolicy", "AmazonEKSComputePolicy"])
    ///   role       = aws_iam_role.cluster.name
    ///   policy_arn = "arn:aws:iam::aws:policy/${each.key}"
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
    /// ```hcl tags.tf
    /// resource "aws_iam_role_policy" "custom_tags" {
    ///   name = "custom-tags"
    ///   role = aws_iam_role.cluster.name
    ///   policy = jsonencode({
    ///     Version = "2012-10-17"
    ///     Statement = [{
    ///       Effect   = "Allow"
    ///       Action   = ["ec2:CreateFleet", "ec2:RunInstances", "ec2:CreateLaunchTemplate"]
    ///       Resource = "*"
    ///       Condition = {
    ///         StringEquals = { "aws:RequestTag/eks:eks-cluster-name" = "$${aws:PrincipalTag/eks:eks-cluster-name}" }
    ///         StringLike = {
    ///           "aws:RequestTag/eks:kubernetes-node-class-name" = "*"
    ///           "aws:RequestTag/eks:kubernetes-node-pool-name"  = "*"
    ///         }
    ///       }
    ///     }]
    ///   })
    /// }
    /// ```
    ///
    /// ## Permissions needed
    /// `iam:GetRole`, `iam:ListAttachedRolePolicies`, `iam:GetPolicyVersion`, `iam:ListRolePolicies`,
    /// `iam:GetRolePolicy` on a live cluster; none for files.
    pub(super) CUSTOM_TAGS_DENIED = RC902 "custom-tags-denied", Error, Launch, Chain(check)
}

fn check(context: &ChainContext<'_>) -> Vec<Finding> {
    let Some(class) = context.class.found() else {
        return Vec::new();
    };
    let launch = &context.questions().launch;
    let Some(denied) = launch.iter().find(|launch| {
        launch.asked.is_denied() && launch.without_custom_tags == Some(Answer::Allowed)
    }) else {
        return Vec::new();
    };
    let keys: Vec<String> = class
        .tags
        .iter()
        .map(|tag| format!("`{}`", tag.key))
        .collect();
    let message = format!(
        "{} `{}` asks for the tags {}, with which {} may not launch nodes",
        class.kind,
        class.name,
        keys.join(", "),
        denied.asked.question.who
    );
    let mut finding = Finding::new(
        &CUSTOM_TAGS_DENIED,
        format!("{} {}", class.kind, class.name),
        message,
    );
    let tag = class.tags.first().and_then(|tag| tag.value.origin());
    finding = finding.at(tag.unwrap_or(&class.origin));
    if let Some(origin) = launcher_origin(context) {
        finding = finding.at(origin);
    }
    let without = format!(
        "without these tags {} is allowed",
        denied.asked.question.action
    );
    let repair = limit_repair(&denied.asked).or_else(|| grant(context));
    let by_hand = Repair::new(
        format!("Take the tags out of {} `{}`", class.kind, class.name),
        Safety::ByHand,
    );
    vec![
        finding
            .all_evidence(denied_evidence(context, &denied.asked))
            .evidence(Evidence::fact(without, None))
            .all_repairs(repair)
            .repair(by_hand),
    ]
}

/// The inline policy for the cluster role (EKS User Guide, "Amazon EKS Auto Mode cluster IAM role").
fn grant(context: &ChainContext<'_>) -> Option<Repair> {
    let launcher = context.launcher.role()?;
    let name = launcher.name.value()?;
    if context.flavour != Flavour::AutoMode {
        return None;
    }
    let class = context.class.found()?;
    let own = [
        "eks:eks-cluster-name",
        "eks:kubernetes-node-class-name",
        "eks:kubernetes-node-pool-name",
        "kubernetes.io/cluster/*",
    ];
    let custom = class.tags.iter().map(|tag| literal(&tag.key));
    let keys: Vec<String> = own.into_iter().map(str::to_owned).chain(custom).collect();
    let statement = json!({
        "Sid": "Compute",
        "Effect": "Allow",
        "Action": ["ec2:CreateFleet", "ec2:RunInstances", "ec2:CreateLaunchTemplate"],
        "Resource": launched(context),
        "Condition": {
            "StringEquals": {
                "aws:RequestTag/eks:eks-cluster-name": "${aws:PrincipalTag/eks:eks-cluster-name}",
            },
            "StringLike": {
                "aws:RequestTag/eks:kubernetes-node-class-name": "*",
                "aws:RequestTag/eks:kubernetes-node-pool-name": "*",
            },
            "ForAllValues:StringLike": { "aws:TagKeys": keys },
        },
    });
    // A policy of its own for each class: putting one again replaces it.
    let policy_name = format!("eks-auto-custom-tags-{}", class.name);
    Some(allow_in_role(
        context,
        launcher,
        name,
        &policy_name,
        &statement,
    ))
}

/// A tag key as `StringLike` takes it for itself (IAM User Guide, "Policy variables", special
/// characters).
fn literal(key: &str) -> String {
    key.chars()
        .map(|c| match c {
            '*' | '?' | '$' => format!("${{{c}}}"),
            c => c.to_string(),
        })
        .collect()
}
