//! What a command asks for, as narrow as it is known.

use std::collections::BTreeSet;

use rolecall_facts::{Cluster, NodeClassKind, Origin, Principal, Reference, Snapshot, Why};

use super::{Permission, ResourceKind};

/// The resources in question of one cluster, as patterns of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    partition: String,
    region: String,
    account: String,
    cluster: String,
    /// Those of nodes, whose entries are looked at, by bare name; `None` where it is not known which
    /// there are.
    node_role_names: Option<BTreeSet<String>>,
    /// ARNs, or patterns where a path is not known.
    roles: BTreeSet<String>,
    policies: BTreeSet<String>,
    instance_profiles: BTreeSet<String>,
    /// Whether Karpenter runs, or may.
    karpenter: bool,
}

impl Scope {
    /// A cluster that could not be read: all of its kind are in question.
    #[must_use]
    pub fn of_unread(cluster: &str, region: &str, account: Option<&str>) -> Self {
        let account = account.unwrap_or("*");
        let partition = partition_of(region).to_owned();
        let any = |kind: &str| BTreeSet::from([format!("arn:{partition}:iam::{account}:{kind}/*")]);
        Self {
            node_role_names: None,
            roles: any("role"),
            policies: any("policy"),
            instance_profiles: any("instance-profile"),
            karpenter: true,
            region: region.to_owned(),
            account: account.to_owned(),
            cluster: cluster.to_owned(),
            partition,
        }
    }

    /// The same, with nothing but roles and instance profiles of these names in question.
    #[must_use]
    pub fn of_names(self, roles: &BTreeSet<String>, instance_profiles: &BTreeSet<String>) -> Self {
        let named = |kind: &str, names: &BTreeSet<String>| {
            let arns = names.iter().flat_map(|name| self.with_any_path(kind, name));
            arns.collect()
        };
        Self {
            roles: named("role", roles),
            instance_profiles: named("instance-profile", instance_profiles),
            node_role_names: Some(roles.clone()),
            ..self
        }
    }

    /// The resources that a reading of one cluster looked at, or would have looked at.
    #[must_use]
    pub fn of(cluster: &str, region: &str, snapshot: &Snapshot) -> Self {
        let known = snapshot.clusters.first();
        let account = account(snapshot, known);
        let unread = Self::of_unread(cluster, region, account.as_deref());
        let refused = |call: &str| was_refused(snapshot, call);
        // Each of these names roles.
        let names_known = ![
            "eks:DescribeCluster",
            "eks:ListNodegroups",
            "eks:DescribeNodegroup",
            "eks:ListPodIdentityAssociations",
            "eks:DescribePodIdentityAssociation",
            "iam:GetInstanceProfile",
        ]
        .iter()
        .any(|call| refused(call))
            && !was_refused_objects(snapshot);
        if !names_known {
            return unread;
        }
        let of_nodes = node_role_names(snapshot, known);
        let mut names = of_nodes.clone();
        names.extend(other_role_names(snapshot, known));
        let policies_known = !["iam:GetRole", "iam:ListAttachedRolePolicies"]
            .iter()
            .any(|call| refused(call));
        Self {
            roles: unread.arns_of_roles(&names, snapshot),
            node_role_names: Some(of_nodes),
            policies: if policies_known {
                let arns = snapshot.managed_policies.iter();
                arns.filter_map(|policy| policy.arn.value().cloned())
                    .collect()
            } else {
                unread.policies.clone()
            },
            instance_profiles: profile_names(snapshot)
                .flat_map(|name| unread.with_any_path("instance-profile", &name))
                .collect(),
            karpenter: has_karpenter(snapshot),
            ..unread
        }
    }

    /// The same with all roles, policies and profiles of the account.
    pub(super) fn widened(&self) -> Self {
        let account = Some(&*self.account).filter(|account| *account != "*");
        Self {
            karpenter: self.karpenter,
            ..Self::of_unread(&self.cluster, &self.region, account)
        }
    }

