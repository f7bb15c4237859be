use rolecall_facts::AccessEntry;

use super::access_entry::{entry_label, is_for_nodes, pools_by_entry};
use crate::context::ChainContext;
use crate::rule::rule;
use crate::world::World;
use crate::{Evidence, Finding, Repair, Safety};

rule! {
    /// ## What it checks
    /// That an access entry for nodes names a role of the cluster's own account. Entries of type `STANDARD`, for
    /// people and tools, may come from anywhere.
    ///
    /// ## Why nodes fail
    /// EKS refuses the entry: `AccessEntry principalArn must be from the same account as the cluster when using
    /// types [EC2_LINUX, EC2_WINDOWS, FARGATE_LINUX, HYBRID_LINUX, EC2]`. Nodes run under a role of the account
    /// they are launched in, which is the cluster's.
    ///
    /// ## Example
    /// ```hcl main.tf
    /// provider "aws" {
    ///   region              = "eu-central-1"
    ///   allowed_account_ids = ["111122223333"]
    /// }
    ///
    /// resource "aws_eks_cluster" "main" {
    ///   name     = "prod"
    ///   role_arn = "arn:aws:iam::111122223333:role/ClusterRole"
    ///   access_config {
    ///     authentication_mode = "API"
    ///   }
    /// }
    ///
    /// resource "aws_eks_access_entry" "shared" {
    ///   cluster_name  = aws_eks_cluster.main.name
    ///   principal_arn = "arn:aws:iam::444455556666:role/SharedNodeRole"
    ///   type          = "EC2_LINUX"
    /// }
    /// ```
    ///
    /// ## Fix
    /// ```hcl main.tf
    /// provider "aws" {
    ///   region              = "eu-central-1"
    ///   allowed_account_ids = ["111122223333"]
    /// }
    ///
    /// resource "aws_eks_cluster" "main" {
    ///   name     = "prod"
    ///   role_arn = "arn:aws:iam::111122223333:role/ClusterRole"
    ///   access_config {
    ///     authentication_mode = "API"
    ///   }
    /// }
    ///
    /// resource "aws_eks_access_entry" "shared" {
    ///   cluster_name  = aws_eks_cluster.main.name
    ///   principal_arn = "arn:aws:iam::111122223333:role/SharedNodeRole"
    ///   type          = "EC2_LINUX"
    /// }
    /// ```
    ///
    /// ## Permissions needed
    /// `eks:ListAccessEntries`, `eks:DescribeCluster` on a live cluster; none for files.
    pub(super) ACCESS_ENTRY_FOREIGN_ACCOUNT = RC709 "access-entry-foreign-account", Error, AccessEntry, Snapshot(check)
}

fn check(world: &World<'_>, contexts: &[ChainContext<'_>]) -> Vec<Finding> {
    let pools = pools_by_entry(contexts);
    let entries = world.snapshot.access_entries.iter();
    entries
        .filter(|entry| is_for_nodes(entry))
        .filter_map(|entry| {
            let found = finding(world, entry)?;
            let users = pools.get(&std::ptr::from_ref(entry)).into_iter().flatten();
            Some(found.of_pools(users.map(|context| context.pool.clone())))
        })
        .collect()
}

fn finding(world: &World<'_>, entry: &AccessEntry) -> Option<Finding> {
    let cluster = world.cluster(&world.key(Some(&entry.cluster)))?;
    let own = cluster.account?;
    let principal = entry.principal.value.value()?.as_role()?;
    let foreign = principal.account.filter(|account| *account != own)?;
    let kind = entry.entry_type.value()?;
    let name = world
        .cluster_name(&world.key_of(cluster))
        .unwrap_or_else(|| "of the files".to_owned());
    let label = entry_label(entry);
    let message = format!(
        "{label} of type `{kind}` names a role of account {foreign}, but cluster `{name}` is in {own}"
    );
    Some(
        Finding::new(&ACCESS_ENTRY_FOREIGN_ACCOUNT, label, message)
            .at(entry.principal.value.origin().unwrap_or(&entry.origin))
            .evidence(Evidence::fact(
                "EKS answers InvalidParameterException: AccessEntry principalArn must be from the same \
                 account as the cluster when using types [EC2_LINUX, EC2_WINDOWS, FARGATE_LINUX, \
                 HYBRID_LINUX, EC2]",
                None,
            ))
            .repair(Repair::new(
                format!("Name a node role of account {own}"),
                Safety::ByHand,
            )),
    )
}
