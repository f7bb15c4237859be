//! The state of the objects that a change touches, as text: to write it down, to compare it later, and
//! to say what differs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use rolecall_facts::{
    AccessEntry, AccessScope, Change, Fact, NodeClassKind, PolicyDocument, Principal, Reference,
    Role, Snapshot,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Something that a change touches.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Object {
    Cluster,
    Entry(String),
    Role(String),
    Profile(String),
    Class { kind: &'static str, name: String },
    Pool(String),
    Group(String),
    Mapping(String),
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cluster => f.write_str("the cluster's configuration"),
            Self::Entry(principal) => write!(f, "access entry {principal}"),
            Self::Role(name) => write!(f, "role {name}"),
            Self::Profile(name) => write!(f, "instance profile {name}"),
            Self::Class { kind, name } => write!(f, "{kind} {name}"),
            Self::Pool(name) => write!(f, "NodePool {name}"),
            Self::Group(name) => write!(f, "node group {name}"),
            Self::Mapping(arn) => write!(f, "aws-auth mapping of {arn}"),
        }
    }
}

/// Whether an object is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Presence {
    /// It is.
    There,
    /// It is not.
    Absent,
    /// It was not shown, and could not be looked for everywhere.
    NotKnown,
}

/// What is known of one object that a change touches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactState {
    /// The object, such as `access entry arn:…`.
    pub object: String,
    /// Whether it is there.
    pub presence: Presence,
    /// What it says, by field. A field that is left out may be anything.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
}

/// One thing that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differs {
    /// The object.
    pub object: String,
    /// What differs, in words.
    pub how: String,
}

impl fmt::Display for Differs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.object, self.how)
    }
}

impl FactState {
    /// What of this state does not hold in `now`. Only the fields that this one names are looked at.
    #[must_use]
    pub fn differs(&self, now: &Self) -> Vec<Differs> {
        let differs = |how: String| Differs {
            object: self.object.clone(),
            how,
        };
        match (self.presence, now.presence) {
            (was, is) if was == is => {}
            (_, Presence::There) => return vec![differs("it has appeared".to_owned())],
            (_, Presence::Absent) => return vec![differs("it is gone".to_owned())],
            (_, Presence::NotKnown) => {
                return vec![differs("it can no longer be read".to_owned())];
            }
        }
        let shown = |text: Option<&String>| match text.map(String::as_str) {
            None | Some("") => "nothing".to_owned(),
            Some(text) => format!("`{text}`"),
        };
        self.fields
            .iter()
            .filter(|(field, was)| now.fields.get(*field) != Some(was))
            .map(|(field, was)| {
                let is = shown(now.fields.get(field));
                differs(format!("{field} was {}, is {is}", shown(Some(was))))
            })
            .collect()
    }
}

impl Object {
    /// What a change touches.
    pub(crate) fn of(change: &Change) -> Vec<Self> {
        let role = |name: &str| Self::Role(name.to_owned());
        match change {
            Change::CreateAccessEntry(entry) => vec![Self::Entry(entry.principal.clone())],
            Change::DeleteAccessEntry { principal }
            | Change::AssociateAccessPolicy { principal, .. }
            | Change::DisassociateAccessPolicy { principal, .. } => {
                vec![Self::Entry(principal.clone())]
            }
            Change::SetAuthenticationMode { .. } | Change::SetComputeConfig { .. } => {
                vec![Self::Cluster]
            }
            Change::CreateNodeGroup { name, .. } | Change::DeleteNodeGroup { name } => {
                vec![Self::Group(name.clone())]
            }
            Change::CreateRole(new) => vec![role(&new.name)],
            Change::DeleteRole { name } => vec![role(name)],
            Change::SetTrust { role: name, .. }
            | Change::AttachPolicy { role: name, .. }
            | Change::DetachPolicy { role: name, .. }
            | Change::PutInlinePolicy { role: name, .. }
            | Change::DeleteInlinePolicy { role: name, .. } => vec![role(name)],
            Change::AddRoleToInstanceProfile { profile, .. }
            | Change::RemoveRoleFromInstanceProfile { profile, .. } => {
                vec![Self::Profile(profile.clone())]
            }
            Change::SetNodeClassIdentity { kind, name, .. } => vec![Self::Class {
                kind: kind.kind(),
                name: name.clone(),
            }],
            Change::SetNodeClassRef { pool, .. } => vec![Self::Pool(pool.clone())],
            Change::MapRole { role_arn, .. } | Change::UnmapRole { role_arn } => {
                vec![Self::Mapping(role_arn.clone())]
            }
            Change::RemapRole { from, to } => {
                vec![Self::Mapping(from.clone()), Self::Mapping(to.clone())]
            }
            // A change that this crate does not know rests on nothing it could compare.
            _ => Vec::new(),
        }
    }

