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
    /// What is asked for beside the action and the resource, as narrow as AWS lets it be said.
    pub only: Option<Only>,
    /// When it is needed.
    pub when: &'static str,
}

/// A condition: a key, and the values it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Only {
    /// The condition key.
    pub key: &'static str,
    /// The values; `PARTITION` and `REGION` in them are those of the cluster.
    pub values: &'static [&'static str],
}

/// The service that a role is handed to.
const TO_EKS: Only = Only {
    key: "iam:PassedToService",
    values: &["eks.amazonaws.com"],
};
const TO_EC2: Only = Only {
    key: "iam:PassedToService",
    values: &["ec2.amazonaws.com"],
};
/// Entries of nodes: nobody is let in as a person.
const OF_NODES: Only = Only {
    key: "eks:accessEntryType",
    values: &["EC2", "EC2_LINUX", "EC2_WINDOWS", "HYBRID_LINUX"],
};
/// Nobody is made an administrator of the cluster.
const AUTO_NODE: Only = Only {
    key: "eks:policyArn",
    values: &["arn:PARTITION:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy"],
};
const OF_NODE_GROUPS: Only = Only {
    key: "iam:AWSServiceName",
    values: &["eks-nodegroup.amazonaws.com"],
};

/// EC2 knows no narrower resource than all subnets.
const HERE: Only = Only {
    key: "aws:RequestedRegion",
    values: &["REGION"],
};

/// What the changes need of AWS, in the order of the services.
///
/// Which actions AWS asks for beside the call's own, and where that is told:
///
/// * `eks:TagResource` with tags: permissions of `AWS::EKS::AccessEntry` (CloudFormation, resource
///   schema) and gravitational/teleport#44736. On which ARN it is asked is *not documented*; the
///   resource type that the Service Authorization Reference has for it is taken.
/// * `iam:TagRole` with tags: aws-cloudformation/cloudformation-coverage-roadmap#1859.
/// * `iam:PassRole` for entries of the types `EC2_LINUX` and `EC2_WINDOWS`: EKS User Guide, "Create
///   access entries". That EKS is the service is *not documented* for entries.
/// * `iam:PassRole` for Auto Mode's node role: permissions of `AWS::EKS::Cluster` (update). The
///   service is *not documented*; it is that of the cluster's own role.
/// * `eks:DescribeUpdate` is a call of our own.
/// * For node groups `iam:PassRole`, `iam:GetRole`, `iam:CreateServiceLinkedRole`,
///   `iam:ListAttachedRolePolicies` and `ec2:DescribeSubnets`: permissions of `AWS::EKS::Nodegroup`
///   and error messages of EKS (terraform-aws-modules/terraform-aws-eks#823, XenitAB/terraform-modules#396,
///   aws-controllers-k8s/community#2164). What that type asks for beside these goes with launch
///   templates, keys and security groups, which the groups made here do not have.
/// * `iam:PassRole` to EC2 for instance profiles: IAM User Guide, "Grant a user permissions to pass a
///   role to an AWS service".
pub const CHANGES: &[ChangePermission] = &[
    itself("eks:CreateAccessEntry", ResourceKind::Cluster).only(OF_NODES),
    with(
        "eks:CreateAccessEntry",
        "eks:TagResource",
        ResourceKind::AccessEntry,
        "with tags: every entry that a plan makes has one",
    ),
    with(
        "eks:CreateAccessEntry",
        "iam:PassRole",
        ResourceKind::Role,
        "for entries of the types EC2_LINUX and EC2_WINDOWS",
    )
    .only(TO_EKS),
    itself("eks:DeleteAccessEntry", ResourceKind::AccessEntry),
    itself("eks:AssociateAccessPolicy", ResourceKind::AccessEntry).only(AUTO_NODE),
    itself("eks:DisassociateAccessPolicy", ResourceKind::AccessEntry).only(AUTO_NODE),
    itself("eks:UpdateClusterConfig", ResourceKind::Cluster),
    with(
        "eks:UpdateClusterConfig",
        "eks:DescribeUpdate",
        ResourceKind::Cluster,
        "always: the update is waited for",
    ),
    with(
        "eks:UpdateClusterConfig",
        "iam:PassRole",
        ResourceKind::Role,
        "where the role of Auto Mode's own pools is set",
    )
    .only(TO_EKS),
    itself("eks:CreateNodegroup", ResourceKind::Cluster),
    with(
        "eks:CreateNodegroup",
        "iam:PassRole",
        ResourceKind::Role,
        "always",
    )
    .only(TO_EKS),
    with(
        "eks:CreateNodegroup",
        "iam:ListAttachedRolePolicies",
        ResourceKind::Role,
        "always: EKS looks at the node role in your name",
    ),
    with(
        "eks:CreateNodegroup",
        "ec2:DescribeSubnets",
        ResourceKind::Subnets,
        "always: EKS looks at the subnets in your name",
    )
    .only(HERE),
    with(
        "eks:CreateNodegroup",
        "iam:GetRole",
        ResourceKind::NodeGroupServiceRole,
        "always: EKS looks for its service-linked role in your name",
    ),
    with(
        "eks:CreateNodegroup",
        "iam:CreateServiceLinkedRole",
        ResourceKind::NodeGroupServiceRole,
        "where the account never had a node group",
    )
    .only(OF_NODE_GROUPS),
    itself("eks:DeleteNodegroup", ResourceKind::NodeGroup),
    itself("iam:CreateRole", ResourceKind::Role),
    with(
        "iam:CreateRole",
        "iam:TagRole",
        ResourceKind::Role,
        "with tags: every role that a plan makes has one",
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
    with(
        "iam:AddRoleToInstanceProfile",
        "iam:PassRole",
        ResourceKind::Role,
        "always",
    )
    .only(TO_EC2),
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
        only: None,
        when,
    }
}

