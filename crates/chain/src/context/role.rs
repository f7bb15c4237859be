use rolecall_facts::{
    AccessEntry, Cluster, Fact, InstanceProfile, NodeClass, ObjectId, Principal, Reference, Role,
    RoleIdentity,
};

use super::{ClassFound, Hybrid, PoolSource};
use crate::world::{ClusterKey, World};

/// From where a role is looked for.
#[derive(Clone, Copy)]
pub(crate) struct Viewpoint<'a, 'w> {
    pub(crate) world: &'w World<'a>,
    pub(crate) cluster_key: &'w ClusterKey,
    pub(crate) cluster: Option<&'a Cluster>,
    /// The declared object that looks, or its cluster: roles of its plan or template come first.
    pub(crate) near: Option<&'a ObjectId>,
}

/// How the pool names its role.
#[derive(Debug, Clone)]
pub(crate) enum RoleReference<'a> {
    /// A class's `spec.role`.
    Name {
        written: &'a Reference<String>,
        /// The bare name that was meant; `None` when the text is not known.
        bare: Option<String>,
        fault: Option<ReferenceFault>,
    },
    /// A class's `spec.instanceProfile`, or a self-managed group's profile.
    Profile {
        written: &'a Reference<String>,
        found: ProfileFound<'a>,
    },
    /// A full ARN: a managed node group's `nodeRole`, Auto Mode's `nodeRoleArn`, or the principal of
    /// the entry of hybrid nodes.
    Arn(&'a Reference<Principal>),
    /// The ARN in the mapping of hybrid nodes, which is one without a path.
    Mapped(&'a Fact<String>),
    /// The class names both, which the API refuses.
    Both {
        role: &'a Reference<String>,
        profile: &'a Reference<String>,
    },
    /// The class names neither.
    Neither,
    /// The tool that reads the file makes a role of its own (eksctl).
    MadeByTool,
    /// There is no class to look at; why.
    Unknown(String),
}

/// What is wrong with a class's `spec.role`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReferenceFault {
    /// It is an ARN.
    IsArn,
    /// It has a path before the name.
    HasPath,
}

/// What became of an instance profile's name.
#[derive(Debug, Clone)]
pub(crate) enum ProfileFound<'a> {
    Found(&'a InstanceProfile),
    /// It was given as an ARN; the profile it names, if that is in the input.
    ByArn(Option<&'a InstanceProfile>),
    /// All profiles of the account are known and none has this name.
    NotFound {
        name: String,
    },
    Unknown(String),
}

impl<'a> ProfileFound<'a> {
    pub(crate) fn profile(&self) -> Option<&'a InstanceProfile> {
        match self {
            Self::Found(profile) => Some(profile),
            Self::ByArn(profile) => *profile,
            Self::NotFound { .. } | Self::Unknown(_) => None,
        }
    }

    fn find(world: &World<'a>, written: &Reference<String>, cluster: Option<&'a Cluster>) -> Self {
        let account = cluster.and_then(|cluster| cluster.account);
        let text = written.value.value();
        let is_arn = text.is_some_and(|text| text.starts_with("arn:"));
        let by_object = written
            .object
            .as_ref()
            .and_then(|id| world.profile_of_object(id));
        let found = by_object.or_else(|| {
            let name = text?.rsplit('/').next()?;
            world
                .profiles_named(name)
                .iter()
                .min_by(|a, b| a.origin.cmp(&b.origin))
                .copied()
        });
        match (found, &written.value) {
            (found, _) if is_arn => Self::ByArn(found),
            (Some(profile), _) => Self::Found(profile),
            (None, Fact::Known { value, .. }) if world.has_all_profiles_of(account) => {
                Self::NotFound {
                    name: value.clone(),
                }
            }
            (None, Fact::Known { value, .. }) => {
                Self::Unknown(format!("no file given declares instance profile `{value}`"))
            }
            (None, Fact::Unknown { why, .. }) => Self::Unknown(why.to_string()),
        }
    }
}

impl<'a> RoleReference<'a> {
    pub(super) fn find(
        world: &World<'a>,
        source: PoolSource<'a>,
        class: &ClassFound<'a>,
        cluster: Option<&'a Cluster>,
    ) -> Self {
        match (source, class) {
            (PoolSource::Group(group), _) => match (&group.role, &group.instance_profile) {
                (Some(role), _) => Self::Arn(role),
                (None, Some(written)) => Self::Profile {
                    written,
                    found: ProfileFound::find(world, written, cluster),
                },
                (None, None) => Self::MadeByTool,
            },
            (PoolSource::Hybrid(_, Hybrid::Entry(entry)), _) => Self::Arn(&entry.principal),
            (PoolSource::Hybrid(_, Hybrid::Mapping(mapping)), _) => Self::Mapped(&mapping.role_arn),
            (_, ClassFound::BuiltIn) => {
                let compute = cluster.and_then(|cluster| cluster.compute.as_ref());
                match compute.and_then(|compute| compute.node_role.as_ref()) {
                    Some(role) => Self::Arn(role),
                    None => Self::Unknown("the cluster's nodeRoleArn is not known".to_owned()),
                }
            }
            (_, ClassFound::Found(class)) => Self::of_class(world, class, cluster),
            (_, ClassFound::Unknown { why, .. }) => Self::Unknown(why.clone()),
            _ => Self::Unknown("the node class is not there".to_owned()),
        }
    }