    /// Whether a change makes the object; what AWS fills in by itself is then not known before.
    pub(crate) fn is_made_by(change: &Change) -> bool {
        matches!(
            change,
            Change::CreateAccessEntry(_) | Change::CreateRole(_) | Change::CreateNodeGroup { .. }
        )
    }

    /// What a snapshot says of it. `made` is whether the plan itself makes it, so that ids, times and
    /// what AWS fills in are left out.
    pub(crate) fn state(&self, snapshot: &Snapshot, made: bool) -> FactState {
        let fields = match self {
            Self::Cluster => cluster(snapshot),
            Self::Entry(principal) => entry(snapshot, principal, made),
            Self::Role(name) => role(snapshot, name, made),
            Self::Profile(name) => profile(snapshot, name),
            Self::Class { kind, name } => class(snapshot, kind, name),
            Self::Pool(name) => pool(snapshot, name),
            Self::Group(name) => group(snapshot, name),
            Self::Mapping(arn) => mapping(snapshot, arn),
        };
        let presence = match &fields {
            Some(_) => Presence::There,
            None if self.absence_is_known(snapshot) => Presence::Absent,
            None => Presence::NotKnown,
        };
        FactState {
            object: self.to_string(),
            presence,
            fields: fields.unwrap_or_default(),
        }
    }

    fn absence_is_known(&self, snapshot: &Snapshot) -> bool {
        let mut clusters = snapshot.clusters.iter();
        match self {
            Self::Entry(_) => clusters.all(|known| known.access_entries_complete.is_complete()),
            Self::Mapping(_) => clusters.all(|known| known.aws_auth_complete.is_complete()),
            Self::Role(_) => !snapshot.role_complete_accounts.is_empty(),
            _ => true,
        }
    }
}

type Fields = BTreeMap<String, String>;

fn fields<const N: usize>(fields: [(&str, String); N]) -> Fields {
    let fields = fields.into_iter();
    fields.map(|(name, text)| (name.to_owned(), text)).collect()
}

/// The value as text; what is not known is said so, which is a state like any other.
fn said<T>(fact: &Fact<T>, text: impl Fn(&T) -> String) -> String {
    match fact {
        Fact::Known { value, .. } => text(value),
        Fact::Unknown { .. } => "not known".to_owned(),
    }
}

fn referred<T: fmt::Display>(reference: Option<&Reference<T>>) -> String {
    reference.map_or_else(String::new, |known| said(&known.value, T::to_string))
}

fn listed(texts: impl Iterator<Item = String>) -> String {
    let sorted: BTreeSet<String> = texts.collect();
    sorted.into_iter().collect::<Vec<_>>().join(", ")
}

fn cluster(snapshot: &Snapshot) -> Option<Fields> {
    let cluster = snapshot.clusters.first()?;
    let compute = cluster.compute.as_ref();
    Some(fields([
        (
            "authentication mode",
            said(&cluster.authentication_mode, ToString::to_string),
        ),
        (
            "Auto Mode",
            compute.map_or_else(
                || "false".to_owned(),
                |known| said(&known.enabled, bool::to_string),
            ),
        ),
        (
            "built-in node pools",
            compute.map_or_else(String::new, |known| {
                said(&known.node_pools, |names| listed(names.iter().cloned()))
            }),
        ),
        (
            "node role of the built-in pools",
            referred(compute.and_then(|known| known.node_role.as_ref())),
        ),
    ]))
}

fn entry_of<'s>(snapshot: &'s Snapshot, principal: &str) -> Option<&'s AccessEntry> {
    let wanted = Principal::parse(principal);
    snapshot
        .access_entries
        .iter()
        .find(|entry| entry.principal.value.value() == Some(&wanted))
}

fn entry(snapshot: &Snapshot, principal: &str, made: bool) -> Option<Fields> {
    let entry = entry_of(snapshot, principal)?;
    let wanted = Principal::parse(principal);
    let policies = snapshot
        .access_policies
        .iter()
        .filter(|policy| policy.principal.value.value() == Some(&wanted))
        .map(|policy| {
            let arn = said(&policy.policy_arn, |arn| {
                arn.rsplit('/').next().unwrap_or(arn).to_owned()
            });
            format!("{arn} {}", said(&policy.scope, scope))
        });
    let mut known = fields([
        ("type", said(&entry.entry_type, String::clone)),
        ("access policies", listed(policies)),
    ]);
    let ours = entry.tags.iter().find(|tag| tag.key == super::TAG);
    if made {
        // By this an entry that the plan makes is told from one that somebody else makes.
        let plan = ours.map_or_else(String::new, |tag| said(&tag.value, String::clone));
        known.extend(fields([(super::TAG, plan)]));
    } else {
        known.extend(fields([
            (
                "groups",
                said(&entry.kubernetes_groups, |groups| {
                    listed(groups.iter().cloned())
                }),
            ),
            (
                "user name",
                entry
                    .username
                    .as_ref()
                    .map_or_else(String::new, |name| said(name, String::clone)),
            ),
            (
                "tags",
                listed(
                    entry
                        .tags
                        .iter()
                        .map(|tag| format!("{}={}", tag.key, said(&tag.value, String::clone))),
                ),
            ),
            (
                "made at",
                entry
                    .created_at
                    .map_or_else(String::new, |time| time.to_string()),
            ),
        ]));
    }
    Some(known)
}

