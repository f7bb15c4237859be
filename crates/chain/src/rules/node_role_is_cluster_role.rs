use rolecall_facts::{Cluster, Principal, Role, RoleIdentity};

use crate::context::{ChainContext, RoleFound};
use crate::rule::rule;
use crate::{Evidence, Finding, Repair, Safety, Severity};

rule! {
    /// ## What it checks
    /// That a node role is not the cluster role of any cluster.
    ///
    /// ## Why nodes fail
    /// AWS forbids it: a role that is used for a cluster may not be used for nodes (EKS User Guide,
    /// "Amazon EKS node IAM role", "Amazon EKS Auto Mode node IAM role"). A principal has one access
    /// entry in a cluster, so a cluster role that has one of another type cannot get a node's. And what
    /// the cluster role may do, launch instances and pass roles among it, every pod that reaches the
    /// instance's metadata may then do too. How EKS refuses it is not documented, so this is a warning.
    ///
    /// ## Example
    /// ```yaml nodes.yaml
    /// apiVersion: eks.amazonaws.com/v1
    /// kind: NodeClass
    /// metadata:
    ///   name: web
    /// spec:
    ///   role: ClusterRole
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
    /// resource "aws_iam_role" "cluster" {
    ///   name = "ClusterRole"
    ///   assume_role_policy = jsonencode({
    ///     Version   = "2012-10-17"
    ///     Statement = [{
    ///       Effect    = "Allow"
    ///       Action    = ["sts:AssumeRole", "sts:TagSession"]
    ///       Principal = { Service = ["eks.amazonaws.com", "ec2.amazonaws.com"] }
    ///     }]
    ///   })
    /// }
    ///
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
    /// ```
    ///
    /// ## Fix
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
    ///
    /// ## Permissions needed
    /// `eks:ListClusters`, `eks:DescribeCluster`, `iam:GetRole` in a live account; none for files.
    pub(super) NODE_ROLE_IS_CLUSTER_ROLE = RC206 "node-role-is-cluster-role", Warning, RoleReference, Chain(check)
}

fn check(context: &ChainContext<'_>) -> Vec<Finding> {
    let mut clusters: Vec<&Cluster> = context
        .world
        .snapshot
        .clusters
        .iter()
        .filter(|cluster| is_role_of(&context.role, cluster))
        .collect();
    clusters.sort_by(|left, right| left.origin.cmp(&right.origin));
    let (Some(cluster), Some(name)) = (clusters.first(), context.role.name()) else {
        return Vec::new();
    };
    let key = context.world.key_of(cluster);
    let cluster_name = context
        .world
        .cluster_name(&key)
        .unwrap_or_else(|| "of the files".to_owned());
    let message = format!(
        "role `{name}` is the node role of {} and the cluster role of `{cluster_name}`",
        context.pool
    );
    let mut finding = Finding::new(&NODE_ROLE_IS_CLUSTER_ROLE, format!("role {name}"), message)
        .severity(Severity::Warning)
        .at(place(context))
        .at(cluster.role.value.origin().unwrap_or(&cluster.origin));
    if let Some(role) = context.role.role() {
        finding = finding.at(&role.origin);
    }
    vec![
        finding
            .evidence(Evidence::fact(
                format!("cluster `{cluster_name}` runs under role `{name}`"),
                cluster.role.value.origin(),
            ))
            .repair(Repair::new(
                "Make a role for the nodes alone, with the node policies and a trust policy for EC2, and name it here",
                Safety::ByHand,
            )),
    ]
}

fn place<'a>(context: &ChainContext<'a>) -> &'a rolecall_facts::Origin {
    let written = context
        .reference
        .written()
        .and_then(|written| written.value.origin());
    written.unwrap_or(context.origin())
}

/// Whether the cluster certainly runs under this very role: the same declared object, or the same ARN,
/// account included. Two roles of one name in accounts that are not known may be two roles.
fn is_role_of(found: &RoleFound<'_>, cluster: &Cluster) -> bool {
    let by_object = |role: &Role| role.id.is_some() && role.id == cluster.role.object;
    if found.role().is_some_and(by_object) {
        return true;
    }
    let arn = cluster.role.value.value().and_then(Principal::as_role);
    let (Some(arn), Some(role)) = (arn, found.identity()) else {
        return false;
    };
    let same_account = |arn: &RoleIdentity| arn.account.is_some() && arn.account == role.account;
    let same_stack = || {
        let id = found.role().and_then(|role| role.id.as_ref());
        matches!((id, &cluster.id), (Some(role), Some(cluster)) if role.scope() == cluster.scope())
    };
    arn.may_equal(role) && (same_account(arn) || same_stack())
}
