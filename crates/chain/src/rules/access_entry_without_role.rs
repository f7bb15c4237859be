use std::collections::HashSet;

use rolecall_facts::{AccessEntry, Change, Origin, Role, RoleIdentity};

use super::access_entry::{entry_label, is_for_nodes};
use super::access_entry_path_mismatch::mispathed;
use crate::context::ChainContext;
use crate::rule::rule;
use crate::world::World;
use crate::{Edit, Evidence, Finding, Repair, Safety, Severity};

rule! {
    /// ## What it checks
    /// Whether an access entry for nodes names a role that certainly does not exist: all roles of its account
    /// are known and it is not among them, or the files declare the role of that name under another path. Where
    /// a pool uses that role, `access-entry-path-mismatch` says so instead.
    ///
    /// ## Why nodes fail
    /// EKS refuses to make the entry with `The specified principalArn is invalid: invalid principal.`, and what
    /// is applied after it is not made. An entry that was made while the role existed stays when the role is
    /// deleted, also after a managed node group is gone; it lets nobody in, and will not do so when a role of
    /// that name is made again (aws/containers-roadmap#2441, eksctl-io/eksctl#8516). That is a warning.
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
    /// resource "aws_iam_role" "batch" {
    ///   name = "BatchNodeRole"
    ///   path = "/platform/eks/"
    ///   assume_role_policy = jsonencode({
    ///     Version   = "2012-10-17"
    ///     Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
    ///   })
    /// }
    ///
    /// resource "aws_eks_access_entry" "old" {
    ///   cluster_name  = aws_eks_cluster.main.name
    ///   principal_arn = "arn:aws:iam::111122223333:role/BatchNodeRole"
    ///   type          = "EC2"
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
    /// resource "aws_iam_role" "batch" {
    ///   name = "BatchNodeRole"
    ///   path = "/platform/eks/"
    ///   assume_role_policy = jsonencode({
    ///     Version   = "2012-10-17"
    ///     Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
    ///   })
    /// }
    ///
    /// resource "aws_eks_access_entry" "old" {
    ///   cluster_name  = aws_eks_cluster.main.name
    ///   principal_arn = aws_iam_role.batch.arn
    ///   type          = "EC2"
    /// }
    /// ```
    ///
    /// ## Permissions needed
    /// `eks:ListAccessEntries`, `iam:GetRole` on a live cluster; none for files.
    pub(super) ACCESS_ENTRY_WITHOUT_ROLE = RC706 "access-entry-without-role", Error, AccessEntry, Snapshot(check)
}

fn check(world: &World<'_>, contexts: &[ChainContext<'_>]) -> Vec<Finding> {
    let told: HashSet<*const AccessEntry> = contexts
        .iter()
        .filter_map(mispathed)
        .map(|(entry, _)| std::ptr::from_ref(entry))
        .collect();
    world
        .snapshot
        .access_entries
        .iter()
        .filter(|entry| !told.contains(&std::ptr::from_ref(*entry)) && is_for_nodes(entry))
        .filter_map(|entry| finding(world, entry))
        .collect()
}

fn finding(world: &World<'_>, entry: &AccessEntry) -> Option<Finding> {
    let principal = entry.principal.value.value()?.as_role()?;
    if entry.principal.object.is_some() {
        return None;
    }
    let same_name = world.roles_named(principal.name.as_str());
    let is_it = |role: &&Role| match role.identity() {
        Some(Ok(identity)) => {
            identity.may_share_account(principal) && identity.path == principal.path
        }
        // A role of this name whose path or account is open may be the one.
        _ => role
            .account
            .is_none_or(|account| principal.account.is_none_or(|other| account == other)),
    };
    if same_name.iter().any(is_it) {
        return None;
    }
    let elsewhere = same_name.iter().find_map(|role| {
        let identity = role.identity()?.ok()?;
        in_one_account(entry, principal, role).then_some((*role, identity))
    });
    if elsewhere.is_none() && !world.has_all_roles_of(principal.account) {
        return None;
    }
    let label = entry_label(entry);
    let live = matches!(entry.origin, Origin::Api(_));
    let message = match &elsewhere {
        Some((_, identity)) => format!(
            "{label} names a role that does not exist; the role of that name is `{identity}`"
        ),
        None => format!("{label} names a role that does not exist"),
    };
    let mut finding = Finding::new(&ACCESS_ENTRY_WITHOUT_ROLE, label, message)
        .severity(if live {
            Severity::Warning
        } else {
            Severity::Error
        })
        .at(entry.principal.value.origin().unwrap_or(&entry.origin));
    if let Some((role, identity)) = &elsewhere {
        finding = finding
            .at(role.path.origin().unwrap_or(&role.origin))
            .evidence(Evidence::difference(
                ("the entry is for", principal),
                ("the role is", identity),
            ))
            .repair(
                Repair::new("Write the role's full ARN in the file", Safety::Safe)
                    .edit(Edit::of(&entry.principal.value, identity.to_string())),
            );
    }
    if !live {
        finding = finding.evidence(Evidence::fact(
            "EKS answers CreateAccessEntry for a principal that does not exist with \
             InvalidParameterException: The specified principalArn is invalid: invalid principal.",
            None,
        ));
    }
    Some(finding.repair(delete(world, entry, principal)))
}

/// Whether the declared role certainly lies in the account of the entry's principal, so that no other
/// role there can have its name: the accounts are known and equal, or one plan or folder holds both.
fn in_one_account(entry: &AccessEntry, principal: &RoleIdentity, role: &Role) -> bool {
    match (principal.account, role.account) {
        (Some(left), Some(right)) => left == right,
        _ => matches!(
            (&entry.id, &role.id),
            (Some(entry), Some(role)) if entry.scope() == role.scope()
        ),
    }
}

fn delete(world: &World<'_>, entry: &AccessEntry, principal: &RoleIdentity) -> Repair {
    let cluster = world
        .cluster_name(&world.key(Some(&entry.cluster)))
        .unwrap_or_else(|| "CLUSTER".to_owned());
    let mut repair = Repair::new("Remove the entry", Safety::ByHand);
    if matches!(entry.origin, Origin::Api(_)) {
        if world.takes_changes(&world.key(Some(&entry.cluster))) {
            repair = repair.changes([Change::DeleteAccessEntry {
                principal: principal.to_string(),
            }]);
        }
        repair.commands = vec![crate::repairs::aws(format!(
            "aws eks delete-access-entry --cluster-name {cluster} \\\n  --principal-arn {principal}"
        ))];
    }
    repair
}