fn scope(scope: &AccessScope) -> String {
    match scope {
        AccessScope::Cluster => "at cluster scope".to_owned(),
        AccessScope::Namespaces(names) => {
            format!("in {}", listed(names.iter().cloned()))
        }
    }
}

fn role(snapshot: &Snapshot, name: &str, made: bool) -> Option<Fields> {
    let account = snapshot.clusters.first().and_then(|known| known.account);
    // The changes speak of the cluster's account; another's role of that name is another role.
    let is_meant = |role: &&Role| {
        role.name.value().map(String::as_str) == Some(name)
            && (role.account.is_none() || account.is_none() || role.account == account)
    };
    let role = snapshot.roles.iter().find(is_meant)?;
    let inline = role
        .inline_policies
        .iter()
        .map(|policy| format!("{} {}", policy.name, said(&policy.document, document)));
    let attached = role.attached_policies.iter();
    let mut known = fields([
        ("path", said(&role.path, String::clone)),
        ("trust policy", said(&role.trust, document)),
        (
            "attached policies",
            listed(attached.map(|policy| said(&policy.value, String::clone))),
        ),
        ("inline policies", listed(inline)),
        (
            "permissions boundary",
            referred(role.permissions_boundary.as_ref()),
        ),
    ]);
    if made {
        let ours = role.tags.iter().find(|tag| tag.key == super::TAG);
        let plan = ours.map_or_else(String::new, |tag| said(&tag.value, String::clone));
        known.extend(fields([(super::TAG, plan)]));
    } else {
        let id = role.unique_id.as_ref();
        known.extend(fields([(
            "unique id",
            id.map_or_else(String::new, ToString::to_string),
        )]));
    }
    Some(known)
}

/// The document without what its writer's layout adds.
fn document(document: &PolicyDocument) -> String {
    serde_json::from_str::<Value>(&document.text).map_or_else(
        |_| document.text.to_string(),
        |value| sorted(value).to_string(),
    )
}

/// The value with the fields of every object in order of their names.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields: BTreeMap<String, Value> = fields
                .into_iter()
                .map(|(name, value)| (name, sorted(value)))
                .collect();
            Value::Object(fields.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

fn profile(snapshot: &Snapshot, name: &str) -> Option<Fields> {
    let profiles = &snapshot.instance_profiles;
    let profile = profiles
        .iter()
        .find(|known| known.name.value().map(String::as_str) == Some(name))?;
    // Named by its ARN or by its bare name, it is the same role.
    let role = referred(profile.role.as_ref());
    let role = role.rsplit('/').next().unwrap_or_default().to_owned();
    Some(fields([("role", role)]))
}

fn class(snapshot: &Snapshot, kind: &str, name: &str) -> Option<Fields> {
    let is_kind = |known: NodeClassKind| known.kind() == kind;
    let class = snapshot
        .node_classes
        .iter()
        .find(|known| known.name == name && is_kind(known.kind))?;
    Some(fields([
        ("role", referred(class.role.as_ref())),
        ("instanceProfile", referred(class.instance_profile.as_ref())),
    ]))
}

fn pool(snapshot: &Snapshot, name: &str) -> Option<Fields> {
    let pool = snapshot
        .node_pools
        .iter()
        .find(|known| known.name == name)?;
    let class = said(&pool.node_class_ref, |class| {
        format!("{} {} of {}", class.kind, class.name, class.group)
    });
    Some(fields([("nodeClassRef", class)]))
}

fn group(snapshot: &Snapshot, name: &str) -> Option<Fields> {
    let group = snapshot
        .node_groups
        .iter()
        .find(|known| known.name.value().map(String::as_str) == Some(name))?;
    Some(fields([("node role", referred(group.role.as_ref()))]))
}

fn mapping(snapshot: &Snapshot, arn: &str) -> Option<Fields> {
    let roles = snapshot.aws_auth.first()?.map_roles.value()?;
    let mapping = roles
        .iter()
        .find(|known| known.role_arn.value().map(String::as_str) == Some(arn))?;
    Some(fields([
        ("user name", said(&mapping.username, String::clone)),
        (
            "groups",
            said(&mapping.groups, |groups| listed(groups.iter().cloned())),
        ),
    ]))
}
