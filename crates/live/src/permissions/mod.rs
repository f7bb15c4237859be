//! What each command may have to be permitted: the one place that says so.
//!
//! The tables are what `docs/permissions.md` is made from, and what a report prints as the policy that
//! would have let everything be read ([`policy`], [`cluster_role`]). A test holds them against the
//! calls that are made.

mod changes;
mod lacked;
mod policy;
mod scope;

pub use changes::{
    CHANGES, ChangePermission, KUBERNETES_CHANGES, Only, policy_of_changes, roles_of_changes,
};
pub use lacked::{Lacked, lacked};
pub use policy::{cluster_role, policy};
pub use scope::Scope;

/// A command that calls AWS or Kubernetes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Command {
    /// `rolecall diagnose`
    Diagnose,
    /// `rolecall snapshot`
    Snapshot,
    /// `rolecall repair`
    Repair,
    /// `rolecall fleet`
    Fleet,
}

/// A permission of IAM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permission {
    /// Who needs it.
    pub commands: &'static [Command],
    /// The action.
    pub action: &'static str,
    /// What it is needed for.
    pub on: ResourceKind,
    /// What is not known without it.
    pub why: &'static str,
}

/// What an action is permitted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ResourceKind {
    /// The cluster.
    Cluster,
    /// The access entries of the roles in question.
    AccessEntry,
    /// The cluster's managed node groups.
    NodeGroup,
    /// The cluster's Pod Identity associations.
    PodIdentityAssociation,
    /// The roles in question: those of nodes, the cluster's own, Karpenter's.
    Role,
    /// The account's own managed policies that these roles have.
    Policy,
    /// The instance profiles that node classes name.
    InstanceProfile,
    /// The account's event history, which AWS lets nobody narrow.
    EventHistory,
    /// The instances of the region, which AWS lets nobody narrow.
    Instances,
    /// The subnets of the region, which AWS lets nobody narrow.
    Subnets,
    /// The service-linked role that managed node groups act with.
    NodeGroupServiceRole,
    /// All clusters of the account and region; needed only where none is named or the name is wrong.
    AnyCluster,
}

impl ResourceKind {
    /// The statement's id in a policy.
    #[must_use]
    pub fn sid(self) -> &'static str {
        match self {
            Self::Cluster => "Cluster",
            Self::AccessEntry => "AccessEntries",
            Self::NodeGroup => "NodeGroups",
            Self::PodIdentityAssociation => "PodIdentityAssociations",
            Self::Role => "Roles",
            Self::Policy => "Policies",
            Self::InstanceProfile => "InstanceProfiles",
            Self::EventHistory => "EventHistory",
            Self::Instances => "Instances",
            Self::Subnets => "Subnets",
            Self::NodeGroupServiceRole => "NodeGroupServiceRole",
            Self::AnyCluster => "AnyCluster",
        }
    }
}

/// A permission in a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KubernetesPermission {
    /// Who needs it.
    pub commands: &'static [Command],
    /// The verb.
    pub verb: &'static str,
    /// The API group; empty for the core group.
    pub group: &'static str,
    /// The resource, in the plural.
    pub resource: &'static str,
    /// The only object, where one is meant.
    pub name: Option<&'static str>,
    /// The only namespace, where one is meant and a Role there is enough.
    pub namespace: Option<&'static str>,
    /// What is not known without it.
    pub why: &'static str,
}

/// All that read a cluster.
const READERS: &[Command] = &[
    Command::Diagnose,
    Command::Snapshot,
    Command::Repair,
    Command::Fleet,
];

/// What is asked of AWS.
pub const AWS: &[Permission] = &[
    reads(
        "eks:DescribeCluster",
        ResourceKind::Cluster,
        "the cluster's authentication mode, role and Auto Mode, and how its API server is reached",
    ),
    reads(
        "eks:ListAccessEntries",
        ResourceKind::Cluster,
        "which principals have an access entry",
    ),
    reads(
        "eks:ListNodegroups",
        ResourceKind::Cluster,
        "which managed node groups there are",
    ),
    reads(
        "eks:ListPodIdentityAssociations",
        ResourceKind::Cluster,
        "which role Karpenter runs as",
    ),
    reads(
        "eks:DescribeAccessEntry",
        ResourceKind::AccessEntry,
        "an entry's type and groups",
    ),
    reads(
        "eks:ListAssociatedAccessPolicies",
        ResourceKind::AccessEntry,
        "an entry's access policies",
    ),
    reads(
        "eks:DescribeNodegroup",
        ResourceKind::NodeGroup,
        "a node group's role",
    ),
    reads(
        "eks:DescribePodIdentityAssociation",
        ResourceKind::PodIdentityAssociation,
        "which role Karpenter runs as",
    ),
    reads(
        "iam:GetRole",
        ResourceKind::Role,
        "a role's path, trust policy and permissions boundary, and whether it exists",
    ),
    reads(
        "iam:ListAttachedRolePolicies",
        ResourceKind::Role,
        "which managed policies a role has",
    ),
    reads(
        "iam:ListRolePolicies",
        ResourceKind::Role,
        "which inline policies a role has",
    ),
    reads(
        "iam:GetRolePolicy",
        ResourceKind::Role,
        "what an inline policy says",
    ),
    reads(
        "iam:GetPolicy",
        ResourceKind::Policy,
        "which version of a policy counts",
    ),
    reads(
        "iam:GetPolicyVersion",
        ResourceKind::Policy,
        "what a policy of the account's own says",
    ),
    reads(
        "iam:GetInstanceProfile",
        ResourceKind::InstanceProfile,
        "which role an instance profile holds",
    ),
    reads(
        "cloudtrail:LookupEvents",
        ResourceKind::EventHistory,
        "which calls of the control plane were refused, where a pool is not ready",
    ),
    reads(
        "ec2:DescribeInstances",
        ResourceKind::Instances,
        "which instance profile self-managed nodes have, where nodes belong to no pool or group",
    ),
    reads(
        "eks:ListClusters",
        ResourceKind::AnyCluster,
        "which clusters there are, where none is named or there is none of the name",
    ),
];

