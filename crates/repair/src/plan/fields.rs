//! What a snapshot says of an object, field by field, as text: to write it down and to compare it
//! later. `None` where the snapshot does not show the object.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use rolecall_facts::{
    AccessEntry, AccessScope, Fact, NodeClassKind, PolicyDocument, Principal, Reference, Role,
    Snapshot,
};
use serde_json::Value;

use super::state::NOT_KNOWN;

pub(super) type Fields = BTreeMap<String, String>;

fn fields<const N: usize>(fields: [(&str, String); N]) -> Fields {
    let fields = fields.into_iter();
    fields.map(|(name, text)| (name.to_owned(), text)).collect()
}

/// The value as text; what is not known is said so.
fn said<T>(fact: &Fact<T>, text: impl Fn(&T) -> String) -> String {
    match fact {
        Fact::Known { value, .. } => text(value),
        Fact::Unknown { .. } => NOT_KNOWN.to_owned(),
    }
}

fn referred<T: fmt::Display>(reference: Option<&Reference<T>>) -> String {
    reference.map_or_else(String::new, |known| said(&known.value, T::to_string))
}

fn listed(texts: impl Iterator<Item = String>) -> String {
    let sorted: BTreeSet<String> = texts.collect();
    sorted.into_iter().collect::<Vec<_>>().join(", ")
}

pub(super) fn cluster(snapshot: &Snapshot) -> Option<Fields> {
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

pub(super) fn entry(snapshot: &Snapshot, principal: &str, made: bool) -> Option<Fields> {
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

pub(super) fn role(snapshot: &Snapshot, name: &str, made: bool) -> Option<Fields> {
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

pub(super) fn profile(snapshot: &Snapshot, name: &str) -> Option<Fields> {
    let profiles = &snapshot.instance_profiles;
    let profile = profiles
        .iter()
        .find(|known| known.name.value().map(String::as_str) == Some(name))?;
    // Named by its ARN or by its bare name, it is the same role.
    let role = referred(profile.role.as_ref());
    let role = role.rsplit('/').next().unwrap_or_default().to_owned();
    Some(fields([("role", role)]))
}

pub(super) fn class(snapshot: &Snapshot, kind: &str, name: &str) -> Option<Fields> {
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

pub(super) fn pool(snapshot: &Snapshot, name: &str) -> Option<Fields> {
    let pool = snapshot
        .node_pools
        .iter()
        .find(|known| known.name == name)?;
    let class = said(&pool.node_class_ref, |class| {
        format!("{} {} of {}", class.kind, class.name, class.group)
    });
    Some(fields([("nodeClassRef", class)]))
}

pub(super) fn group(snapshot: &Snapshot, name: &str) -> Option<Fields> {
    let group = snapshot
        .node_groups
        .iter()
        .find(|known| known.name.value().map(String::as_str) == Some(name))?;
    Some(fields([("node role", referred(group.role.as_ref()))]))
}

pub(super) fn mapping(snapshot: &Snapshot, arn: &str) -> Option<Fields> {
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
