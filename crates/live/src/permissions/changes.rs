//! What making changes needs beside reading: the kinds of changes that `repair` makes, one by one.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::policy::{one_or_several, yaml};
use super::{KubernetesPermission, ResourceKind, Scope};

/// A permission of IAM that a kind of change needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangePermission {
    /// The change, by the call that makes it (`rolecall_facts::Call::action`).
    pub change: &'static str,
    /// The action.
    pub action: &'static str,
    /// What it is needed for.
    pub on: ResourceKind,
    /// The service that a role is handed to, of `iam:PassRole`.
    pub passed_to: Option<&'static str>,
    /// When it is needed.
    pub when: &'static str,
}

/// What the changes need of AWS, in the order of the services.
///
/// Which actions AWS asks for beside the call's own: EKS User Guide, "Create access entries" (passing
/// a role) and "Tag your Amazon EKS resources"; IAM User Guide, "Tags for IAM roles" and "Grant a user
/// permissions to pass a role to an AWS service".
pub const CHANGES: &[ChangePermission] = &[
    itself("eks:CreateAccessEntry", ResourceKind::Cluster),
    with(
        "eks:CreateAccessEntry",
        "eks:TagResource",
        ResourceKind::AccessEntry,
        "always: entries that Rolecall makes are tagged",
    ),
    passing(
        "eks:CreateAccessEntry",
        "eks.amazonaws.com",
        "for entries of the types EC2_LINUX and EC2_WINDOWS",
    ),
    itself("eks:DeleteAccessEntry", ResourceKind::AccessEntry),
    itself("eks:AssociateAccessPolicy", ResourceKind::AccessEntry),
    itself("eks:DisassociateAccessPolicy", ResourceKind::AccessEntry),
    itself("eks:UpdateClusterConfig", ResourceKind::Cluster),
    with(
        "eks:UpdateClusterConfig",
        "eks:DescribeUpdate",
        ResourceKind::Cluster,
        "always: the update is waited for",
    ),
    passing(
        "eks:UpdateClusterConfig",
        "eks.amazonaws.com",
        "where the role of Auto Mode's own pools is set",
    ),
    itself("eks:CreateNodegroup", ResourceKind::Cluster),
    passing("eks:CreateNodegroup", "eks.amazonaws.com", "always"),
    with(
        "eks:CreateNodegroup",
        "iam:CreateServiceLinkedRole",
        ResourceKind::Role,
        "where the account never had a node group",
    ),
    itself("eks:DeleteNodegroup", ResourceKind::NodeGroup),
    itself("iam:CreateRole", ResourceKind::Role),
    with(
        "iam:CreateRole",
        "iam:TagRole",
        ResourceKind::Role,
        "always: roles that Rolecall makes are tagged",
    ),
    itself("iam:DeleteRole", ResourceKind::Role),
    itself("iam:UpdateAssumeRolePolicy", ResourceKind::Role),
    itself("iam:AttachRolePolicy", ResourceKind::Role),
    itself("iam:DetachRolePolicy", ResourceKind::Role),
    itself("iam:PutRolePolicy", ResourceKind::Role),
    itself("iam:DeleteRolePolicy", ResourceKind::Role),
    itself(
        "iam:AddRoleToInstanceProfile",
        ResourceKind::InstanceProfile,
    ),
    passing(
        "iam:AddRoleToInstanceProfile",
        "ec2.amazonaws.com",
        "always",
    ),
    itself(
        "iam:RemoveRoleFromInstanceProfile",
        ResourceKind::InstanceProfile,
    ),
];

/// What the changes need of a cluster's API server.
pub const KUBERNETES_CHANGES: &[KubernetesPermission] = &[
    patches(
        "eks.amazonaws.com",
        "nodeclasses",
        None,
        "to give a node class of Auto Mode another role",
    ),
    patches(
        "karpenter.k8s.aws",
        "ec2nodeclasses",
        None,
        "to give a node class of Karpenter another role",
    ),
    patches(
        "karpenter.sh",
        "nodepools",
        None,
        "to give a node pool another node class",
    ),
    patches(
        "",
        "configmaps",
        Some("aws-auth"),
        "to map, unmap or remap a role in aws-auth",
    ),
    KubernetesPermission {
        verb: "create",
        // Kubernetes does not know the name of what is created when it asks.
        ..patches(
            "",
            "configmaps",
            None,
            "to map a role where there is no aws-auth",
        )
    },
];

const fn itself(change: &'static str, on: ResourceKind) -> ChangePermission {
    with(change, change, on, "always")
}

const fn with(
    change: &'static str,
    action: &'static str,
    on: ResourceKind,
    when: &'static str,
) -> ChangePermission {
    ChangePermission {
        change,
        action,
        on,
        passed_to: None,
        when,
    }
}

const fn passing(
    change: &'static str,
    service: &'static str,
    when: &'static str,
) -> ChangePermission {
    ChangePermission {
        passed_to: Some(service),
        ..with(change, "iam:PassRole", ResourceKind::Role, when)
    }
}

const fn patches(
    group: &'static str,
    resource: &'static str,
    name: Option<&'static str>,
    why: &'static str,
) -> KubernetesPermission {
    KubernetesPermission {
        commands: &[super::Command::Repair],
        verb: "patch",
        group,
        resource,
        name,
        why,
    }
}

/// The smallest IAM policy with which changes of these kinds can be made, in addition to what reading
/// needs. Kinds are named by the calls that make them; those of Kubernetes need nothing of IAM.
#[must_use]
pub fn policy_of_changes(changes: &[&str], scope: &Scope) -> Value {
    let mut statements: BTreeMap<(Option<&str>, ResourceKind), Vec<&str>> = BTreeMap::new();
    for permission in CHANGES {
        if !changes.contains(&permission.change) {
            continue;
        }
        let actions = statements
            .entry((permission.passed_to, permission.on))
            .or_default();
        if !actions.contains(&permission.action) {
            actions.push(permission.action);
        }
    }
    let statements: Vec<Value> = statements
        .into_iter()
        .map(|((passed_to, on), actions)| {
            let mut statement = json!({
                "Sid": format!("Change{}", on.sid()),
                "Effect": "Allow",
                "Action": one_or_several(actions),
                "Resource": one_or_several(scope.resources(on)),
            });
            if let (Some(service), Some(members)) = (passed_to, statement.as_object_mut()) {
                let short = match service {
                    "ec2.amazonaws.com" => "Ec2",
                    _ => "Eks",
                };
                members.insert(
                    "Sid".to_owned(),
                    format!("Pass{}To{short}", on.sid()).into(),
                );
                members.insert(
                    "Condition".to_owned(),
                    json!({"StringEquals": {"iam:PassedToService": service}}),
                );
            }
            statement
        })
        .collect();
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// The smallest ClusterRole with which changes of all kinds can be made, in addition to what reading
/// needs, as YAML.
#[must_use]
pub fn cluster_role_of_changes() -> String {
    yaml("rolecall-repair", KUBERNETES_CHANGES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_of_a_change_is_one_of_aws() {
        for permission in CHANGES {
            assert!(
                rolecall_policy::actions::find(permission.action).is_some(),
                "{}",
                permission.action
            );
        }
    }

    #[test]
    fn a_role_is_passed_to_the_service_that_takes_it_and_to_no_other() {
        let scope = Scope::of_unread("prod", "eu-central-1", Some("111122223333"));
        let changes = ["eks:CreateAccessEntry", "iam:AddRoleToInstanceProfile"];
        let policy = policy_of_changes(&changes, &scope);
        insta::assert_snapshot!(serde_json::to_string_pretty(&policy).unwrap_or_default());
    }
}
