use rolecall_facts::{AccessEntry, Origin, Role};

use super::access_entry::entry_label;
use crate::context::ChainContext;
use crate::repairs::recreate_entry;
use crate::rule::rule;
use crate::{Evidence, Finding, Repair, Safety, Severity, Tool};

rule! {
    /// ## What it checks
    /// Whether the node role was deleted and made again after its access entry was: in a snapshot, a role that
    /// is younger than the entry; in a plan, a role that is replaced while its entry is kept.
    ///
    /// ## Why nodes fail
    /// EKS stores the role's unique id (`AROA…`) when the entry is made, and compares that id when a node calls.
    /// A role made again under the same ARN has another id, so the entry lets nobody in, though it looks right
    /// and the NodeClass is Ready. Nodes are answered Unauthorized, and their NodeClaims are deleted after 15
    /// minutes; a managed node group reports `NodeCreationFailure`. EKS never removes such an entry
    /// (Amazon EKS API Reference, `AccessEntry`; aws/containers-roadmap#2441,
    /// terraform-aws-modules/terraform-aws-eks#3329). In mode `API_AND_CONFIG_MAP` a mapping in `aws-auth`, which
    /// goes by name, may hide it; then this is a warning.
    ///
    /// ## Example
    /// ```yaml nodes.yaml
    /// apiVersion: eks.amazonaws.com/v1
    /// kind: NodeClass
    /// metadata:
    ///   name: ci
    /// spec:
    ///   role: ci-node
    /// ---
    /// apiVersion: karpenter.sh/v1
    /// kind: NodePool
    /// metadata:
    ///   name: ci
    /// spec:
    ///   template:
    ///     spec:
    ///       nodeClassRef:
    ///         group: eks.amazonaws.com
    ///         kind: NodeClass
    ///         name: ci
    /// ```
    /// ```json state.json
    /// {
    ///   "format_version": "1.0",
    ///   "terraform_version": "1.9.8",
    ///   "values": {
    ///     "root_module": {
    ///       "resources": [
    ///         {
    ///           "address": "aws_eks_cluster.build",
    ///           "mode": "managed",
    ///           "type": "aws_eks_cluster",
    ///           "name": "build",
    ///           "values": {
    ///             "arn": "arn:aws:eks:eu-west-1:111122223333:cluster/build",
    ///             "name": "build",
    ///             "role_arn": "arn:aws:iam::111122223333:role/ClusterRole",
    ///             "access_config": [{ "authentication_mode": "API" }],
    ///             "compute_config": [{ "enabled": true, "node_pools": [], "node_role_arn": null }]
    ///           }
    ///         },
    ///         {
    ///           "address": "aws_iam_role.ci",
    ///           "mode": "managed",
    ///           "type": "aws_iam_role",
    ///           "name": "ci",
    ///           "values": {
    ///             "arn": "arn:aws:iam::111122223333:role/ci-node",
    ///             "name": "ci-node",
    ///             "path": "/",
    ///             "create_date": "2026-03-02T09:30:00Z"
    ///           }
    ///         },
    ///         {
    ///           "address": "aws_eks_access_entry.ci",
    ///           "mode": "managed",
    ///           "type": "aws_eks_access_entry",
    ///           "name": "ci",
    ///           "values": {
    ///             "cluster_name": "build",
    ///             "principal_arn": "arn:aws:iam::111122223333:role/ci-node",
    ///             "type": "EC2",
    ///             "created_at": "2025-11-20T08:00:00Z"
    ///           }
    ///         }
    ///       ]
    ///     }
    ///   }
    /// }
    /// ```
    ///
    /// ## Fix
    /// Delete the entry and make it again, so that it holds the id of the role as it is now.
    /// ```json state.json
    /// {
    ///   "format_version": "1.0",
    ///   "terraform_version": "1.9.8",
    ///   "values": {
    ///     "root_module": {
    ///       "resources": [
    ///         {
    ///           "address": "aws_eks_cluster.build",
    ///           "mode": "managed",
    ///           "type": "aws_eks_cluster",
    ///           "name": "build",
    ///           "values": {
    ///             "arn": "arn:aws:eks:eu-west-1:111122223333:cluster/build",
    ///             "name": "build",
    ///             "role_arn": "arn:aws:iam::111122223333:role/ClusterRole",
    ///             "access_config": [{ "authentication_mode": "API" }],
    ///             "compute_config": [{ "enabled": true, "node_pools": [], "node_role_arn": null }]
    ///           }
    ///         },
    ///         {
    ///           "address": "aws_iam_role.ci",
    ///           "mode": "managed",
    ///           "type": "aws_iam_role",
    ///           "name": "ci",
    ///           "values": {
    ///             "arn": "arn:aws:iam::111122223333:role/ci-node",
    ///             "name": "ci-node",
    ///             "path": "/",
    ///             "create_date": "2026-03-02T09:30:00Z"
    ///           }
    ///         },
    ///         {
    ///           "address": "aws_eks_access_entry.ci",
    ///           "mode": "managed",
    ///           "type": "aws_eks_access_entry",
    ///           "name": "ci",
    ///           "values": {
    ///             "cluster_name": "build",
    ///             "principal_arn": "arn:aws:iam::111122223333:role/ci-node",
    ///             "type": "EC2",
    ///             "created_at": "2026-03-02T09:31:00Z"
    ///           }
    ///         }
    ///       ]
    ///     }
    ///   }
    /// }
    /// ```
    ///
    /// ## Permissions needed
    /// `iam:GetRole`, `eks:DescribeAccessEntry` on a live cluster; none for files.
    pub(super) ACCESS_ENTRY_OF_RECREATED_ROLE = RC705 "access-entry-of-recreated-role", Error, AccessEntry, Chain(check)
}

