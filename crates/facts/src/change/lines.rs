use serde_json::Value as Json;

use super::find::{Home, inline};
use super::text_lines::differing;
use super::{Change, NewAccessEntry, NewRole};
use crate::{AccessEntry, AccessScope, Fact, PolicyDocument, Reference, Snapshot};

/// A line of the difference that a change makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A fact that was not there.
    Added(String),
    /// A fact that is no longer there.
    Removed(String),
    /// What the lines after it belong to.
    Kept(String),
}

use Line::{Added, Kept, Removed};

impl Change {
    /// What the change adds and takes away, as lines of a difference of facts. Where `before` shows the
    /// change as made, only what it belongs to is told.
    #[must_use]
    pub fn lines(&self, before: &Snapshot) -> Vec<Line> {
        let home = Home::of(before);
        let look = Look {
            before,
            home: &home,
        };
        match self {
            Self::CreateAccessEntry(entry) => new_entry(entry),
            Self::DeleteAccessEntry { principal } => look.gone_entry(principal),
            Self::AssociateAccessPolicy {
                principal,
                policy_arn,
                scope,
            } => look.association(principal, policy_arn, Some(scope)),
            Self::DisassociateAccessPolicy {
                principal,
                policy_arn,
            } => look.association(principal, policy_arn, None),
            Self::SetAuthenticationMode { .. } | Self::SetComputeConfig { .. } => {
                look.cluster(self)
            }
            Self::CreateNodeGroup { name, node_role } => vec![
                Added(format!("node group {name}")),
                Added(format!("node role {node_role}")),
            ],
            Self::DeleteNodeGroup { name } => vec![Removed(format!("node group {name}"))],
            Self::SetNodeClassIdentity { .. } | Self::SetNodeClassRef { .. } => {
                look.kubernetes(self)
            }
            Self::MapRole { .. } | Self::UnmapRole { .. } | Self::RemapRole { .. } => {
                look.mapping(self)
            }
            _ => look.of_iam(self),
        }
    }
}

/// A snapshot, and whose objects are meant.
struct Look<'a> {
    before: &'a Snapshot,
    home: &'a Home,
}

fn entry_of(principal: &str) -> String {
    format!("access entry {principal}")
}

fn new_entry(new: &NewAccessEntry) -> Vec<Line> {
    let mut lines = vec![
        Added(entry_of(&new.principal)),
        Added(format!("type {}", new.entry_type)),
    ];
    if !new.kubernetes_groups.is_empty() {
        lines.push(Added(format!(
            "groups {}",
            new.kubernetes_groups.join(", ")
        )));
    }
    if let Some(name) = &new.username {
        lines.push(Added(format!("username {name}")));
    }
    lines.extend(tags(&new.tags).map(Added));
    lines
}

fn tags(tags: &std::collections::BTreeMap<String, String>) -> impl Iterator<Item = String> {
    tags.iter().map(|(key, value)| format!("tag {key}={value}"))
}

/// The scope in words.
fn scope_in_words(scope: &AccessScope) -> String {
    match scope {
        AccessScope::Cluster => "at cluster scope".to_owned(),
        AccessScope::Namespaces(names) if names.is_empty() => "in no namespace".to_owned(),
        AccessScope::Namespaces(names) => format!("in namespaces {}", names.join(", ")),
    }
}

/// An access policy by its name.
fn policy(policy_arn: &str, scope: &Fact<AccessScope>) -> String {
    let name = policy_arn.rsplit('/').next().unwrap_or(policy_arn);
    let scope = scope.value().map(scope_in_words);
    let scope = scope.unwrap_or_else(|| "at a scope that is not known".to_owned());
    format!("policy {name} {scope}")
}

fn shown<T: ToString>(fact: &Fact<T>) -> String {
    fact.value()
        .map_or_else(|| "(not known)".to_owned(), T::to_string)
}

/// The lines of a value that becomes another.
fn turned(what: &str, old: Option<String>, new: Option<String>) -> Vec<Line> {
    if old == new {
        return Vec::new();
    }
    let line = |value: String| format!("{what} {value}");
    let removed = old.map(line).map(Removed);
    removed
        .into_iter()
        .chain(new.map(line).map(Added))
        .collect()
}

/// The lines by which one document differs from another, as JSON that is laid out.
fn documents(old: Option<&Fact<PolicyDocument>>, new: Option<&str>) -> Vec<Line> {
    let old = match old {
        None => String::new(),
        Some(Fact::Unknown { why, .. }) => format!("(not known: {why})"),
        Some(Fact::Known { value, .. }) => pretty(&value.text),
    };
    differing(&old, &new.map(pretty).unwrap_or_default())
}

