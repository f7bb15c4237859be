use serde_json::json;

use super::denial::{compute_policy, denied_evidence, launcher_origin, limit_repair};
use crate::context::{ChainContext, Flavour};
use crate::iam::Asked;
use crate::repairs::{allow_in_role, attach_policies, has_policy};
use crate::rule::rule;
use crate::{Finding, Repair};

rule! {
    /// ## What it checks
    /// That whoever launches the pool's nodes may put the node role into an instance profile: in Auto Mode the
    /// cluster role adds it to a profile `eks…`; Karpenter's controller makes, reads and fills a profile of its
    /// own under `/karpenter/`. Only asked where the node class names a role, not a profile.
    ///
    /// ## Why nodes fail
    /// Instances get their role through an instance profile. If the call is denied there is none, and nothing
    /// is launched: in Auto Mode the NodeClass shows `InstanceProfileReady=False`,
    /// `InstanceProfileCreationFailed`; Karpenter writes the refusal to its log and the EC2NodeClass stays not
    /// ready (AWS managed policy `AmazonEKSComputePolicy`; karpenter.sh, "CloudFormation").
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
    ///       { Effect = "Allow", Action = "iam:PassRole", Resource = aws_iam_role.node.arn },
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
    ///       { Effect = "Allow", Action = "iam:PassRole", Resource = aws_iam_role.node.arn },
    ///       { Effect = "Allow", Action = "iam:*InstanceProfile", Resource = "*" },
    ///     ]
    ///   })
    /// }
    /// ```
    ///
    /// ## Permissions needed
    /// `iam:GetRole`, `iam:ListAttachedRolePolicies`, `iam:GetPolicyVersion`, `iam:ListRolePolicies`,
    /// `iam:GetRolePolicy` on a live cluster; none for files.
    pub(super) INSTANCE_PROFILE_DENIED = RC603 "instance-profile-denied", Error, PassRole, Chain(check)
}

fn check(context: &ChainContext<'_>) -> Vec<Finding> {
    let denied: Vec<&Asked> = context
        .questions()
        .instance_profile
        .iter()
        .filter(|asked| asked.is_denied())
        .collect();
    let Some(first) = denied.first() else {
        return Vec::new();
    };
    let who = &first.question.who;
    let actions: Vec<String> = denied
        .iter()
        .map(|asked| format!("`{}`", asked.question.action))
        .collect();
    let message = format!(
        "{who} may not call {} for the instance profiles of its nodes",
        actions.join(", ")
    );
    let subject = context
        .launcher
        .role()
        .and_then(|role| role.name.value())
        .map_or_else(|| who.clone(), |name| format!("role {name}"));
    let mut finding = Finding::new(&INSTANCE_PROFILE_DENIED, subject, message);
    if let Some(origin) = launcher_origin(context) {
        finding = finding.at(origin);
    }
    let repair = limit_repair(first).or_else(|| grant(context, &denied));
    vec![
        finding
            .all_evidence(denied_evidence(context, first))
            .all_repairs(repair),
    ]
}

fn grant(context: &ChainContext<'_>, denied: &[&Asked]) -> Option<Repair> {
    let launcher = context.launcher.role()?;
    let name = launcher.name.value()?;
    let place = context.place();
    if context.flavour == Flavour::AutoMode {
        let policy = compute_policy(context);
        if !has_policy(launcher, &policy) {
            return Some(attach_policies(context, launcher, name, &[policy]));
        }
    }
    let actions: Vec<&str> = denied.iter().map(|asked| &*asked.question.action).collect();
    let arn = |profile: String| {
        format!(
            "arn:{}:iam::{}:instance-profile/{profile}",
            place.partition(),
            place.account()
        )
    };
    let resources = match context.flavour {
        Flavour::AutoMode => vec![arn("eks*".to_owned())],
        // Older versions of Karpenter put their profiles at the root path.
        _ => {
            let region = place.region.as_deref().unwrap_or("*");
            let cluster = context.cluster_for_commands();
            vec![
                arn(format!("karpenter/{region}/{cluster}/*")),
                arn(format!("{cluster}_*")),
            ]
        }
    };
    let statement = json!({
        "Sid": "AllowInstanceProfiles",
        "Effect": "Allow",
        "Action": actions,
        "Resource": resources,
    });
    let policy_name = match context.flavour {
        Flavour::AutoMode => "eks-auto-instance-profiles",
        _ => "karpenter-instance-profiles",
    };
    Some(allow_in_role(
        context,
        launcher,
        name,
        policy_name,
        &statement,
    ))
}