    fn of_class(world: &World<'a>, class: &'a NodeClass, cluster: Option<&'a Cluster>) -> Self {
        match (&class.role, &class.instance_profile) {
            (Some(role), Some(profile)) => Self::Both { role, profile },
            (None, None) => Self::Neither,
            (None, Some(written)) => Self::Profile {
                written,
                found: ProfileFound::find(world, written, cluster),
            },
            (Some(written), None) => {
                let text = written.value.value();
                let fault = text.and_then(|text| match text {
                    text if text.starts_with("arn:") => Some(ReferenceFault::IsArn),
                    text if text.contains('/') => Some(ReferenceFault::HasPath),
                    _ => None,
                });
                let bare = text
                    .and_then(|text| text.rsplit('/').next())
                    .map(str::to_owned);
                Self::Name {
                    written,
                    bare,
                    fault,
                }
            }
        }
    }

    /// The text as written, where there is one.
    pub(crate) fn written(&self) -> Option<&'a Reference<String>> {
        match self {
            Self::Name { written, .. } | Self::Profile { written, .. } => Some(written),
            Self::Both { role, .. } => Some(role),
            _ => None,
        }
    }
}

/// What became of the role's name.
#[derive(Debug, Clone)]
pub(crate) enum RoleFound<'a> {
    /// The role; its identity where name and path are known and valid.
    Found {
        role: &'a Role,
        identity: Option<RoleIdentity>,
    },
    /// Only its ARN is known; nothing given declares it.
    ByArnOnly(RoleIdentity),
    /// All roles of the account are known and none has this name or ARN.
    NotFound { name: String },
    /// Several roles have this name.
    Ambiguous { name: String, roles: Vec<&'a Role> },
    /// It cannot be told; the bare name where at least that is known, and why.
    Unknown { name: Option<String>, why: String },
}

impl<'a> RoleFound<'a> {
    pub(super) fn find(from: Viewpoint<'a, '_>, reference: &RoleReference<'a>) -> Self {
        let world = from.world;
        let unknown = |name: Option<&str>, why: String| Self::Unknown {
            name: name.map(str::to_owned),
            why,
        };
        match reference {
            RoleReference::Name {
                written,
                bare,
                fault,
            } => {
                if let Some(role) = written
                    .object
                    .as_ref()
                    .and_then(|id| world.role_of_object(id))
                {
                    return Self::of(role);
                }
                match (fault, bare) {
                    (Some(ReferenceFault::IsArn), Some(_)) => {
                        let text = written
                            .value
                            .value()
                            .map(String::as_str)
                            .unwrap_or_default();
                        Self::by_principal(from, &Principal::parse(text))
                    }
                    (_, Some(name)) => Self::by_name(from, name),
                    _ => unknown(None, why_text(&written.value)),
                }
            }
            RoleReference::Profile { found, .. } => match found.profile() {
                Some(profile) => match &profile.role {
                    Some(role) => Self::by_reference(from, role),
                    None => unknown(None, "the instance profile holds no role".to_owned()),
                },
                None => match found {
                    ProfileFound::Unknown(why) => unknown(None, why.clone()),
                    ProfileFound::NotFound { name } => {
                        unknown(None, format!("instance profile `{name}` does not exist"))
                    }
                    _ => unknown(
                        None,
                        "no file given declares the instance profile".to_owned(),
                    ),
                },
            },
            RoleReference::Arn(principal) => Self::by_reference(from, principal),
            RoleReference::Mapped(written) => match written.value() {
                Some(arn) => Self::by_mapping(from, &Principal::parse(arn)),
                None => unknown(None, why_text(written)),
            },
            RoleReference::Both { role, .. } => match role.value.value() {
                Some(name) => Self::by_name(from, name),
                None => unknown(None, why_text(&role.value)),
            },
            RoleReference::Neither => unknown(None, "the class names no role".to_owned()),
            RoleReference::MadeByTool => unknown(None, "eksctl makes the role".to_owned()),
            RoleReference::Unknown(why) => unknown(None, why.clone()),
        }
    }

    /// The role that a principal reference means.
    pub(super) fn by_reference(from: Viewpoint<'a, '_>, reference: &Reference<Principal>) -> Self {
        let declared = reference
            .object
            .as_ref()
            .and_then(|id| from.world.role_of_object(id));
        if let Some(role) = declared {
            return Self::of(role);
        }
        match &reference.value {
            Fact::Known {
                value: Principal::Other(text),
                ..
            } if !text.contains(':') => Self::by_name(from, text),
            Fact::Known { value, .. } => Self::by_principal(from, value),
            Fact::Unknown { why, .. } => Self::Unknown {
                name: None,
                why: why.to_string(),
            },
        }
    }

