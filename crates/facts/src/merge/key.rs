//! What an object is told apart by.

use std::collections::HashMap;

use crate::{
    AccessEntry, AccessPolicyAssociation, AwsAuth, Cluster, Fact, InstanceProfile, ManagedPolicy,
    Node, NodeClaim, NodeClass, NodeGroup, NodePool, ObjectEvent, ObjectId, ObservedCall,
    PodIdentityAssociation, Principal, Reference, Role, ServiceControlLevel, symbol,
};

/// Where an object of a key may lie: two coordinates (account and region, or account and cluster),
/// each possibly unknown.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Qualifier {
    first: Option<String>,
    second: Option<String>,
    /// Whether objects of this kind have a second coordinate at all.
    only_first: bool,
}

impl Qualifier {
    fn one(first: Option<String>) -> Self {
        Self {
            first,
            second: None,
            only_first: true,
        }
    }

    fn two(first: Option<String>, second: Option<String>) -> Self {
        Self {
            first,
            second,
            only_first: false,
        }
    }

    /// Whether both may be the same place.
    pub(super) fn agrees(&self, other: &Self) -> bool {
        fn open(left: Option<&String>, right: Option<&String>) -> bool {
            left.is_none() || right.is_none() || left == right
        }
        open(self.first.as_ref(), other.first.as_ref())
            && open(self.second.as_ref(), other.second.as_ref())
    }

    /// All qualifiers that agree with this one, where they are few.
    pub(super) fn all_that_agree(&self) -> Option<Vec<Self>> {
        let with = |first: bool, second: bool| Self {
            first: self.first.clone().filter(|_| first),
            second: self.second.clone().filter(|_| second),
            only_first: self.only_first,
        };
        match (&self.first, &self.second) {
            (Some(_), Some(_)) => Some(vec![
                with(true, true),
                with(true, false),
                with(false, true),
                with(false, false),
            ]),
            (Some(_), None) if self.only_first => Some(vec![with(true, false), with(false, false)]),
            _ => None,
        }
    }
}

/// What one object is told apart by.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    pub(super) id: Option<ObjectId>,
    pub(super) key: Option<String>,
    pub(super) qualifier: Qualifier,
}

/// A known text that holds no symbol: a name that says which object is meant.
fn settled(fact: &Fact<String>) -> Option<&str> {
    fact.value()
        .map(String::as_str)
        .filter(|text| !symbol::has_any(text))
}

impl Identity {
    fn new(id: Option<&ObjectId>, key: Option<String>, qualifier: Qualifier) -> Self {
        Self {
            id: id.cloned(),
            key,
            qualifier,
        }
    }

    /// IAM does not tell names apart by case (IAM API Reference, `CreateRole`).
    pub(super) fn of_role(role: &Role) -> Self {
        Self::new(
            role.id.as_ref(),
            settled(&role.name).map(str::to_ascii_lowercase),
            Qualifier::one(role.account.map(|account| account.to_string())),
        )
    }

    pub(super) fn of_instance_profile(profile: &InstanceProfile) -> Self {
        Self::new(
            profile.id.as_ref(),
            settled(&profile.name).map(str::to_ascii_lowercase),
            Qualifier::one(profile.account.map(|account| account.to_string())),
        )
    }

    pub(super) fn of_cluster(cluster: &Cluster) -> Self {
        Self::new(
            cluster.id.as_ref(),
            settled(&cluster.name).map(str::to_owned),
            Qualifier::two(
                cluster.account.map(|account| account.to_string()),
                cluster.region.clone(),
            ),
        )
    }

    pub(super) fn of_managed_policy(policy: &ManagedPolicy) -> Self {
        let (account, resource) = policy
            .arn
            .value()
            .map(|arn| split_arn(arn))
            .unwrap_or_default();
        Self::new(
            policy.id.as_ref(),
            resource.filter(|text| !symbol::has_any(text)),
            Qualifier::one(account),
        )
    }

    pub(super) fn of_call(call: &ObservedCall) -> Self {
        Self::new(None, Some(call.event_id.clone()), Qualifier::one(None))
    }

    pub(super) fn of_level(level: &ServiceControlLevel) -> Self {
        Self::new(None, Some(level.target.clone()), Qualifier::one(None))
    }
}

/// Account (where it is a literal) and resource of an ARN whose partition and account may be
/// symbols, which themselves hold colons.
pub(super) fn split_arn(arn: &str) -> (Option<String>, Option<String>) {
    fn part(text: &str) -> Option<(&str, &str)> {
        [symbol::PARTITION, symbol::REGION, symbol::ACCOUNT]
            .iter()
            .find_map(|symbol| {
                text.strip_prefix(symbol)?
                    .strip_prefix(':')
                    .map(|rest| (*symbol, rest))
            })
            .or_else(|| text.split_once(':'))
    }
    let split = || {
        let rest = arn.strip_prefix("arn:")?;
        let (_, rest) = part(rest)?;
        let (_, rest) = part(rest)?;
        let (_, rest) = part(rest)?;
        part(rest)
    };
    match split() {
        Some((account, resource)) => (
            Some(account.to_owned()).filter(|account| account != symbol::ACCOUNT),
            Some(resource.to_owned()),
        ),
        None => (None, Some(arn.to_owned())),
    }
}

/// Tells apart what belongs to a cluster or names a role, by the clusters and roles that are
/// joined already.
pub(super) struct Belongings {
    clusters_by_id: HashMap<ObjectId, usize>,
    clusters_by_name: HashMap<String, Vec<usize>>,
    roles_by_id: HashMap<ObjectId, (String, Option<String>)>,
}

