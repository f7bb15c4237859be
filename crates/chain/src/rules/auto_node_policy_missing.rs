use rolecall_facts::Completeness;

use super::access_entry::{auto_node_entry, entry_label};
use crate::context::ChainContext;
use crate::links::AUTO_NODE_POLICY;
use crate::repairs::associate_auto_node_policy;
use crate::rule::rule;
use crate::{Evidence, Finding};

rule! {
    /// ## What it checks
    /// That `AmazonEKSAutoNodePolicy` is associated with the access entry of every node role that a node class
    /// of Auto Mode names.
    ///
    /// ## Why nodes fail
    /// The entry lets the node in; what it may do there, the access policy says. An entry of type `EC2` comes
    /// with none, unlike the other node types, so the node's own agents may do nothing and it does not become
    /// Ready. The NodeClass looks well, as nothing on it checks the association. EKS makes the association
    /// itself only for the role of the built-in pools (EKS User Guide, "Create a Node Class", access entry).
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
    ///   for_each   = toset(["AmazonEKSClusterPolicy", "AmazonEKSComputePolicy"])
    ///   role       = aws_iam_role.cluster.name
    ///   policy_arn = "arn:aws:iam::aws:policy/${each.key}"
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
    ///
    /// resource "aws_eks_access_entry" "web" {
    ///   cluster_name  = aws_eks_cluster.main.name
    ///   principal_arn = aws_iam_role.web.arn
    ///   type          = "EC2"
    /// }
    /// ```
    ///
    /// ## Fix
    /// ```hcl access.tf
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
    /// `eks:ListAssociatedAccessPolicies` on a live cluster; none for files.
    pub(super) AUTO_NODE_POLICY_MISSING = RC801 "auto-node-policy-missing", Error, AccessPolicy, Chain(check)
}

fn check(context: &ChainContext<'_>) -> Vec<Finding> {
    let Some(entry) = auto_node_entry(context) else {
        return Vec::new();
    };
    let (policies, open) = context.world.policies_of(entry);
    let is_it = |arn: &String| arn.rsplit('/').next() == Some(AUTO_NODE_POLICY);
    let associated = policies
        .iter()
        .any(|policy| policy.policy_arn.value().is_none_or(is_it));
    if associated || open || entry.policies_complete != Completeness::Complete {
        return Vec::new();
    }
    let label = entry_label(entry);
    let arn = context.role_arn_for_commands();
    let others: Vec<&str> = policies
        .iter()
        .filter_map(|policy| policy.policy_arn.value()?.rsplit('/').next())
        .collect();
    let has = if others.is_empty() {
        "no access policy is associated with it".to_owned()
    } else {
        format!("associated with it: {}", others.join(", "))
    };
    let message = format!("{label} lacks {AUTO_NODE_POLICY}, which the nodes of Auto Mode need");
    vec![
        Finding::new(&AUTO_NODE_POLICY_MISSING, label, message)
            .at(&entry.origin)
            .evidence(Evidence::fact(has, Some(&entry.origin)))
            .repair(associate_auto_node_policy(context, &arn)),
    ]
}
