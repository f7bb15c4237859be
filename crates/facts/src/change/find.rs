//! The objects of a snapshot that a change speaks of.

use rolecall_arn::{AccountId, Partition};
use serde_json::Value as Json;

use crate::merge::Compare;
use crate::{
    AccessEntry, AccessPolicyAssociation, AwsAuthRole, Fact, InstanceProfile, NodeClass,
    NodeClassKind, ObjectId, Origin, PolicyDocument, Principal, Reference, Role, RoleIdentity,
    Snapshot, symbol,
};

/// The cluster and the account that the changes to a snapshot speak of. What the snapshot leaves open
/// of an account, a partition or a region is that of the cluster.
#[derive(Debug, Clone)]
pub(super) struct Home {
    /// The cluster's place in the snapshot; `None` where it holds none, or several.
    pub(super) cluster: Option<usize>,
    /// Whether the snapshot holds several clusters, so that it cannot be told which is meant.
    pub(super) several: bool,
    name: Option<String>,
    id: Option<ObjectId>,
    pub(super) partition: Option<Partition>,
    pub(super) account: Option<AccountId>,
    region: Option<String>,
}

impl Home {
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let several = snapshot.clusters.len() > 1;
        let cluster = snapshot.clusters.first().filter(|_| !several);
        let accounts = snapshot.clusters.iter().map(|cluster| cluster.account);
        Self {
            cluster: cluster.map(|_| 0),
            several,
            name: cluster.and_then(|cluster| cluster.name.value().cloned()),
            id: cluster.and_then(|cluster| cluster.id.clone()),
            partition: cluster.and_then(|cluster| cluster.partition.clone()),
            account: the_same(accounts),
            region: cluster.and_then(|cluster| cluster.region.clone()),
        }
    }

    /// Whether an object that names its cluster so is of this one. With one cluster, what is not told
    /// is of that one.
    fn holds(&self, cluster: Option<&Reference<String>>) -> bool {
        if self.several {
            return false;
        }
        let Some(cluster) = cluster else { return true };
        if cluster.object.is_some() && cluster.object == self.id {
            return true;
        }
        match (cluster.value.value(), &self.name) {
            (Some(theirs), Some(ours)) => symbol::may_equal(&self.settled(theirs), ours),
            _ => true,
        }
    }

    fn is_account(&self, account: Option<AccountId>) -> bool {
        account.is_none() || self.account.is_none() || account == self.account
    }

    /// A text in which what stands for the cluster's partition, account and region is filled in, as far
    /// as those are known.
    pub(super) fn settled(&self, text: &str) -> String {
        if !symbol::has_any(text) {
            return text.to_owned();
        }
        let mut text = text.to_owned();
        if let Some(account) = self.account {
            text = text.replace(symbol::ACCOUNT, &account.to_string());
        }
        if let Some(partition) = &self.partition {
            text = text.replace(symbol::PARTITION, partition.as_str());
        }
        if let Some(region) = &self.region {
            text = text.replace(symbol::REGION, region);
        }
        text
    }

    fn settled_role(&self, role: &RoleIdentity) -> RoleIdentity {
        RoleIdentity {
            partition: role.partition.clone().or_else(|| self.partition.clone()),
            account: role.account.or(self.account),
            ..role.clone()
        }
    }

    /// Whether two principals are one: roles by account, path and name, of which the name goes without
    /// case; anything else by its text.
    pub(super) fn is_principal(&self, left: &Principal, right: &Principal) -> bool {
        match (left, right) {
            (Principal::Role(left), Principal::Role(right)) => {
                let (left, right) = (self.settled_role(left), self.settled_role(right));
                let (name, other) = (left.name.as_str(), right.name.as_str());
                left.path == right.path
                    && name.eq_ignore_ascii_case(other)
                    && left.may_share_account(&right)
            }
            _ => self.is_text(&left.to_string(), &right.to_string()),
        }
    }

    /// Whether two names or ARNs are one, as IAM compares them: without case
    /// (IAM User Guide, "IAM and AWS STS quotas").
    pub(super) fn is_text(&self, left: &str, right: &str) -> bool {
        let left = self.settled(left).to_ascii_lowercase();
        let right = self.settled(right).to_ascii_lowercase();
        left == right || may_equal(&left, &right)
    }
}