    pub(super) fn by_principal(from: Viewpoint<'a, '_>, principal: &Principal) -> Self {
        let Some(identity) = principal.as_role() else {
            let why = format!("`{principal}` is not a role's ARN");
            return Self::Unknown { name: None, why };
        };
        let candidates = from.world.roles_named(identity.name.as_str());
        let mut same = candidates
            .iter()
            .filter(|role| matches!(role.identity(), Some(Ok(known)) if known.may_equal(identity)));
        match (same.next(), same.next()) {
            (Some(role), None) => Self::of(role),
            (Some(first), Some(_)) => {
                let near = candidates.iter().find(|role| in_scope(role, from.near));
                Self::of(near.unwrap_or(first))
            }
            // A role of this name whose path is not known may be the one.
            _ if candidates.iter().any(|role| role.identity().is_none()) => {
                Self::ByArnOnly(identity.clone())
            }
            _ if from.world.has_all_roles_of(identity.account) => Self::NotFound {
                name: identity.to_string(),
            },
            _ => Self::ByArnOnly(identity.clone()),
        }
    }

    /// The role that a mapping means, in which a path plays no part.
    fn by_mapping(from: Viewpoint<'a, '_>, principal: &Principal) -> Self {
        let role = principal.as_role();
        let name = role.map(|role| role.name.as_str());
        match name.filter(|name| !from.world.roles_named(name).is_empty()) {
            Some(name) => Self::by_name(from, name),
            None => Self::by_principal(from, principal),
        }
    }

    pub(super) fn by_name(from: Viewpoint<'a, '_>, name: &str) -> Self {
        let account = from.cluster.and_then(|cluster| cluster.account);
        let mut roles: Vec<&Role> = from
            .world
            .roles_named(name)
            .iter()
            .filter(|role| match (role.account, account) {
                (Some(role), Some(cluster)) => role == cluster,
                _ => true,
            })
            .copied()
            .collect();
        narrow(&mut roles, from);
        match roles.as_slice() {
            [role] => Self::of(role),
            [] if from.world.has_all_roles_of(account) => Self::NotFound {
                name: name.to_owned(),
            },
            [] => Self::Unknown {
                name: Some(name.to_owned()),
                why: format!("no file given declares role `{name}`"),
            },
            _ => Self::Ambiguous {
                name: name.to_owned(),
                roles,
            },
        }
    }

    fn of(role: &'a Role) -> Self {
        Self::Found {
            role,
            identity: role.identity().and_then(Result::ok),
        }
    }

    pub(crate) fn role(&self) -> Option<&'a Role> {
        match self {
            Self::Found { role, .. } => Some(role),
            _ => None,
        }
    }

    pub(crate) fn identity(&self) -> Option<&RoleIdentity> {
        match self {
            Self::Found { identity, .. } => identity.as_ref(),
            Self::ByArnOnly(identity) => Some(identity),
            _ => None,
        }
    }

    /// The bare name, where at least that is known.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Found { role, .. } => role.name.value().map(String::as_str),
            Self::ByArnOnly(identity) => Some(identity.name.as_str()),
            Self::NotFound { name } | Self::Ambiguous { name, .. } => Some(name),
            Self::Unknown { name, .. } => name.as_deref(),
        }
    }
}

fn why_text<T>(fact: &Fact<T>) -> String {
    fact.why().map(ToString::to_string).unwrap_or_default()
}

fn in_scope(role: &Role, near: Option<&ObjectId>) -> bool {
    matches!((&role.id, near), (Some(id), Some(near)) if id.scope() == near.scope())
}

/// Of several roles of one name, as one repository declares them for several accounts, keeps those of
/// the cluster's own plan or template, or else those for which the cluster has an access entry.
fn narrow<'a>(roles: &mut Vec<&'a Role>, from: Viewpoint<'a, '_>) {
    if roles.len() < 2 {
        return;
    }
    let keep = |roles: &mut Vec<&'a Role>, wanted: &dyn Fn(&Role) -> bool| {
        if roles.iter().any(|role| wanted(role)) {
            roles.retain(|role| wanted(role));
        }
    };
    keep(roles, &|role| in_scope(role, from.near));
    let has_entry = |role: &Role| {
        let Some(entries) = from.world.entries(from.cluster_key) else {
            return false;
        };
        let by_object = role
            .id
            .as_ref()
            .is_some_and(|id| !entries.of_object(id).is_empty());
        let names = |entry: &&AccessEntry| match (entry.principal.value.value(), role.identity()) {
            (Some(Principal::Role(principal)), Some(Ok(identity))) => {
                principal.may_equal(&identity)
            }
            _ => false,
        };
        let name = role.name.value().map(String::as_str).unwrap_or_default();
        by_object || entries.of_role_name(name).iter().any(names)
    };
    if roles.len() > 1 && roles.iter().filter(|role| has_entry(role)).count() == 1 {
        keep(roles, &has_entry);
    }
}
