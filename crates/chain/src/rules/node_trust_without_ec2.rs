use rolecall_facts::Role;
use serde_json::Value;

use super::role::{named_at, role_name};
use crate::context::{ChainContext, Flavour};
use crate::iam::{Answer, Asked};
use crate::questions::{ROLES_ANYWHERE, ROLES_ANYWHERE_ACTIONS, SYSTEMS_MANAGER};
use crate::repairs::trust_service;
use crate::rule::rule;
use crate::{Evidence, Finding, Repair, Safety, Severity};

rule! {
    /// ## What it checks
    /// That the trust policy of a node role lets EC2 assume it: `ec2.amazonaws.com`, `sts:AssumeRole`.
    /// Further principals do no harm. For the role of hybrid nodes it is Systems Manager or IAM Roles
    /// Anywhere that must be let in (EKS User Guide, "Prepare credentials for hybrid nodes"); that
    /// neither is, is a warning.
    ///
    /// ## Why nodes fail
    /// An instance gets its credentials when EC2 assumes the role of its instance profile. If EC2 may
    /// not, the instance has none and cannot prove to the cluster who it is. A managed node group is
    /// refused at once: `Following required service principals [ec2.amazonaws.com] were not found in the
    /// trust relationships of nodeRole` (EKS User Guide, "Amazon EKS node IAM role").
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
    ///     Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "eks.amazonaws.com" } }]
    ///   })
    ///   managed_policy_arns = [
    ///     "arn:aws:iam::aws:policy/AmazonEKSWorkerNodeMinimalPolicy",
    ///     "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly",
    ///   ]
    /// }
    /// ```
    ///
    /// ## Fix
    /// ```hcl main.tf
    /// resource "aws_iam_role" "web" {
    ///   name = "WebNodeRole"
    ///   assume_role_policy = jsonencode({
    ///     Version   = "2012-10-17"
    ///     Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
    ///   })
    ///   managed_policy_arns = [
    ///     "arn:aws:iam::aws:policy/AmazonEKSWorkerNodeMinimalPolicy",
    ///     "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly",
    ///   ]
    /// }
    /// ```
    ///
    /// ## Permissions needed
    /// `iam:GetRole` in a live account; none for files.
    pub(super) NODE_TRUST_WITHOUT_EC2 = RC401 "node-trust-without-ec2", Error, Trust, Chain(check)
}

fn check(context: &ChainContext<'_>) -> Vec<Finding> {
    let (Some(role), Some(asked)) = (context.role.role(), &context.questions().trust) else {
        return Vec::new();
    };
    let Answer::Denied { explicit, .. } = asked.answer else {
        return Vec::new();
    };
    let name = role_name(role);
    if context.flavour == Flavour::Hybrid {
        return vec![of_hybrid_nodes(context, role, &name, asked)];
    }
    let message = match explicit {
        true => format!("the trust policy of role `{name}` denies EC2 to assume it"),
        false => format!("the trust policy of role `{name}` does not let EC2 assume it"),
    };
    let ec2 = match context.place().partition() {
        "aws-iso" => "ec2.c2s.ic.gov",
        "aws-iso-b" => "ec2.sc2s.sgov.gov",
        _ => "ec2.amazonaws.com",
    };
    let repair = match explicit {
        true => Repair::new(
            "Take EC2 out of the statement that denies it",
            Safety::ByHand,
        ),
        false => trust_service(context, role, &name, ec2, &["sts:AssumeRole"]),
    };
    vec![
        Finding::new(&NODE_TRUST_WITHOUT_EC2, format!("role {name}"), message)
            .at(role.trust.origin().unwrap_or(&role.origin))
            .at(named_at(context))
            .all_evidence(trust_evidence(role, asked))
            .repair(repair),
    ]
}

/// Anybody who may assume the role can hand its credentials to a machine, so that nodes may join all the
/// same: EKS supports two ways only.
fn of_hybrid_nodes(context: &ChainContext<'_>, role: &Role, name: &str, asked: &Asked) -> Finding {
    let message = format!(
        "the trust policy of role `{name}` lets neither Systems Manager nor IAM Roles Anywhere assume \
         it, and hybrid nodes get their credentials from one of them"
    );
    let by_systems_manager =
        trust_service(context, role, name, SYSTEMS_MANAGER, &["sts:AssumeRole"]);
    let by_certificate =
        trust_service(context, role, name, ROLES_ANYWHERE, &ROLES_ANYWHERE_ACTIONS);
    Finding::new(&NODE_TRUST_WITHOUT_EC2, format!("role {name}"), message)
        .severity(Severity::Warning)
        .at(role.trust.origin().unwrap_or(&role.origin))
        .at(named_at(context))
        .all_evidence(trust_evidence(role, asked))
        .repair(Repair {
            safety: Safety::ByHand,
            ..by_systems_manager
        })
        .repair(Repair {
            safety: Safety::ByHand,
            ..by_certificate
        })
}

/// Whom the trust policy lets in instead, and the statements that nearly did.
pub(super) fn trust_evidence(role: &Role, asked: &Asked) -> Vec<Evidence> {
    let services = trusted_services(role);
    let text = match services.as_slice() {
        [] => "the trust policy lets no AWS service in".to_owned(),
        services => format!("the trust policy lets in {}", services.join(", ")),
    };
    std::iter::once(Evidence::fact(text, role.trust.origin()))
        .chain(asked.evidence.iter().cloned())
        .collect()
}

fn trusted_services(role: &Role) -> Vec<String> {
    let document = role
        .trust
        .value()
        .and_then(|document| serde_json::from_str::<Value>(&document.text).ok());
    let statements = match document
        .as_ref()
        .and_then(|document| document.get("Statement"))
    {
        Some(Value::Array(all)) => all.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    };
    let mut services: Vec<String> = statements
        .into_iter()
        .filter(|statement| statement.get("Effect").and_then(Value::as_str) == Some("Allow"))
        .filter_map(|statement| statement.get("Principal")?.get("Service"))
        .flat_map(|service| match service {
            Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
            one => one.as_str().into_iter().collect::<Vec<_>>(),
        })
        .map(str::to_owned)
        .collect();
    services.sort();
    services.dedup();
    services
}
