use super::node_trust_without_ec2::trust_evidence;
use super::role::role_name;
use crate::context::ChainContext;
use crate::iam::Asked;
use crate::repairs::trust_service;
use crate::rule::rule;
use crate::{Evidence, Finding};

rule! {
    /// ## What it checks
    /// That the trust policy of an Auto Mode cluster's role lets `eks.amazonaws.com` both
    /// `sts:AssumeRole` and `sts:TagSession`. A cluster without Auto Mode needs the first alone.
    ///
    /// ## Why nodes fail
    /// Auto Mode launches under the cluster role, in a session tagged with `eks:eks-cluster-name`, as the
    /// policies `AmazonEKSComputePolicy` and its sisters compare that tag with those of what they may
    /// touch. A trust policy made for a cluster without Auto Mode does not allow the tag, so the session
    /// is refused and the NodeClass shows `InstanceProfileReady=False`, `InstanceProfileCreationFailed`
    /// (EKS User Guide, "Amazon EKS Auto Mode cluster IAM role").
    ///
    /// ## Example
    /// ```yaml nodes.yaml
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
    ///         name: default
    /// ```
    /// ```hcl main.tf
    /// resource "aws_iam_role" "cluster" {
    ///   name = "ClusterRole"
    ///   assume_role_policy = jsonencode({
    ///     Version   = "2012-10-17"
    ///     Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "eks.amazonaws.com" } }]
    ///   })
    ///   managed_policy_arns = [
    ///     "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy",
    ///     "arn:aws:iam::aws:policy/AmazonEKSComputePolicy",
    ///   ]
    /// }
    ///
    /// resource "aws_eks_cluster" "main" {
    ///   name     = "prod"
    ///   role_arn = aws_iam_role.cluster.arn
    ///   access_config {
    ///     authentication_mode = "API"
    ///   }
    ///   compute_config {
    ///     enabled       = true
    ///     node_pools    = ["general-purpose"]
    ///     node_role_arn = "arn:aws:iam::111122223333:role/NodeRole"
    ///   }
    /// }
    /// ```
    ///
    /// ## Fix
    /// ```hcl main.tf
    /// resource "aws_iam_role" "cluster" {
    ///   name = "ClusterRole"
    ///   assume_role_policy = jsonencode({
    ///     Version   = "2012-10-17"
    ///     Statement = [{ Effect = "Allow", Action = ["sts:AssumeRole", "sts:TagSession"], Principal = { Service = "eks.amazonaws.com" } }]
    ///   })
    ///   managed_policy_arns = [
    ///     "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy",
    ///     "arn:aws:iam::aws:policy/AmazonEKSComputePolicy",
    ///   ]
    /// }
    ///
    /// resource "aws_eks_cluster" "main" {
    ///   name     = "prod"
    ///   role_arn = aws_iam_role.cluster.arn
    ///   access_config {
    ///     authentication_mode = "API"
    ///   }
    ///   compute_config {
    ///     enabled       = true
    ///     node_pools    = ["general-purpose"]
    ///     node_role_arn = "arn:aws:iam::111122223333:role/NodeRole"
    ///   }
    /// }
    /// ```
    ///
    /// ## Permissions needed
    /// `eks:DescribeCluster` and `iam:GetRole` in a live account; none for files.
    pub(super) CLUSTER_TRUST_WITHOUT_TAG_SESSION = RC402 "cluster-trust-without-tag-session", Error, Launch, Chain(check)
}

fn check(context: &ChainContext<'_>) -> Vec<Finding> {
    let denied: Vec<&Asked> = context
        .questions()
        .cluster_trust
        .iter()
        .filter(|asked| asked.is_denied())
        .collect();
    let (Some(first), Some(role)) = (denied.first(), context.launcher.role()) else {
        return Vec::new();
    };
    let name = role_name(role);
    let actions: Vec<&str> = denied.iter().map(|asked| &*asked.question.action).collect();
    let message = format!(
        "the trust policy of cluster role `{name}` does not allow eks.amazonaws.com {}, which Auto Mode needs",
        actions.join(" and ")
    );
    let mut finding = Finding::new(
        &CLUSTER_TRUST_WITHOUT_TAG_SESSION,
        format!("role {name}"),
        message,
    )
    .at(role.trust.origin().unwrap_or(&role.origin));
    if let Some(cluster) = context.cluster {
        finding = finding.evidence(Evidence::fact(
            format!(
                "cluster `{}` runs Auto Mode under this role",
                context.cluster_for_commands()
            ),
            Some(cluster.role.value.origin().unwrap_or(&cluster.origin)),
        ));
    }
    let actions = ["sts:AssumeRole", "sts:TagSession"];
    vec![
        finding
            .all_evidence(trust_evidence(role, first))
            .repair(trust_service(
                context,
                role,
                &name,
                "eks.amazonaws.com",
                &actions,
            )),
    ]
}