/// As [`symbol::may_equal`] for texts in lower case, of which the symbols are too.
fn may_equal(left: &str, right: &str) -> bool {
    let restored = |text: &str| {
        [symbol::ACCOUNT, symbol::PARTITION, symbol::REGION]
            .iter()
            .fold(text.to_owned(), |text, symbol| {
                text.replace(&symbol.to_ascii_lowercase(), symbol)
            })
    };
    let (left, right) = (restored(left), restored(right));
    // What one file leaves open in two places may be equal; a text that cannot be evaluated may not.
    !symbol::has_unknown(&left) && !symbol::has_unknown(&right) && symbol::may_equal(&left, &right)
}

fn the_same<T: PartialEq>(mut items: impl Iterator<Item = Option<T>>) -> Option<T> {
    let first = items.next()??;
    items
        .all(|item| item.as_ref() == Some(&first))
        .then_some(first)
}

/// Where something is in a list, or why that cannot be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// At this place.
    At(usize),
    /// Nowhere in the list.
    Nowhere,
    /// There are several that it may be, or one of which too little is known.
    Unclear,
}

impl Found {
    pub(super) fn place(self) -> Option<usize> {
        match self {
            Self::At(place) => Some(place),
            Self::Nowhere | Self::Unclear => None,
        }
    }
}

/// Looks through a list: `is` says of an item whether it is the one, or that it may be.
fn find<T>(list: &[T], is: impl Fn(&T) -> Option<bool>) -> Found {
    let mut found = Found::Nowhere;
    for (place, item) in list.iter().enumerate() {
        found = match (is(item), found) {
            (Some(false), found) => found,
            (Some(true), Found::Nowhere | Found::Unclear) => return only(list, place, is),
            _ => Found::Unclear,
        };
    }
    found
}

/// The item at a place, unless another is the one too.
fn only<T>(list: &[T], place: usize, is: impl Fn(&T) -> Option<bool>) -> Found {
    let others = list.iter().skip(place + 1);
    match others.map(is).any(|is| is == Some(true)) {
        true => Found::Unclear,
        false => Found::At(place),
    }
}

impl Home {
    /// A principal, also where only the role it refers to is known.
    fn principal(
        &self,
        snapshot: &Snapshot,
        reference: &Reference<Principal>,
    ) -> Option<Principal> {
        if let Some(principal) = reference.value.value() {
            return Some(principal.clone());
        }
        let id = reference.object.as_ref()?;
        let role = snapshot
            .roles
            .iter()
            .find(|role| role.id.as_ref() == Some(id))?;
        Some(Principal::Role(role.identity()?.ok()?))
    }

    /// The access entry of a principal.
    pub(super) fn entry(&self, snapshot: &Snapshot, principal: &str) -> Found {
        let wanted = Principal::parse(principal);
        find(&snapshot.access_entries, |entry: &AccessEntry| {
            if !self.holds(Some(&entry.cluster)) {
                return Some(false);
            }
            let principal = self.principal(snapshot, &entry.principal)?;
            Some(self.is_principal(&principal, &wanted))
        })
    }

    /// The associations of a principal: which certainly are, and whether there may be others.
    pub(super) fn associations(&self, snapshot: &Snapshot, principal: &str) -> (Vec<usize>, bool) {
        let wanted = Principal::parse(principal);
        let mut open = false;
        let is_its = |association: &AccessPolicyAssociation| {
            if !self.holds(Some(&association.cluster)) {
                return false;
            }
            match self.principal(snapshot, &association.principal) {
                Some(principal) => self.is_principal(&principal, &wanted),
                None => {
                    open = true;
                    false
                }
            }
        };
        let found = indices(&snapshot.access_policies, is_its);
        (found, open)
    }

    /// The association of one policy.
    pub(super) fn association(
        &self,
        snapshot: &Snapshot,
        principal: &str,
        policy_arn: &str,
    ) -> Found {
        let (its, open) = self.associations(snapshot, principal);
        let found = find(&its, |place| {
            let association = snapshot.access_policies.get(*place)?;
            Some(self.is_text(association.policy_arn.value()?, policy_arn))
        });
        match found {
            Found::At(place) => its.get(place).copied().map_or(Found::Unclear, Found::At),
            Found::Nowhere if !open => Found::Nowhere,
            Found::Nowhere | Found::Unclear => Found::Unclear,
        }
    }

    /// The role of a name in the cluster's account.
    pub(super) fn role(&self, snapshot: &Snapshot, name: &str) -> Found {
        find(&snapshot.roles, |role: &Role| {
            if !self.is_account(role.account) {
                return Some(false);
            }
            Some(self.is_text(role.name.value()?, name))
        })
    }

