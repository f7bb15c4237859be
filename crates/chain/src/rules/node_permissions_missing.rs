use rolecall_policy::LayerKind;
use serde_json::json;

use super::role::{named_at, role_name};
use crate::context::ChainContext;
use crate::iam::Answer;
use crate::questions::{Needed, is_lookup};
use crate::repairs::{allow_in_role, attach_policies};
use crate::rule::rule;
use crate::{Evidence, Finding, Severity};

rule! {
    /// ## What it checks
    /// That a node role may do what its kind of node needs: pull images from Amazon ECR, and in Auto
    /// Mode `eks-auth:AssumeRoleForPodIdentity`, for hybrid nodes `eks:DescribeCluster`,
    /// `eks:ListAccessEntries` and, by Systems Manager, `ssm:UpdateInstanceInformation`, elsewhere
    /// `ec2:DescribeInstances` and `eks:DescribeCluster`. What grants it does not matter: an AWS managed policy, one of your own, or
    /// an inline policy, for all repositories or some.
    ///
    /// ## Why nodes fail
    /// A node that cannot pull from ECR gets neither its network plugin nor its pods' images. Without
    /// `ec2:DescribeInstances` it does not learn its own name and does not register. In Auto Mode the
    /// node comes, but pods that use Pod Identity get no credentials, and images from ECR are not pulled
    /// (EKS User Guide, "Amazon EKS node IAM role", "Amazon EKS Auto Mode node IAM role"). A missing
    /// `eks:DescribeCluster` or `eks:ListAccessEntries` alone is a warning: only nodes that look the
    /// cluster up need them (for hybrid nodes EKS User Guide, "Prepare credentials for hybrid nodes").
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
    /// resource "aws_iam_role" "web" {
    ///   name = "WebNodeRole"
    ///   assume_role_policy = jsonencode({
    ///     Version   = "2012-10-17"
    ///     Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
    ///   })
    /// }
    ///
    /// resource "aws_iam_role_policy_attachment" "pull" {
    ///   role       = aws_iam_role.web.name
    ///   policy_arn = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly"
    /// }
    /// ```
    ///
    /// ## Fix
    /// ```hcl policies.tf
    /// resource "aws_iam_role_policy_attachment" "worker" {
    ///   role       = aws_iam_role.web.name
    ///   policy_arn = "arn:aws:iam::aws:policy/AmazonEKSWorkerNodeMinimalPolicy"
    /// }
    /// ```
    ///
    /// ## Permissions needed
    /// `iam:ListAttachedRolePolicies`, `iam:ListRolePolicies`, `iam:GetRolePolicy`, `iam:GetPolicy`,
    /// `iam:GetPolicyVersion` in a live account; none for files.
    pub(super) NODE_PERMISSIONS_MISSING = RC501 "node-permissions-missing", Error, NodePermissions, Chain(check)
}

fn check(context: &ChainContext<'_>) -> Vec<Finding> {
    let Some(role) = context.role.role() else {
        return Vec::new();
    };
    let missing: Vec<&Needed> = context
        .questions()
        .permissions
        .iter()
        .filter(|needed| is_missing(&needed.asked.answer))
        .collect();
    if missing.is_empty() {
        return Vec::new();
    }
    let name = role_name(role);
    let message = format!("node role `{name}` may not {}", wanted(&missing));
    let severity = if missing.iter().all(|needed| is_lookup(&needed.need)) {
        Severity::Warning
    } else {
        Severity::Error
    };
    let mut finding = Finding::new(&NODE_PERMISSIONS_MISSING, format!("role {name}"), message)
        .severity(severity)
        .at(&role.origin)
        .at(named_at(context));
    for policy in &role.attached_policies {
        if let Some(arn) = policy.value.value() {
            let text = format!("attached: {}", arn.rsplit('/').next().unwrap_or(arn));
            finding = finding.evidence(Evidence::fact(text, policy.value.origin()));
        }
    }
    if role.attached_policies.is_empty() && role.inline_policies.is_empty() {
        let text = format!("role `{name}` has no policies");
        finding = finding.evidence(Evidence::fact(text, Some(&role.origin)));
    }
    for needed in &missing {
        finding = finding.all_evidence(needed.asked.evidence.iter().cloned());
    }
    let mut granted: Vec<&str> = missing
        .iter()
        .filter_map(|needed| needed.need.granted_by)
        .collect();
    granted.dedup();
    let place = context.place();
    let arn = |policy: &&str| format!("arn:{}:iam::aws:policy/{policy}", place.partition());
    let arns: Vec<String> = granted.iter().map(arn).collect();
    let others: Vec<&str> = missing
        .iter()
        .filter(|needed| needed.need.granted_by.is_none())
        .map(|needed| needed.need.action)
        .collect();
    let attach = (!arns.is_empty()).then(|| attach_policies(context, role, &name, &arns));
    let allow = (!others.is_empty()).then(|| {
        let statement = json!({
            "Effect": "Allow",
            "Action": others,
            "Resource": context.cluster_arn(),
        });
        allow_in_role(context, role, &name, "eks-hybrid-nodes", &statement)
    });
    vec![finding.all_repairs(match (attach, allow) {
        (Some(attach), Some(allow)) => Some(attach.and(allow)),
        (attach, allow) => attach.or(allow),
    })]
}

/// Nothing denies it; nothing grants it either.
fn is_missing(answer: &Answer) -> bool {
    matches!(
        answer,
        Answer::Denied {
            explicit: false,
            by: None | Some(LayerKind::Identity),
        }
    )
}

/// Actions with what each is for: `a` and `b` to pull images, `c` to …
pub(super) fn wanted(needed: &[&Needed]) -> String {
    let mut purposes: Vec<&str> = needed.iter().map(|needed| needed.need.purpose).collect();
    purposes.dedup();
    let parts = purposes.into_iter().map(|purpose| {
        let actions = needed
            .iter()
            .filter(|needed| needed.need.purpose == purpose)
            .map(|needed| format!("`{}`", needed.need.action));
        format!("{} to {purpose}", actions.collect::<Vec<_>>().join(" and "))
    });
    parts.collect::<Vec<_>>().join(", ")
}