fn check(context: &ChainContext<'_>) -> Vec<Finding> {
    let (Some(entry), Some(role)) = (context.entries.exact.first(), context.role.role()) else {
        return Vec::new();
    };
    if context.mode().is_some_and(|mode| !mode.has_api()) {
        return Vec::new();
    }
    let Some(proof) = recreated(entry, role) else {
        return Vec::new();
    };
    let name = role.name.value().map_or("(unnamed)", String::as_str);
    let label = entry_label(entry);
    let (verb, severity) = match context.mapping() {
        Some(_) if context.mode().is_some_and(|mode| mode.has_config_map()) => (
            "is dead, hidden by a mapping in aws-auth",
            Severity::Warning,
        ),
        _ => ("is dead", Severity::Error),
    };
    let message = format!("{label} {verb}: role `{name}` is made again after it");
    let arn = context.role_arn_for_commands();
    let mut finding = Finding::new(&ACCESS_ENTRY_OF_RECREATED_ROLE, label, message)
        .severity(severity)
        .at(&role.origin)
        .at(&entry.origin)
        .evidence(Evidence::fact(proof, Some(&role.origin)))
        .evidence(Evidence::fact(
            "an entry holds the unique id of the role it was made for; a role made again has another",
            None,
        ));
    if let Some(address) = terraform_entry(entry) {
        finding = finding.repair(
            Repair::new(
                "Replace the entry in the same apply as the role",
                Safety::Disruptive,
            )
            .command(
                Tool::Terraform,
                format!("terraform apply -replace='{address}'"),
            )
            .command(
                Tool::Terraform,
                "lifecycle {\n  replace_triggered_by = [ROLE_ADDRESS.unique_id]\n}"
                    .replace("ROLE_ADDRESS", &terraform_role(role)),
            ),
        );
    }
    vec![finding.repair(recreate_entry(context, entry, &arn, &arn))]
}

/// What proves that the role was made again after the entry.
fn recreated(entry: &AccessEntry, role: &Role) -> Option<String> {
    if let (Some(entry), Some(role)) = (entry.created_at, role.created_at)
        && role > entry
    {
        return Some(format!("the entry was made at {entry}, the role at {role}"));
    }
    let why = role.replaced.as_ref()?;
    // An entry that another source declares may be made by another apply, before or after.
    let same_plan = match (&entry.id, &role.id) {
        (Some(entry), Some(role)) => entry.scope() == role.scope(),
        _ => matches!(entry.origin, Origin::Api(_)),
    };
    (same_plan && !entry.made_by_this_change)
        .then(|| format!("this plan replaces the role ({why}) and keeps the entry"))
}

fn address(id: Option<&rolecall_facts::ObjectId>) -> Option<&str> {
    id.and_then(|id| id.0.split_once('#'))
        .map(|(_, address)| address)
}

fn terraform_entry(entry: &AccessEntry) -> Option<&str> {
    address(entry.id.as_ref()).filter(|address| address.contains("aws_eks_access_entry."))
}

fn terraform_role(role: &Role) -> String {
    address(role.id.as_ref())
        .unwrap_or("aws_iam_role.node")
        .to_owned()
}
