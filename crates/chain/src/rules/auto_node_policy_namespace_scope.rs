use rolecall_facts::AccessScope;

use super::access_entry::{auto_node_entry, entry_label};
use crate::context::ChainContext;
use crate::links::AUTO_NODE_POLICY;
use crate::repairs::associate_auto_node_policy;
use crate::rule::rule;
use crate::{Evidence, Finding};

rule! {
    /// ## What it checks
    /// That `AmazonEKSAutoNodePolicy` is associated with the scope `cluster`, not with some namespaces.
    ///
    /// ## Why nodes fail
    /// A node reads and writes objects that live in no namespace, its own Node object above all. In the scope of
    /// namespaces the policy grants none of that, and the node does not become Ready. Associating the policy
    /// again replaces its scope (EKS User Guide, "Create a Node Class", access entry, and "Associate access
    /// policies with access entries").
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
    /// ```hcl access.tf
    /// resource "aws_eks_access_policy_association" "web" {
    ///   cluster_name  = aws_eks_cluster.main.name
    ///   principal_arn = aws_iam_role.web.arn
    ///   policy_arn    = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy"
    ///   access_scope {
    ///     type       = "namespace"
    ///     namespaces = ["kube-system"]
    ///   }
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
    pub(super) AUTO_NODE_POLICY_NAMESPACE_SCOPE = RC802 "auto-node-policy-namespace-scope", Error, AccessPolicy, Chain(check)
}

fn check(context: &ChainContext<'_>) -> Vec<Finding> {
    let Some(entry) = auto_node_entry(context) else {
        return Vec::new();
    };
    let (policies, _) = context.world.policies_of(entry);
    let mut of_auto_node = policies.into_iter().filter(|policy| {
        let arn = policy.policy_arn.value();
        arn.is_some_and(|arn| arn.rsplit('/').next() == Some(AUTO_NODE_POLICY))
    });
    let (Some(policy), None) = (of_auto_node.next(), of_auto_node.next()) else {
        return Vec::new();
    };
    let Some(AccessScope::Namespaces(namespaces)) = policy.scope.value() else {
        return Vec::new();
    };
    let label = entry_label(entry);
    let arn = context.role_arn_for_commands();
    let message = format!(
        "{label} has {AUTO_NODE_POLICY} in namespaces only, but nodes need it for the whole cluster"
    );
    let named = match namespaces.as_slice() {
        [] => "no namespace is named".to_owned(),
        named => format!("the namespaces are {}", named.join(", ")),
    };
    vec![
        Finding::new(&AUTO_NODE_POLICY_NAMESPACE_SCOPE, label, message)
            .at(policy.scope.origin().unwrap_or(&policy.origin))
            .evidence(Evidence::fact(named, policy.scope.origin()))
            .repair(associate_auto_node_policy(context, &arn)),
    ]
}
