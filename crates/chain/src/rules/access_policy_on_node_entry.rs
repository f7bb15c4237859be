use rolecall_facts::{AccessEntry, AccessPolicyAssociation, Change, Origin};

use super::access_entry::{entry_label, pools_by_entry};
use crate::context::{ChainContext, Flavour};
use crate::repairs::aws;
use crate::rule::rule;
use crate::world::World;
use crate::{Evidence, Finding, Repair, Safety};

rule! {
    /// ## What it checks
    /// Whether an access policy is associated with an access entry of type `EC2_LINUX` or `EC2_WINDOWS`.
    ///
    /// ## Why nodes fail
    /// EKS refuses the association: `This operation can only be performed on Access Entries with a type of
    /// "STANDARD".` What is applied after it is not made. These nodes need no access policy; their entry puts
    /// them into the group of nodes. Where the nodes are Auto Mode's, the type is wrong, not the policy: they
    /// need an entry of type `EC2`, with which `AmazonEKSAutoNodePolicy` is associated
    /// (aws-controllers-k8s/community#2144).
    ///
    /// ## Example
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
    ///   name = "NodeRole"
    ///   assume_role_policy = jsonencode({
    ///     Version   = "2012-10-17"
    ///     Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
    ///   })
    /// }
    ///
    /// resource "aws_eks_access_entry" "node" {
    ///   cluster_name  = aws_eks_cluster.main.name
    ///   principal_arn = aws_iam_role.node.arn
    ///   type          = "EC2_LINUX"
    /// }
    ///
    /// resource "aws_eks_access_policy_association" "node" {
    ///   cluster_name  = aws_eks_cluster.main.name
    ///   principal_arn = aws_iam_role.node.arn
    ///   policy_arn    = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
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
    /// }
    ///
    /// resource "aws_iam_role" "node" {
    ///   name = "NodeRole"
    ///   assume_role_policy = jsonencode({
    ///     Version   = "2012-10-17"
    ///     Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
    ///   })
    /// }
    ///
    /// resource "aws_eks_access_entry" "node" {
    ///   cluster_name  = aws_eks_cluster.main.name
    ///   principal_arn = aws_iam_role.node.arn
    ///   type          = "EC2_LINUX"
    /// }
    /// ```
    ///
    /// ## Permissions needed
    /// None.
    pub(super) ACCESS_POLICY_ON_NODE_ENTRY = RC803 "access-policy-on-node-entry", Error, AccessPolicy, Snapshot(check)
}

fn check(world: &World<'_>, contexts: &[ChainContext<'_>]) -> Vec<Finding> {
    let pools = pools_by_entry(contexts);
    let mut findings = Vec::new();
    for entry in &world.snapshot.access_entries {
        // A type that is not known may be one that takes policies.
        if !entry.entry_type.is_known() || !Flavour::SelfManaged.takes(entry) {
            continue;
        }
        let (policies, _) = world.policies_of(entry);
        let declared = policies
            .into_iter()
            .filter(|policy| matches!(policy.origin, Origin::File(_)));
        for policy in declared {
            let users = pools.get(&std::ptr::from_ref(entry)).into_iter().flatten();
            let pools = users.map(|context| context.pool.clone());
            findings.push(finding(world, entry, policy).of_pools(pools));
        }
    }
    findings
}

fn finding(world: &World<'_>, entry: &AccessEntry, policy: &AccessPolicyAssociation) -> Finding {
    let label = entry_label(entry);
    let kind = entry.entry_type.value().map_or("", String::as_str);
    let arn = policy
        .policy_arn
        .value()
        .map_or("an access policy", String::as_str);
    let name = arn.rsplit('/').next().unwrap_or(arn);
    let message = format!("{label} has type `{kind}`, with which {name} cannot be associated");
    let cluster = world
        .cluster_name(&world.key(Some(&entry.cluster)))
        .unwrap_or_else(|| "CLUSTER".to_owned());
    let principal = entry
        .principal
        .value
        .value()
        .map_or_else(|| "ROLE_ARN".to_owned(), ToString::to_string);
    let is_told = policy.policy_arn.is_known()
        && entry.principal.value.is_known()
        && world.takes_changes(&world.key(Some(&entry.cluster)));
    let change = is_told.then(|| Change::DisassociateAccessPolicy {
        principal: principal.clone(),
        policy_arn: arn.to_owned(),
    });
    let mut remove =
        Repair::new(format!("Remove the association of {name}"), Safety::Safe).changes(change);
    if policy.policy_arn.is_known() {
        remove.commands = vec![aws(format!(
            "aws eks list-associated-access-policies --cluster-name {cluster} \\\n  --principal-arn {principal}"
        ))];
    }
    Finding::new(&ACCESS_POLICY_ON_NODE_ENTRY, label, message)
        .at(policy.policy_arn.origin().unwrap_or(&policy.origin))
        .at(entry.entry_type.origin().unwrap_or(&entry.origin))
        .evidence(Evidence::fact(
            "EKS answers AssociateAccessPolicy with InvalidParameterException: This operation can only \
             be performed on Access Entries with a type of \"STANDARD\".",
            None,
        ))
        .repair(remove)
}