fn pretty(text: &str) -> String {
    let json = serde_json::from_str::<Json>(text);
    json.and_then(|json| serde_json::to_string_pretty(&json))
        .unwrap_or_else(|_| text.to_owned())
}

impl Look<'_> {
    fn entry(&self, principal: &str) -> Option<&AccessEntry> {
        let place = self.home.entry(self.before, principal).place()?;
        self.before.access_entries.get(place)
    }

    fn gone_entry(&self, principal: &str) -> Vec<Line> {
        let mut lines = vec![Removed(entry_of(principal))];
        if let Some(entry) = self.entry(principal) {
            lines.push(Removed(format!("type {}", shown(&entry.entry_type))));
            let groups = entry.kubernetes_groups.value();
            if let Some(groups) = groups.filter(|groups| !groups.is_empty()) {
                lines.push(Removed(format!("groups {}", groups.join(", "))));
            }
            if let Some(name) = entry.username.as_ref().and_then(Fact::value) {
                lines.push(Removed(format!("username {name}")));
            }
            for tag in &entry.tags {
                lines.push(Removed(format!("tag {}={}", tag.key, shown(&tag.value))));
            }
        }
        let (associations, _) = self.home.associations(self.before, principal);
        let associations = associations.iter();
        for known in associations.filter_map(|place| self.before.access_policies.get(*place)) {
            lines.push(Removed(policy(&shown(&known.policy_arn), &known.scope)));
        }
        lines
    }

    fn association(
        &self,
        principal: &str,
        policy_arn: &str,
        scope: Option<&AccessScope>,
    ) -> Vec<Line> {
        let found = self.home.association(self.before, principal, policy_arn);
        let known = found
            .place()
            .and_then(|place| self.before.access_policies.get(place));
        let old = known.map(|known| policy(policy_arn, &known.scope));
        let new = scope.map(|scope| {
            let origin = super::find::made_by("eks:AssociateAccessPolicy", principal);
            policy(policy_arn, &Fact::known(scope.clone(), origin))
        });
        let mut lines = vec![Kept(entry_of(principal))];
        if old != new {
            lines.extend(old.map(Removed));
            lines.extend(new.map(Added));
        }
        lines
    }

    fn cluster(&self, change: &Change) -> Vec<Line> {
        let place = self.home.cluster;
        let cluster = place.and_then(|place| self.before.clusters.get(place));
        let name = cluster.map_or_else(|| "(not known)".to_owned(), |c| shown(&c.name));
        let mut lines = vec![Kept(format!("cluster {name}"))];
        match change {
            Change::SetAuthenticationMode { mode } => {
                let old = cluster.map(|cluster| shown(&cluster.authentication_mode));
                lines.extend(turned("authentication mode", old, Some(mode.to_string())));
            }
            Change::SetComputeConfig {
                enabled,
                node_pools,
                node_role,
            } => {
                let compute = cluster.and_then(|cluster| cluster.compute.as_ref());
                let on = |on: bool| if on { "on" } else { "off" }.to_owned();
                let was = compute.map(|compute| compute.enabled.as_ref().map(|was| on(*was)));
                let was = was.map_or_else(|| on(false), |was| shown(&was));
                lines.extend(turned("Auto Mode", Some(was), Some(on(*enabled))));
                let list = |pools: &Vec<String>| (!pools.is_empty()).then(|| pools.join(", "));
                let old = compute.and_then(|compute| compute.node_pools.value());
                lines.extend(turned("node pools", old.and_then(list), list(node_pools)));
                let old = compute.and_then(|compute| compute.node_role.as_ref());
                let old = old.map(|role| shown(&role.value));
                lines.extend(turned("node role", old, node_role.clone()));
            }
            _ => {}
        }
        lines
    }

    fn kubernetes(&self, change: &Change) -> Vec<Line> {
        let text = |reference: Option<&Reference<String>>| {
            reference.map(|reference| shown(&reference.value))
        };
        match change {
            Change::SetNodeClassIdentity {
                kind,
                name,
                role,
                instance_profile,
            } => {
                let place = self.home.class(self.before, *kind, name).place();
                let class = place.and_then(|place| self.before.node_classes.get(place));
                let old = |of: fn(&crate::NodeClass) -> Option<&Reference<String>>| {
                    text(class.and_then(of))
                };
                let mut lines = vec![Kept(format!("{kind} {name}"))];
                let was = old(|class| class.role.as_ref());
                lines.extend(turned("role", was, role.clone()));
                let was = old(|class| class.instance_profile.as_ref());
                lines.extend(turned("instanceProfile", was, instance_profile.clone()));
                lines
            }
            Change::SetNodeClassRef { pool, class } => {
                let place = self.home.pool(self.before, pool).place();
                let known = place.and_then(|place| self.before.node_pools.get(place));
                let old = known.map(|known| shown(&known.node_class_ref.as_ref().map(in_words)));
                let mut lines = vec![Kept(format!("NodePool {pool}"))];
                lines.extend(turned("nodeClassRef", old, Some(in_words(class))));
                lines
            }
            _ => Vec::new(),
        }
    }

    fn mapping(&self, change: &Change) -> Vec<Line> {
        let place = self.home.aws_auth(self.before).place();
        let map = place.and_then(|place| self.before.aws_auth.get(place));
        let mappings = map.and_then(|map| map.map_roles.value());
        let mappings = mappings.map_or(&[][..], Vec::as_slice);
        let mapped = |role_arn: &str| {
            let places = self.home.mappings(mappings, role_arn).unwrap_or_default();
            let found = places.into_iter().filter_map(|place| mappings.get(place));
            found.collect::<Vec<_>>()
        };
        let mut lines = vec![Kept("aws-auth".to_owned())];
        match change {
            Change::MapRole {
                role_arn,
                username,
                groups,
            } => lines.extend([
                Added(format!("rolearn {role_arn}")),
                Added(format!("username {username}")),
                Added(format!("groups {}", groups.join(", "))),
            ]),
            Change::UnmapRole { role_arn } => {
                lines.push(Removed(format!("rolearn {role_arn}")));
                for mapping in mapped(role_arn) {
                    lines.push(Removed(format!("username {}", shown(&mapping.username))));
                    if let Some(groups) = mapping.groups.value() {
                        lines.push(Removed(format!("groups {}", groups.join(", "))));
                    }
                }
            }
            Change::RemapRole { from, to } => {
                lines.extend(turned("rolearn", Some(from.clone()), Some(to.clone())));
            }
            _ => {}
        }
        lines
    }

    fn of_iam(&self, change: &Change) -> Vec<Line> {
        let role_of = |name: &str| {
            let place = self.home.role(self.before, name).place()?;
            self.before.roles.get(place)
        };
        match change {
            Change::CreateRole(role) => new_role(role),
            Change::DeleteRole { name } => vec![Removed(format!("role {name}"))],
            Change::SetTrust { role, document } => {
                let mut lines = vec![Kept(format!("trust policy of role {role}"))];
                let old = role_of(role).map(|role| &role.trust);
                lines.extend(documents(old, Some(document)));
                lines
            }
            Change::AttachPolicy { role, policy_arn } => {
                let is_there = role_of(role).is_some_and(|role| {
                    self.home
                        .attached(self.before, role, policy_arn)
                        .place()
                        .is_some()
                });
                let added = (!is_there).then(|| Added(format!("policy {policy_arn}")));
                let kept = Kept(format!("role {role}"));
                std::iter::once(kept).chain(added).collect()
            }
            Change::DetachPolicy { role, policy_arn } => vec![
                Kept(format!("role {role}")),
                Removed(format!("policy {policy_arn}")),
            ],
            Change::PutInlinePolicy { role, name, .. }
            | Change::DeleteInlinePolicy { role, name } => {
                let new = match change {
                    Change::PutInlinePolicy { document, .. } => Some(document.as_str()),
                    _ => None,
                };
                let known = role_of(role).and_then(|role| {
                    let place = inline(role, name).place()?;
                    role.inline_policies.get(place)
                });
                let mut lines = vec![Kept(format!("role {role}"))];
                let title = format!("inline policy {name}");
                lines.push(match (known, new) {
                    (None, _) => Added(title),
                    (Some(_), Some(_)) => Kept(title),
                    (Some(_), None) => Removed(title),
                });
                lines.extend(documents(known.map(|known| &known.document), new));
                lines
            }
            Change::AddRoleToInstanceProfile { profile, role } => vec![
                Kept(format!("instance profile {profile}")),
                Added(format!("role {role}")),
            ],
            Change::RemoveRoleFromInstanceProfile { profile, role } => vec![
                Kept(format!("instance profile {profile}")),
                Removed(format!("role {role}")),
            ],
            _ => Vec::new(),
        }
    }
}

fn new_role(role: &NewRole) -> Vec<Line> {
    let mut lines = vec![
        Added(format!("role {}", role.name)),
        Added(format!("path {}", role.path)),
    ];
    if let Some(boundary) = &role.boundary {
        lines.push(Added(format!("permissions boundary {boundary}")));
    }
    lines.extend(tags(&role.tags).map(Added));
    lines.push(Added("trust policy".to_owned()));
    lines.extend(documents(None, Some(&role.trust)));
    lines
}

fn in_words(class: &crate::NodeClassRef) -> String {
    format!("{}/{} {}", class.group, class.kind, class.name)
}
