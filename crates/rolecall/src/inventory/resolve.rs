use std::collections::HashMap;

use rolecall_arn::RoleName;
use rolecall_facts::{
    Cluster, InstanceProfile, NodeClass, NodeClassKind, NodeGroup, NodePool, ObjectId, Origin,
    Principal, Reference, Role, RoleIdentity, Snapshot,
};

/// The role that a pool or group uses, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Resolved {
    /// A role with its path.
    Role(RoleIdentity),
    /// A name or another text, of which no role is known; `?` where not even that is.
    Name(String),
}

/// Follows references through a snapshot.
pub(super) struct Resolver<'a> {
    roles_by_object: HashMap<&'a ObjectId, &'a Role>,
    roles_by_name: HashMap<String, Vec<&'a Role>>,
    classes: HashMap<(NodeClassKind, &'a str), Vec<&'a NodeClass>>,
    profiles: &'a [InstanceProfile],
    clusters: &'a [Cluster],
}

impl<'a> Resolver<'a> {
    pub(super) fn new(snapshot: &'a Snapshot) -> Self {
        let mut roles_by_name: HashMap<String, Vec<&Role>> = HashMap::new();
        for role in &snapshot.roles {
            if let Some(name) = role.name.value() {
                roles_by_name
                    .entry(name.to_lowercase())
                    .or_default()
                    .push(role);
            }
        }
        let mut classes: HashMap<_, Vec<&NodeClass>> = HashMap::new();
        for class in &snapshot.node_classes {
            classes
                .entry((class.kind, class.name.as_str()))
                .or_default()
                .push(class);
        }
        Self {
            roles_by_object: snapshot
                .roles
                .iter()
                .filter_map(|role| Some((role.id.as_ref()?, role)))
                .collect(),
            roles_by_name,
            classes,
            profiles: &snapshot.instance_profiles,
            clusters: &snapshot.clusters,
        }
    }

    pub(super) fn cluster_name(&self, cluster: Option<&Reference<String>>) -> Option<String> {
        let cluster = cluster?;
        cluster.value.value().cloned().or_else(|| {
            self.clusters
                .iter()
                .find(|known| known.id.is_some() && known.id == cluster.object)
                .and_then(|known| known.name.value().cloned())
        })
    }

    pub(super) fn role_of_pool(&self, pool: &NodePool) -> Resolved {
        let class = pool.node_class_ref.value().and_then(|reference| {
            let classes = self
                .classes
                .get(&(reference.class_kind()?, reference.name.as_str()))?;
            let cluster = self.cluster_name(pool.cluster.as_ref());
            let same = |class: &&&NodeClass| self.cluster_name(class.cluster.as_ref()) == cluster;
            // Overlays of one repository name their classes alike: the nearest file's is the pool's.
            let near = |class: &&&NodeClass| shared_folders(&pool.origin, &class.origin);
            let of_cluster = classes.iter().filter(same).rev().max_by_key(near);
            of_cluster.or(classes.first()).copied()
        });
        let Some(class) = class else {
            return Resolved::Name("?".to_owned());
        };
        // Names are looked for in the cluster's account where it is known: a fleet has many a
        // `NodeRole`.
        let account = self
            .cluster_name(pool.cluster.as_ref())
            .and_then(|name| {
                self.clusters
                    .iter()
                    .find(|known| known.name.value() == Some(&name))
            })
            .and_then(|cluster| cluster.account);
        let in_account =
            |role: &&Role| role.account.is_none() || account.is_none() || role.account == account;
        if let Some(role) = &class.role {
            return self.named(role, in_account);
        }
        class.instance_profile.as_ref().map_or_else(
            || Resolved::Name("?".to_owned()),
            |profile| self.role_of_profile(profile),
        )
    }

    pub(super) fn role_of_group(&self, group: &NodeGroup) -> Resolved {
        match (&group.role, &group.instance_profile) {
            (Some(role), _) => self.role_of_reference(role),
            (None, Some(profile)) => self.role_of_profile(profile),
            (None, None) => Resolved::Name("?".to_owned()),
        }
    }

    pub(super) fn role_of_reference(&self, reference: &Reference<Principal>) -> Resolved {
        self.object(reference.object.as_ref())
            .unwrap_or_else(|| match reference.value.value() {
                Some(Principal::Role(role)) => Resolved::Role(role.clone()),
                Some(Principal::Other(text)) => self.by_name(text, |_| true),
                None => Resolved::Name("?".to_owned()),
            })
    }

    fn role_of_profile(&self, profile: &Reference<String>) -> Resolved {
        let name = profile
            .value
            .value()
            .map(|text| text.rsplit('/').next().unwrap_or(text));
        let found = self.profiles.iter().find(|known| {
            (known.id.is_some() && known.id == profile.object)
                || (name.is_some() && known.name.value().map(String::as_str) == name)
        });
        found.and_then(|found| found.role.as_ref()).map_or_else(
            || Resolved::Name("?".to_owned()),
            |role| self.role_of_reference(role),
        )
    }

    fn named(&self, role: &Reference<String>, fits: impl Fn(&&Role) -> bool) -> Resolved {
        self.object(role.object.as_ref()).unwrap_or_else(|| {
            role.value.value().map_or_else(
                || Resolved::Name("?".to_owned()),
                |text| match Principal::parse(text) {
                    Principal::Role(role) => Resolved::Role(role),
                    Principal::Other(name) => self.by_name(&name, fits),
                },
            )
        })
    }

    fn object(&self, id: Option<&ObjectId>) -> Option<Resolved> {
        let role = self.roles_by_object.get(id?)?;
        role.identity()?.ok().map(Resolved::Role)
    }

    /// The one role of a name; several of one name are left open.
    fn by_name(&self, name: &str, fits: impl Fn(&&Role) -> bool) -> Resolved {
        let found: Vec<_> = name
            .parse::<RoleName>()
            .ok()
            .and_then(|name| self.roles_by_name.get(&name.as_str().to_lowercase()))
            .into_iter()
            .flatten()
            .filter(|role| fits(role))
            .filter_map(|role| role.identity()?.ok())
            .collect();
        match found.as_slice() {
            [first, rest @ ..] if rest.iter().all(|role| role == first) => {
                Resolved::Role(first.clone())
            }
            _ => Resolved::Name(name.to_owned()),
        }
    }
}

/// How many folders two places have in common.
fn shared_folders(left: &Origin, right: &Origin) -> usize {
    match (left.as_file(), right.as_file()) {
        (Some(left), Some(right)) if left.path == right.path => usize::MAX,
        (Some(left), Some(right)) => {
            let pairs = left.path.split('/').zip(right.path.split('/'));
            pairs.take_while(|(left, right)| left == right).count()
        }
        _ => 0,
    }
}
