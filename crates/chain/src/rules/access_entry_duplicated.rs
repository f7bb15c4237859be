use std::collections::HashMap;

use rolecall_facts::{AccessEntry, ObjectId, Origin, Principal};

use super::access_entry::{entry_label, pools_by_entry};
use crate::context::ChainContext;
use crate::rule::rule;
use crate::world::{ClusterKey, World};
use crate::{Evidence, Finding, Repair, Safety};

rule! {
    /// ## What it checks
    /// Whether one plan, folder or template declares two access entries for the same principal in the same
    /// cluster.
    ///
    /// ## Why nodes fail
    /// A cluster has one entry for a principal. The second is answered with ResourceInUseException, `The
    /// specified access entry resource is already in use on this cluster.`, and what depends on it is not
    /// made (terraform-aws-modules/terraform-aws-eks#2968, #3293). CloudFormation refuses the template before
    /// it asks EKS. Tools that make one entry for each node group collide this way when groups share a role.
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
    /// resource "aws_iam_role" "node" {
    ///   name = "NodeRole"
    ///   assume_role_policy = jsonencode({
    ///     Version   = "2012-10-17"
    ///     Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
    ///   })
    /// }
    ///
    /// resource "aws_eks_access_entry" "workers" {
    ///   cluster_name  = aws_eks_cluster.main.name
    ///   principal_arn = aws_iam_role.node.arn
    ///   type          = "EC2_LINUX"
    /// }
    ///
    /// resource "aws_eks_access_entry" "batch" {
    ///   cluster_name  = aws_eks_cluster.main.name
    ///   principal_arn = aws_iam_role.node.arn
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
    /// resource "aws_iam_role" "node" {
    ///   name = "NodeRole"
    ///   assume_role_policy = jsonencode({
    ///     Version   = "2012-10-17"
    ///     Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
    ///   })
    /// }
    ///
    /// resource "aws_eks_access_entry" "workers" {
    ///   cluster_name  = aws_eks_cluster.main.name
    ///   principal_arn = aws_iam_role.node.arn
    ///   type          = "EC2_LINUX"
    /// }
    /// ```
    ///
    /// ## Permissions needed
    /// None.
    pub(super) ACCESS_ENTRY_DUPLICATED = RC711 "access-entry-duplicated", Error, AccessEntry, Snapshot(check)
}

/// Cluster, scope and principal of an entry: equal keys are certainly the same entry, declared in one
/// place. A plan and the folder it was made from hold the same entry, but not in one scope.
#[derive(PartialEq, Eq, Hash)]
struct Key<'a> {
    cluster: ClusterKey,
    scope: &'a str,
    principal: Named<'a>,
}

#[derive(PartialEq, Eq, Hash)]
enum Named<'a> {
    Object(&'a ObjectId),
    Principal(&'a Principal),
}

fn check(world: &World<'_>, contexts: &[ChainContext<'_>]) -> Vec<Finding> {
    let mut declared: HashMap<Key<'_>, Vec<&AccessEntry>> = HashMap::new();
    for entry in &world.snapshot.access_entries {
        if let Some(key) = key(world, entry) {
            declared.entry(key).or_default().push(entry);
        }
    }
    let mut pools = None;
    declared
        .into_values()
        .filter(|entries| entries.len() > 1)
        .filter_map(|mut entries| {
            entries.sort_by_key(|entry| (&entry.origin, &entry.id));
            entries.dedup_by_key(|entry| &entry.id);
            let (first, second) = (*entries.first()?, *entries.get(1)?);
            let pools = pools.get_or_insert_with(|| pools_by_entry(contexts));
            let users = pools.get(&std::ptr::from_ref(first)).into_iter().flatten();
            let found = finding(world, first, second);
            Some(found.of_pools(users.map(|context| context.pool.clone())))
        })
        .collect()
}

fn key<'a>(world: &World<'_>, entry: &'a AccessEntry) -> Option<Key<'a>> {
    if matches!(entry.origin, Origin::Api(_)) {
        return None;
    }
    let scope = entry.id.as_ref().map(ObjectId::scope)?;
    let cluster = world.key(Some(&entry.cluster));
    if cluster == ClusterKey::Unknown {
        return None;
    }
    let principal = match &entry.principal.object {
        Some(object) => Named::Object(object),
        None => Named::Principal(entry.principal.value.value()?),
    };
    Some(Key {
        cluster,
        scope,
        principal,
    })
}

fn finding(world: &World<'_>, first: &AccessEntry, second: &AccessEntry) -> Finding {
    let label = entry_label(first);
    let cluster = world
        .cluster_name(&world.key(Some(&first.cluster)))
        .unwrap_or_else(|| "of the files".to_owned());
    let message = format!("{label} is declared twice for cluster `{cluster}`");
    Finding::new(&ACCESS_ENTRY_DUPLICATED, label, message)
        .at(&second.origin)
        .at(&first.origin)
        .evidence(Evidence::fact(
            "EKS answers the second with ResourceInUseException: The specified access entry resource is \
             already in use on this cluster.",
            None,
        ))
        .repair(Repair::new(
            "Keep one of the two, or import it where another stack owns it",
            Safety::ByHand,
        ))
}