    /// Whether a permission is for something that is in question.
    pub(super) fn asks(&self, permission: &Permission) -> bool {
        let of_karpenter = permission.action.contains("PodIdentityAssociation");
        permission.on != ResourceKind::AnyCluster && (self.karpenter || !of_karpenter)
    }

    /// The partition of the cluster's region, such as `aws-cn`.
    pub(super) fn partition(&self) -> &str {
        &self.partition
    }

    /// The region; `*` where any is meant.
    pub(super) fn region(&self) -> &str {
        &self.region
    }

    /// The resources of one kind.
    pub(super) fn resources(&self, kind: ResourceKind) -> Vec<String> {
        let Self {
            partition,
            region,
            account,
            cluster,
            ..
        } = self;
        let eks = format!("arn:{partition}:eks:{region}:{account}");
        match kind {
            ResourceKind::Cluster => vec![format!("{eks}:cluster/{cluster}")],
            ResourceKind::AccessEntry => {
                // An entry's ARN ends in an id that nobody knows beforehand.
                let Some(names) = &self.node_role_names else {
                    return vec![format!("{eks}:access-entry/{cluster}/role/*")];
                };
                let names = names.iter();
                names
                    .map(|name| format!("{eks}:access-entry/{cluster}/role/*/{name}/*"))
                    .collect()
            }
            ResourceKind::NodeGroup => vec![format!("{eks}:nodegroup/{cluster}/*/*")],
            ResourceKind::PodIdentityAssociation => {
                vec![format!("{eks}:podidentityassociation/{cluster}/*")]
            }
            ResourceKind::Role => self.roles.iter().cloned().collect(),
            ResourceKind::Policy => self.policies.iter().cloned().collect(),
            ResourceKind::InstanceProfile => self.instance_profiles.iter().cloned().collect(),
            ResourceKind::NodeGroupServiceRole => vec![format!(
                "arn:{partition}:iam::{account}:role/aws-service-role/eks-nodegroup.amazonaws.com/\
                 AWSServiceRoleForAmazonEKSNodegroup"
            )],
            ResourceKind::EventHistory
            | ResourceKind::Instances
            | ResourceKind::Subnets
            | ResourceKind::AnyCluster => vec!["*".to_owned()],
        }
    }

    /// Roles by ARN where it was read, and by any path where it was not.
    fn arns_of_roles(&self, names: &BTreeSet<String>, snapshot: &Snapshot) -> BTreeSet<String> {
        names
            .iter()
            .flat_map(|name| {
                let read = snapshot.roles.iter().find_map(|role| {
                    let arn = role.identity()?.ok()?.arn()?;
                    let same = arn.name().as_str().eq_ignore_ascii_case(name);
                    same.then(|| arn.to_string())
                });
                read.map_or_else(|| self.with_any_path("role", name), |arn| vec![arn])
            })
            .collect()
    }

    fn with_any_path(&self, kind: &str, name: &str) -> Vec<String> {
        let iam = format!("arn:{}:iam::{}:{kind}", self.partition, self.account);
        vec![format!("{iam}/{name}"), format!("{iam}/*/{name}")]
    }
}

