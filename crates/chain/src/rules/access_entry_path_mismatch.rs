use rolecall_facts::{AccessEntry, AuthenticationMode, RoleIdentity};

use super::access_entry::is_refused;
use crate::context::{Admission, ChainContext};
use crate::repairs::{create_entry, recreate_entry};
use crate::rule::rule;
use crate::{Edit, Evidence, Finding, Repair, Safety};

rule! {
    /// ## What it checks
    /// That the access entry written for a node role names the role's full ARN, path included.
    ///
    /// ## Why nodes fail
    /// `arn:aws:iam::111122223333:role/NodeRole` and
    /// `arn:aws:iam::111122223333:role/platform/eks/NodeRole` are two principals. Role names are unique
    /// in an account, so only one of the two exists: EKS refuses to create an entry for the other with
    /// `The specified principalArn is invalid: invalid principal.` An entry that was created before the
    /// role moved to another path is dead, as moving a role means deleting it and creating it again.
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
    ///   path = "/platform/eks/"
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
    ///   principal_arn = "arn:aws:iam::111122223333:role/WebNodeRole"
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
    ///   path = "/platform/eks/"
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
    /// `iam:GetRole`, `eks:ListAccessEntries` on a live cluster; none for files.
    pub(super) ACCESS_ENTRY_PATH_MISMATCH = RC703 "access-entry-path-mismatch", Error, AccessEntry, Chain(check)
}

fn check(context: &ChainContext<'_>) -> Vec<Finding> {
    let (Some(role), Some((entry, principal))) = (context.role.identity(), mispathed(context))
    else {
        return Vec::new();
    };
    vec![finding(context, role, entry, principal)]
}

/// The entry under another path, where that is why nobody is let in, and the role it names.
pub(super) fn mispathed<'a>(
    context: &ChainContext<'a>,
) -> Option<(&'a AccessEntry, &'a RoleIdentity)> {
    let matters = is_refused(context) || found_by_dropping(context);
    let other = context.entries.of_other_path(context.role.identity()?);
    other.filter(|_| context.entries.exact.is_empty() && matters)
}

/// Whether the control plane drops the path and so finds the entry that an earlier role of this name left
/// behind: the class becomes Ready, and the entry lets in nobody.
fn found_by_dropping(context: &ChainContext<'_>) -> bool {
    let hidden = context.mapping().is_some()
        && context
            .mode()
            .is_some_and(AuthenticationMode::has_config_map);
    matches!(context.admitted().admission, Admission::Entry(_)) && !hidden
}

fn finding(
    context: &ChainContext<'_>,
    role: &RoleIdentity,
    entry: &AccessEntry,
    written: &RoleIdentity,
) -> Finding {
    let message = format!(
        "the access entry for `{}` names the path `{}`, but the role lives under `{}`",
        role.name, written.path, role.path
    );
    let mut finding = Finding::new(
        &ACCESS_ENTRY_PATH_MISMATCH,
        format!("access entry {written}"),
        message,
    )
    .at(entry.principal.value.origin().unwrap_or(&entry.origin));
    if let Some(declared) = context.role.role() {
        finding = finding.at(declared.path.origin().unwrap_or(&declared.origin));
    }
    // What the files leave open of the role's ARN is as the entry has it: only the paths differ.
    let meant = RoleIdentity {
        partition: role.partition.clone().or(written.partition.clone()),
        account: role.account.or(written.account),
        ..role.clone()
    };
    finding = finding
        .evidence(Evidence::difference(
            ("the entry is for", written),
            ("the role is", &meant),
        ))
        .evidence(Evidence::fact(
            "EKS answers CreateAccessEntry for a principal that does not exist with \
             InvalidParameterException: The specified principalArn is invalid: invalid principal.",
            None,
        ));
    if let Some((_, asked)) = &context.admitted().described {
        finding = finding.all_evidence(asked.evidence.iter().cloned());
    }
    let in_file = Repair::new("Write the role's full ARN in the file", Safety::Safe)
        .edit(Edit::of(&entry.principal.value, meant.to_string()));
    if in_file.edit.is_some() {
        finding = finding.repair(in_file);
    }
    let mut create = create_entry(context, &role.to_string());
    if entry.origin.as_file().is_some() {
        // The file would still have the other entry made.
        create.changes.clear();
    }
    let finding = finding.repair(create);
    match entry.origin {
        // The stale entry lets nobody in, but others may count on it, so it is left alone at first.
        rolecall_facts::Origin::Api(_) => finding.repair(recreate_entry(
            context,
            entry,
            &written.to_string(),
            &role.to_string(),
        )),
        rolecall_facts::Origin::File(_) => finding,
    }
}
