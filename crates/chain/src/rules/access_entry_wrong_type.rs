use rolecall_facts::{NodeClassKind, Principal};

use super::access_entry::{entry_label, is_refused};
use crate::context::{ChainContext, type_is};
use crate::repairs::{entry_type_for, recreate_entry};
use crate::rule::rule;
use crate::{Edit, Evidence, Finding, Repair, Safety};

rule! {
    /// ## What it checks
    /// That the access entry of a node role has the type its nodes need: `EC2` for Auto Mode,
    /// `EC2_LINUX` or `EC2_WINDOWS` for Karpenter, managed and self-managed nodes.
    ///
    /// ## Why nodes fail
    /// Auto Mode's control plane reads the entry as `AWSServiceRoleForAmazonEKS`, whose policy allows
    /// `eks:DescribeAccessEntry` only where `eks:accessEntryType` is `EC2`. For any other type the
    /// answer is AccessDenied, and the NodeClass shows `InstanceProfileReady=False`,
    /// `UnauthorizedNodeRole`. Elsewhere an entry of type `STANDARD` gives the node a user name that is
    /// not a node's, so it cannot register. Many guides prescribe `EC2_LINUX` for Auto Mode; that is
    /// wrong. The type of an entry cannot be changed, the entry must be made again
    /// (Amazon EKS API Reference, `UpdateAccessEntry`).
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
    ///
    /// resource "aws_eks_access_entry" "web" {
    ///   cluster_name  = aws_eks_cluster.main.name
    ///   principal_arn = aws_iam_role.web.arn
    ///   type          = "EC2_LINUX"
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
    /// ## Permissions needed
    /// `eks:DescribeAccessEntry` on a live cluster; none for files.
    pub(super) ACCESS_ENTRY_WRONG_TYPE = RC704 "access-entry-wrong-type", Error, AccessEntry, Chain(check)
}

fn check(context: &ChainContext<'_>) -> Vec<Finding> {
    let Some(entry) = context.entries.exact.first() else {
        return Vec::new();
    };
    let Some(written) = entry.entry_type.value() else {
        return Vec::new();
    };
    if context.flavour.takes(entry) || !is_refused(context) {
        return Vec::new();
    }
    let wanted = entry_type_for(context);
    let label = entry_label(entry);
    let message = format!(
        "{label} has type `{written}`, but the nodes of {} need `{wanted}`",
        context.pool
    );
    let arn = context.role_arn_for_commands();
    let mut finding = Finding::new(&ACCESS_ENTRY_WRONG_TYPE, label, message)
        .at(entry.entry_type.origin().unwrap_or(&entry.origin))
        .evidence(Evidence::fact(
            "the type of an entry cannot be changed; the entry has to be made again",
            None,
        ));
    if let Some((_, asked)) = &context.admitted().described {
        finding = finding.all_evidence(asked.evidence.iter().cloned());
    }
    if let Some(other) = needs_it_as_it_is(context, written) {
        let action = format!(
            "Give the nodes of {} a role of their own: {other} needs this entry as it is, and a role \
             has one entry in a cluster",
            context.pool
        );
        return vec![finding.repair(Repair::new(action, Safety::ByHand))];
    }
    let edit = Edit::of(&entry.entry_type, wanted);
    if edit.is_some() {
        let action = format!("Write type `{wanted}` in the file");
        finding = finding.repair(Repair::new(action, Safety::Safe).edit(edit));
    }
    vec![finding.repair(recreate_entry(context, entry, &arn, &arn))]
}

/// A node class or node group of the same cluster and role, whose nodes need the entry's present type.
fn needs_it_as_it_is(context: &ChainContext<'_>, written: &str) -> Option<String> {
    let name = context.role.name()?;
    let snapshot = context.world.snapshot;
    let object = context.role.role().and_then(|role| role.id.as_ref());
    let of_instances = type_is(written, "EC2_LINUX") || type_is(written, "EC2_WINDOWS");
    let needed = |kind: NodeClassKind| match kind {
        NodeClassKind::AutoMode => type_is(written, "EC2"),
        NodeClassKind::Karpenter => of_instances,
    };
    let class = snapshot.node_classes.iter().find(|class| {
        let same_role = class.role.as_ref().is_some_and(|role| {
            (object.is_some() && role.object.as_ref() == object)
                || role.value.value().is_some_and(|role| role == name)
        });
        same_role && needed(class.kind) && context.may_hold(class.cluster.as_ref())
    });
    let group = || {
        snapshot.node_groups.iter().find(|group| {
            let same_role = group.role.as_ref().is_some_and(|role| {
                let principal = role.value.value().and_then(Principal::as_role);
                (object.is_some() && role.object.as_ref() == object)
                    || principal.is_some_and(|role| role.name.as_str() == name)
            });
            same_role && of_instances && context.may_hold(Some(&group.cluster))
        })
    };
    class
        .map(|class| format!("{} `{}`", class.kind, class.name))
        .or_else(|| {
            let group = group()?;
            let name = group.name.value().map_or("(unnamed)", String::as_str);
            Some(format!("node group `{name}`"))
        })
}