impl ChangePermission {
    const fn only(self, only: Only) -> Self {
        Self {
            only: Some(only),
            ..self
        }
    }

    /// `iam:PassRole to eks.amazonaws.com`, as a reader of a table wants it.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self.only {
            Some(only) if only.key == "iam:PassedToService" => {
                format!("`{}` to `{}`", self.action, only.values.join("`, `"))
            }
            _ => format!("`{}`", self.action),
        }
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
        namespace: if group.is_empty() {
            Some("kube-system")
        } else {
            None
        },
        why,
    }
}

/// The smallest IAM policy with which changes of these kinds can be made, in addition to what reading
/// needs. Kinds are named by the calls that make them; those of Kubernetes need nothing of IAM.
#[must_use]
pub fn policy_of_changes(changes: &[&str], scope: &Scope) -> Value {
    let mut statements: BTreeMap<(Option<Only>, ResourceKind), Vec<&str>> = BTreeMap::new();
    for permission in CHANGES {
        if !changes.contains(&permission.change) {
            continue;
        }
        let actions = statements
            .entry((permission.only, permission.on))
            .or_default();
        if !actions.contains(&permission.action) {
            actions.push(permission.action);
        }
    }
    let statements: Vec<Value> = statements
        .into_iter()
        .map(|((only, on), actions)| {
            let mut statement = json!({
                "Sid": sid(only, on),
                "Effect": "Allow",
                "Action": one_or_several(actions),
                "Resource": one_or_several(scope.resources(on)),
            });
            if let (Some(only), Some(members)) = (only, statement.as_object_mut()) {
                let values = only.values.iter();
                let values = values.map(|value| {
                    let value = value.replace("PARTITION", scope.partition());
                    value.replace("REGION", scope.region())
                });
                let key = only.key;
                let values: Vec<String> = values.collect();
                members.insert(
                    "Condition".to_owned(),
                    json!({"StringEquals": {key: one_or_several(values)}}),
                );
            }
            statement
        })
        .collect();
    json!({ "Version": "2012-10-17", "Statement": statements })
}

fn sid(only: Option<Only>, on: ResourceKind) -> String {
    match only {
        Some(TO_EC2) => "PassRolesToEc2".to_owned(),
        Some(TO_EKS) => "PassRolesToEks".to_owned(),
        Some(OF_NODES) => "MakeEntriesOfNodes".to_owned(),
        Some(AUTO_NODE) => "AssociateAccessPolicies".to_owned(),
        Some(OF_NODE_GROUPS) => "MakeNodeGroupServiceRole".to_owned(),
        Some(HERE) => "LookAtSubnets".to_owned(),
        None if on == ResourceKind::NodeGroupServiceRole => "FindNodeGroupServiceRole".to_owned(),
        _ => format!("Change{}", on.sid()),
    }
}

/// The smallest roles with which changes of all kinds can be made, in addition to what reading needs,
/// as YAML: a ClusterRole, and a Role in `kube-system` for `aws-auth`.
#[must_use]
pub fn roles_of_changes() -> [String; 2] {
    let (cluster, system) = KUBERNETES_CHANGES
        .iter()
        .partition::<Vec<_>, _>(|permission| permission.namespace.is_none());
    [cluster, system].map(|permissions| yaml("rolecall-repair", permissions))
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