    /// The instance profile of a name in the cluster's account.
    pub(super) fn profile(&self, snapshot: &Snapshot, name: &str) -> Found {
        find(&snapshot.instance_profiles, |profile: &InstanceProfile| {
            if !self.is_account(profile.account) {
                return Some(false);
            }
            Some(self.is_text(profile.name.value()?, name))
        })
    }

    /// A node class of the cluster.
    pub(super) fn class(&self, snapshot: &Snapshot, kind: NodeClassKind, name: &str) -> Found {
        find(&snapshot.node_classes, |class: &NodeClass| {
            Some(class.kind == kind && class.name == name && self.holds(class.cluster.as_ref()))
        })
    }

    /// A node pool of the cluster.
    pub(super) fn pool(&self, snapshot: &Snapshot, name: &str) -> Found {
        find(&snapshot.node_pools, |pool| {
            Some(pool.name == name && self.holds(pool.cluster.as_ref()))
        })
    }

    /// A managed node group of the cluster.
    pub(super) fn group(&self, snapshot: &Snapshot, name: &str) -> Found {
        find(&snapshot.node_groups, |group| {
            if group.kind != crate::NodeGroupKind::Managed || !self.holds(Some(&group.cluster)) {
                return Some(false);
            }
            Some(group.name.value()? == name)
        })
    }

    /// The cluster's `aws-auth`.
    pub(super) fn aws_auth(&self, snapshot: &Snapshot) -> Found {
        find(&snapshot.aws_auth, |map| {
            Some(self.holds(map.cluster.as_ref()))
        })
    }

    /// Which mappings are of this ARN; `None` where one of them is not known.
    pub(super) fn mappings(&self, mappings: &[AwsAuthRole], role_arn: &str) -> Option<Vec<usize>> {
        let known = mappings.iter().all(|mapping| mapping.role_arn.is_known());
        let found = indices(mappings, |mapping| {
            let written = mapping.role_arn.value();
            written.is_some_and(|written| self.is_text(written, role_arn))
        });
        (known || !found.is_empty()).then_some(found)
    }

    /// The attached policy of an ARN among a role's.
    pub(super) fn attached(&self, snapshot: &Snapshot, role: &Role, policy_arn: &str) -> Found {
        find(&role.attached_policies, |policy| {
            let by_object = || {
                let id = policy.object.as_ref()?;
                let policies = &snapshot.managed_policies;
                let policy = policies.iter().find(|known| known.id.as_ref() == Some(id));
                policy?.arn.value()
            };
            let arn = policy.value.value().or_else(by_object)?;
            Some(self.is_text(arn, policy_arn))
        })
    }

    /// The role in an instance profile; `Some(None)` where there is none.
    pub(super) fn role_in(
        &self,
        snapshot: &Snapshot,
        profile: &InstanceProfile,
    ) -> Option<Option<String>> {
        let Some(reference) = &profile.role else {
            return Some(None);
        };
        let name = match self.principal(snapshot, reference)? {
            Principal::Role(role) => role.name.to_string(),
            Principal::Other(name) => name,
        };
        Some(Some(name))
    }

    /// Whether two documents say the same; `None` where a part of either is not known.
    pub(super) fn is_document(&self, known: &PolicyDocument, wanted: &str) -> Option<bool> {
        let settled = self.settled(&known.text);
        let is_whole = known.unknown.is_empty() && !symbol::has_any(&settled);
        let agrees = PolicyDocument::whole(&settled).agrees(&PolicyDocument::whole(wanted));
        (is_whole || !agrees).then_some(agrees)
    }

    /// A document as it must be written to have it again; `None` where a part of it is not known.
    pub(super) fn whole(&self, document: &Fact<PolicyDocument>) -> Option<String> {
        let document = document.value()?;
        let settled = self.settled(&document.text);
        let is_whole = document.unknown.is_empty() && !symbol::has_any(&settled);
        let is_json = serde_json::from_str::<Json>(&settled).is_ok();
        (is_whole && is_json).then_some(settled)
    }
}

/// An inline policy among a role's. IAM compares the names of policies without case.
pub(super) fn inline(role: &Role, name: &str) -> Found {
    find(&role.inline_policies, |policy| {
        Some(policy.name.eq_ignore_ascii_case(name))
    })
}

/// The places of the items that fit.
pub(super) fn indices<T>(list: &[T], mut fits: impl FnMut(&T) -> bool) -> Vec<usize> {
    list.iter()
        .enumerate()
        .filter_map(|(place, item)| fits(item).then_some(place))
        .collect()
}

/// The call that told it, for what a change puts into a snapshot.
pub(super) fn made_by(action: &str, target: &str) -> Origin {
    Origin::api(action, target)
}