/// What is asked of a cluster's API server.
pub const KUBERNETES: &[KubernetesPermission] = &[
    lists(
        "karpenter.sh",
        "nodepools",
        "the node pools and their conditions",
    ),
    lists(
        "karpenter.sh",
        "nodeclaims",
        "which nodes were asked for, and how far they came",
    ),
    lists(
        "eks.amazonaws.com",
        "nodeclasses",
        "the node classes of Auto Mode",
    ),
    lists(
        "karpenter.k8s.aws",
        "ec2nodeclasses",
        "the node classes of Karpenter",
    ),
    lists("", "nodes", "which nodes joined"),
    lists("", "events", "what the controllers said of them"),
    KubernetesPermission {
        commands: READERS,
        verb: "get",
        group: "",
        resource: "configmaps",
        name: Some("aws-auth"),
        namespace: None,
        why: "the roles that aws-auth maps",
    },
    KubernetesPermission {
        commands: READERS,
        verb: "get",
        group: "",
        resource: "serviceaccounts",
        name: Some("karpenter"),
        namespace: None,
        why: "which role Karpenter runs as",
    },
];

const fn reads(action: &'static str, on: ResourceKind, why: &'static str) -> Permission {
    Permission {
        commands: READERS,
        action,
        on,
        why,
    }
}

const fn lists(
    group: &'static str,
    resource: &'static str,
    why: &'static str,
) -> KubernetesPermission {
    KubernetesPermission {
        commands: READERS,
        verb: "list",
        group,
        resource,
        name: None,
        namespace: None,
        why,
    }
}

impl KubernetesPermission {
    /// `nodeclasses.eks.amazonaws.com`, as kubectl writes it.
    #[must_use]
    pub fn full_resource(&self) -> String {
        match self.group {
            "" => self.resource.to_owned(),
            group => format!("{}.{group}", self.resource),
        }
    }
}

#[cfg(test)]
mod tests {
    use rolecall_policy::actions::AccessLevel;

    use super::{AWS, CHANGES, KUBERNETES, ResourceKind};

    /// The service authorization reference calls the kinds so.
    fn resource_type(kind: ResourceKind) -> Option<&'static str> {
        match kind {
            ResourceKind::Cluster => Some("cluster"),
            ResourceKind::AccessEntry => Some("access-entry"),
            ResourceKind::NodeGroup => Some("nodegroup"),
            ResourceKind::PodIdentityAssociation => Some("podidentityassociation"),
            ResourceKind::Role | ResourceKind::NodeGroupServiceRole => Some("role"),
            ResourceKind::Policy => Some("policy"),
            ResourceKind::InstanceProfile => Some("instance-profile"),
            ResourceKind::EventHistory
            | ResourceKind::Instances
            | ResourceKind::Subnets
            | ResourceKind::AnyCluster => None,
        }
    }

    #[test]
    fn every_action_is_narrowed_as_far_as_aws_lets_it() {
        let reading = AWS.iter().map(|known| (known.action, known.on));
        let changing = CHANGES.iter().map(|known| (known.action, known.on));
        for (name, on) in reading.chain(changing) {
            let action = rolecall_policy::actions::find(name);
            let action = action.unwrap_or_else(|| panic!("{name}"));
            match resource_type(on) {
                None => assert!(action.is_wildcard_only(), "{name}"),
                Some(kind) => assert!(
                    action.resources.iter().any(|on| on.name == kind),
                    "{name} on {kind}: {:?}",
                    action.resources
                ),
            }
        }
    }

    #[test]
    fn what_reads_can_change_nothing() {
        for permission in AWS {
            let action = rolecall_policy::actions::find(permission.action);
            let access = action.map(|action| action.access);
            assert!(
                matches!(access, Some(AccessLevel::List | AccessLevel::Read)),
                "{}: {access:?}",
                permission.action
            );
        }
        for permission in KUBERNETES {
            assert!(["get", "list"].contains(&permission.verb), "{permission:?}");
            assert_ne!(permission.resource, "secrets");
        }
    }

    #[test]
    fn a_condition_is_one_that_aws_has_for_the_action() {
        for permission in CHANGES {
            let Some(only) = permission.only else {
                continue;
            };
            let action = rolecall_policy::actions::find(permission.action).unwrap();
            assert!(
                // Of the global keys every action has that of the region.
                only.key == "aws:RequestedRegion" || action.condition_keys.contains(&only.key),
                "{}: {}",
                permission.action,
                only.key
            );
        }
    }
}