impl Belongings {
    pub(super) fn new(clusters: &[Cluster], roles: &[Role]) -> Self {
        let mut clusters_by_name: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, cluster) in clusters.iter().enumerate() {
            if let Some(name) = settled(&cluster.name) {
                clusters_by_name
                    .entry(name.to_owned())
                    .or_default()
                    .push(index);
            }
        }
        Self {
            clusters_by_id: clusters
                .iter()
                .enumerate()
                .filter_map(|(index, cluster)| Some((cluster.id.clone()?, index)))
                .collect(),
            clusters_by_name,
            roles_by_id: roles
                .iter()
                .filter_map(|role| {
                    let identity = role.identity()?.ok()?;
                    Some((
                        role.id.clone()?,
                        (
                            format!("role{}{}", identity.path, identity.name),
                            role.account.map(|account| account.to_string()),
                        ),
                    ))
                })
                .collect(),
        }
    }

    /// One text for one cluster; `None` when the source does not say which.
    fn cluster(&self, reference: Option<&Reference<String>>) -> Option<String> {
        let reference = reference?;
        if let Some(index) = reference
            .object
            .as_ref()
            .and_then(|id| self.clusters_by_id.get(id))
        {
            return Some(format!("#{index}"));
        }
        if let Some(name) = settled(&reference.value) {
            return match self.clusters_by_name.get(name).map(Vec::as_slice) {
                Some([index]) => Some(format!("#{index}")),
                Some(_) => None,
                None => Some(format!("={name}")),
            };
        }
        reference.object.as_ref().map(|id| format!("@{id}"))
    }

    /// A principal without its account, and its account where known.
    fn principal(&self, reference: &Reference<Principal>) -> Option<(String, Option<String>)> {
        match reference.value.value() {
            Some(Principal::Role(role)) => Some((
                format!("role{}{}", role.path, role.name),
                role.account.map(|account| account.to_string()),
            )),
            Some(Principal::Other(text)) if !symbol::has_any(text) => Some((text.clone(), None)),
            _ => {
                let id = reference.object.as_ref()?;
                let known = self.roles_by_id.get(id).cloned();
                Some(known.unwrap_or_else(|| (format!("@{id}"), None)))
            }
        }
    }

    pub(super) fn of_node_pool(&self, pool: &NodePool) -> Identity {
        Identity::new(
            None,
            Some(pool.name.clone()),
            Qualifier::one(self.cluster(pool.cluster.as_ref())),
        )
    }

    pub(super) fn of_node_class(&self, class: &NodeClass) -> Identity {
        Identity::new(
            class.id.as_ref(),
            Some(format!("{} {}", class.kind, class.name)),
            Qualifier::one(self.cluster(class.cluster.as_ref())),
        )
    }

    pub(super) fn of_node_claim(&self, claim: &NodeClaim) -> Identity {
        Identity::new(
            None,
            Some(claim.name.clone()),
            Qualifier::one(self.cluster(claim.cluster.as_ref())),
        )
    }

    pub(super) fn of_node(&self, node: &Node) -> Identity {
        Identity::new(
            None,
            Some(node.name.clone()),
            Qualifier::one(self.cluster(node.cluster.as_ref())),
        )
    }

    pub(super) fn of_event(&self, event: &ObjectEvent) -> Identity {
        Identity::new(
            None,
            Some(format!(
                "{} {} {}",
                event.object, event.reason, event.message
            )),
            Qualifier::one(self.cluster(event.cluster.as_ref())),
        )
    }

    pub(super) fn of_node_group(&self, group: &NodeGroup) -> Identity {
        Identity::new(
            group.id.as_ref(),
            settled(&group.name).map(|name| format!("{:?} {name}", group.kind)),
            Qualifier::one(self.cluster(Some(&group.cluster))),
        )
    }

    pub(super) fn of_access_entry(&self, entry: &AccessEntry) -> Identity {
        let principal = self.principal(&entry.principal);
        let (key, account) = principal.map_or((None, None), |(key, account)| (Some(key), account));
        Identity::new(
            entry.id.as_ref(),
            key,
            Qualifier::two(account, self.cluster(Some(&entry.cluster))),
        )
    }

    pub(super) fn of_association(&self, association: &AccessPolicyAssociation) -> Identity {
        let principal = self.principal(&association.principal);
        let policy = association
            .policy_arn
            .value()
            .and_then(|arn| split_arn(arn).1);
        let (key, account) = match (principal, policy) {
            (Some((principal, account)), Some(policy)) => {
                (Some(format!("{policy} {principal}")), account)
            }
            _ => (None, None),
        };
        Identity::new(
            None,
            key,
            Qualifier::two(account, self.cluster(Some(&association.cluster))),
        )
    }

    pub(super) fn of_aws_auth(&self, map: &AwsAuth) -> Identity {
        Identity::new(
            None,
            Some(String::new()),
            Qualifier::one(self.cluster(map.cluster.as_ref())),
        )
    }

    pub(super) fn of_pod_identity(&self, association: &PodIdentityAssociation) -> Identity {
        let key = match (
            settled(&association.namespace),
            settled(&association.service_account),
        ) {
            (Some(namespace), Some(account)) => Some(format!("{namespace}/{account}")),
            _ => None,
        };
        Identity::new(
            None,
            key,
            Qualifier::one(self.cluster(Some(&association.cluster))),
        )
    }
}
