use std::collections::BTreeMap;

use rolecall_chain::{Conventions, PoolKind};
use rolecall_facts::{NodeGroupKind, Principal, RoleIdentity, Snapshot};

use super::resolve::{Resolved, Resolver};

/// The node roles in use, by path and name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Register {
    /// The roles, sorted by path and name.
    pub roles: Vec<RegisteredRole>,
}

/// A node role in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredRole {
    /// Its path; `None` where the files name the role and do not declare it.
    pub path: Option<String>,
    /// Its name, or what is known of it.
    pub name: String,
    /// Its account, where it is known.
    pub account: Option<String>,
    /// The owner of its path.
    pub owner: Option<String>,
    /// Whether it keeps the conventions.
    pub convention: Convention,
    /// Who uses it, sorted.
    pub users: Vec<User>,
}

/// A pool or group that uses a role.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct User {
    /// Its cluster, where it is known.
    pub cluster: Option<String>,
    /// Its kind.
    pub kind: PoolKind,
    /// Its name.
    pub name: String,
}

/// Whether a role keeps the conventions of rolecall.toml.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Convention {
    /// It does.
    Kept,
    /// It does not; why.
    Broken(String),
    /// There are none.
    None,
    /// Its path is not known.
    Unknown,
}

impl Register {
    /// Makes the register of a snapshot.
    #[must_use]
    pub fn of(snapshot: &Snapshot, conventions: &Conventions) -> Self {
        let resolver = Resolver::new(snapshot);
        let mut users: BTreeMap<Resolved, Vec<User>> = BTreeMap::new();
        for (resolved, user) in uses(snapshot, &resolver) {
            users.entry(resolved).or_default().push(user);
        }
        let mut roles: Vec<_> = users
            .into_iter()
            .map(|(resolved, mut users)| {
                users.sort();
                users.dedup();
                registered(resolved, users, conventions)
            })
            .collect();
        roles.sort_by(|left, right| {
            (&left.path, &left.name, &left.account).cmp(&(&right.path, &right.name, &right.account))
        });
        Self { roles }
    }
}

/// Every pool and group with the role it uses.
fn uses<'a>(
    snapshot: &'a Snapshot,
    resolver: &'a Resolver<'a>,
) -> impl Iterator<Item = (Resolved, User)> + 'a {
    let pools = snapshot.node_pools.iter().map(|pool| {
        let user = User {
            cluster: resolver.cluster_name(pool.cluster.as_ref()),
            kind: PoolKind::NodePool,
            name: pool.name.clone(),
        };
        (resolver.role_of_pool(pool), user)
    });
    let groups = snapshot.node_groups.iter().map(|group| {
        let user = User {
            cluster: resolver.cluster_name(Some(&group.cluster)),
            kind: match group.kind {
                NodeGroupKind::Managed => PoolKind::ManagedNodeGroup,
                NodeGroupKind::SelfManaged => PoolKind::SelfManagedNodeGroup,
            },
            name: group
                .name
                .value()
                .cloned()
                .unwrap_or_else(|| "?".to_owned()),
        };
        (resolver.role_of_group(group), user)
    });
    let built_in = snapshot.clusters.iter().flat_map(move |cluster| {
        let compute = cluster.compute.as_ref();
        let names = compute.and_then(|compute| compute.node_pools.value());
        names.into_iter().flatten().filter_map(move |name| {
            let role = resolver.role_of_reference(compute?.node_role.as_ref()?);
            let user = User {
                cluster: cluster.name.value().cloned(),
                kind: PoolKind::NodePool,
                name: name.clone(),
            };
            Some((role, user))
        })
    });
    let hybrid = snapshot.access_entries.iter();
    let hybrid = hybrid.filter(|entry| entry.is_of_hybrid_nodes());
    let hybrid = hybrid.map(move |entry| {
        let principal = entry.principal.value.value().and_then(Principal::as_role);
        let user = User {
            cluster: resolver.cluster_name(Some(&entry.cluster)),
            kind: PoolKind::HybridNodes,
            name: principal.map_or_else(|| "?".to_owned(), |role| role.name.to_string()),
        };
        (resolver.role_of_reference(&entry.principal), user)
    });
    pools.chain(groups).chain(built_in).chain(hybrid)
}

fn registered(resolved: Resolved, users: Vec<User>, conventions: &Conventions) -> RegisteredRole {
    match resolved {
        Resolved::Role(role) => RegisteredRole {
            owner: owner(&role, conventions),
            convention: convention(&role, conventions),
            path: Some(role.path.to_string()),
            name: role.name.to_string(),
            account: role.account.map(|account| account.to_string()),
            users,
        },
        Resolved::Name(name) => RegisteredRole {
            path: None,
            name,
            account: None,
            owner: None,
            convention: Convention::Unknown,
            users,
        },
    }
}

/// The owner of the longest path that the role lies under.
fn owner(role: &RoleIdentity, conventions: &Conventions) -> Option<String> {
    conventions
        .node_role_paths
        .iter()
        .filter(|convention| role.path.is_under(&convention.path))
        .max_by_key(|convention| convention.path.as_str().len())
        .map(|convention| convention.owner.clone())
}

fn convention(role: &RoleIdentity, conventions: &Conventions) -> Convention {
    let Conventions {
        node_role_paths: paths,
        node_role_names: names,
        ..
    } = conventions;
    if paths.is_empty() && names.is_empty() {
        return Convention::None;
    }
    if !paths.is_empty() && owner(role, conventions).is_none() {
        return Convention::Broken(format!("no convention allows the path {}", role.path));
    }
    let fits = |pattern: &String| {
        globset::GlobBuilder::new(pattern)
            .backslash_escape(false)
            .build()
            .is_ok_and(|glob| glob.compile_matcher().is_match(role.name.as_str()))
    };
    if !names.is_empty() && !names.iter().any(fits) {
        return Convention::Broken(format!("the name {} fits no pattern", role.name));
    }
    Convention::Kept
}