/// The partition of a region (AWS General Reference, "Amazon Resource Names").
fn partition_of(region: &str) -> &'static str {
    match region {
        china if china.starts_with("cn-") => "aws-cn",
        government if government.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// The account, from whatever tells it: the cluster, a role, or the ARN that a call was refused on.
fn account(snapshot: &Snapshot, cluster: Option<&Cluster>) -> Option<String> {
    let of_cluster = cluster.and_then(|cluster| cluster.account);
    let of_role = || snapshot.roles.iter().find_map(|role| role.account);
    let told = of_cluster
        .or_else(of_role)
        .map(|account| account.to_string());
    told.or_else(|| {
        let arns = snapshot
            .unread
            .iter()
            .filter_map(|unread| match &unread.why {
                Why::NotPermitted(what) => what.split_once(" on arn:").map(|(_, arn)| arn),
                _ => None,
            });
        let mut accounts = arns.filter_map(|arn| arn.split(':').nth(3));
        accounts
            .find(|account| account.len() == 12)
            .map(str::to_owned)
    })
}

/// Whether AWS refused a call.
fn was_refused(snapshot: &Snapshot, call: &str) -> bool {
    refused_calls(snapshot).any(|refused| refused == call)
}

/// Whether the API server refused, or was not reached: then its classes' roles are not known.
fn was_refused_objects(snapshot: &Snapshot) -> bool {
    let mut calls = snapshot
        .unread
        .iter()
        .filter_map(|unread| match &unread.origin {
            Origin::Api(origin) => Some(&*origin.call),
            Origin::File(_) => None,
        });
    calls.any(|call| call.starts_with("kubernetes:"))
}

fn refused_calls(snapshot: &Snapshot) -> impl Iterator<Item = &str> {
    snapshot
        .unread
        .iter()
        .filter_map(|unread| match &unread.why {
            Why::NotPermitted(what) => what.split_once(" on ").map(|(call, _)| call),
            _ => None,
        })
}

fn has_karpenter(snapshot: &Snapshot) -> bool {
    let mut classes = snapshot.node_classes.iter();
    classes.any(|class| class.kind == NodeClassKind::Karpenter)
}

/// The bare names of the roles that nodes are to have.
fn node_role_names(snapshot: &Snapshot, cluster: Option<&Cluster>) -> BTreeSet<String> {
    let of_classes = snapshot
        .node_classes
        .iter()
        .filter_map(|class| class.role.as_ref()?.value.value())
        .filter_map(|written| written.rsplit('/').next())
        .filter(|name| !name.is_empty() && !name.contains(':'))
        .map(str::to_owned);
    let of_groups = snapshot.node_groups.iter();
    let of_groups = of_groups.filter_map(|group| role_name(group.role.as_ref()?));
    let of_profiles = snapshot.instance_profiles.iter();
    let of_profiles = of_profiles.filter_map(|profile| role_name(profile.role.as_ref()?));
    let built_in = cluster.and_then(|cluster| cluster.compute.as_ref()?.node_role.as_ref());
    // Those of nodes that nothing of the cluster's declares, such as hybrid ones.
    let of_entries = snapshot.access_entries.iter();
    let of_entries = of_entries.filter_map(|entry| role_name(&entry.principal));
    of_classes
        .chain(of_entries)
        .chain(of_groups)
        .chain(of_profiles)
        .chain(built_in.and_then(role_name))
        .collect()
}

/// Those of the cluster itself and of Karpenter, and whatever else was read.
fn other_role_names(snapshot: &Snapshot, cluster: Option<&Cluster>) -> BTreeSet<String> {
    let of_karpenter = snapshot.pod_identities.iter();
    let of_karpenter = of_karpenter.filter_map(|identity| role_name(&identity.role));
    let of_cluster = cluster.and_then(|cluster| role_name(&cluster.role));
    // Such as Karpenter's where its service account names it.
    let read = snapshot.roles.iter();
    let read = read.filter_map(|role| role.name.value().cloned());
    of_karpenter.chain(of_cluster).chain(read).collect()
}

fn role_name(reference: &Reference<Principal>) -> Option<String> {
    let role = reference.value.value()?.as_role()?;
    Some(role.name.as_str().to_owned())
}

fn profile_names(snapshot: &Snapshot) -> impl Iterator<Item = String> {
    let classes = snapshot.node_classes.iter();
    let names = classes.filter_map(|class| class.instance_profile.as_ref()?.value.value());
    names
        .filter_map(|name| name.rsplit('/').next())
        .map(str::to_owned)
}
