use std::collections::BTreeMap;

use thiserror::Error;

use super::apply::{is_there, leads_to_mode};
use super::entry_type::{takes_groups, username};
use super::find::{Found, Home, inline};
use super::{Change, NewAccessEntry};
use crate::{Fact, Reference, Snapshot, Tag};

/// Why a change cannot be taken back.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CannotUndo {
    /// EKS or IAM has no way back.
    #[error("there is no way back from {0}")]
    OneWay(String),
    /// What was there before is not known.
    #[error("what was there before is not known: {0}")]
    Unknown(String),
}

impl Change {
    /// The changes that lead back to what `before` says, in the order to make them; none where `before`
    /// shows the change as made. `before` is the snapshot right before this change, after those that
    /// came before it.
    ///
    /// An access entry that is made again has a new time of creation, and holds the id of the role as
    /// it is then.
    ///
    /// # Errors
    /// A change that has no way back, or of which `before` does not say what was there.
    pub fn undo(&self, before: &Snapshot) -> Result<Vec<Self>, CannotUndo> {
        let home = Home::of(before);
        if home.several && !self.is_of_iam() {
            let count = before.clusters.len();
            return Err(unknown(format!("which of the {count} clusters is meant")));
        }
        if self.holds(before) == Some(true) {
            return Ok(Vec::new());
        }
        let undo = Undo {
            before,
            home: &home,
        };
        match self {
            Self::CreateAccessEntry(entry) => {
                let principal = &entry.principal;
                Ok(made(home.entry(before, principal), || {
                    Self::DeleteAccessEntry {
                        principal: principal.clone(),
                    }
                }))
            }
            Self::DeleteAccessEntry { principal } => undo.delete_entry(principal),
            Self::AssociateAccessPolicy {
                principal,
                policy_arn,
                ..
            } => undo.association(principal, policy_arn, || {
                Some(Self::DisassociateAccessPolicy {
                    principal: principal.clone(),
                    policy_arn: policy_arn.clone(),
                })
            }),
            Self::DisassociateAccessPolicy {
                principal,
                policy_arn,
            } => undo.association(principal, policy_arn, || None),
            Self::SetAuthenticationMode { .. } | Self::SetComputeConfig { .. } => {
                undo.cluster(self)
            }
            Self::CreateNodeGroup { name, node_role } => Ok(undo.create_group(name, node_role)),
            Self::DeleteNodeGroup { name } => undo.delete_group(name),
            Self::SetNodeClassIdentity { .. } => undo.identity(self),
            Self::SetNodeClassRef { pool, .. } => undo.class_ref(pool),
            Self::MapRole { .. } | Self::UnmapRole { .. } | Self::RemapRole { .. } => {
                undo.mapping(self)
            }
            _ => undo.of_iam(self),
        }
    }
}

/// What `before` says, and whose objects are meant.
struct Undo<'a> {
    before: &'a Snapshot,
    home: &'a Home,
}

fn unknown(what: impl Into<String>) -> CannotUndo {
    CannotUndo::Unknown(what.into())
}

fn known<T: Clone>(fact: &Fact<T>, what: impl FnOnce() -> String) -> Result<T, CannotUndo> {
    let value = fact.value().cloned();
    value.ok_or_else(|| unknown(what()))
}

/// What takes back something that was made, unless it was there before.
fn made(found: Found, back: impl FnOnce() -> Change) -> Vec<Change> {
    match found {
        Found::At(_) => Vec::new(),
        Found::Nowhere | Found::Unclear => vec![back()],
    }
}

impl Undo<'_> {
    /// A text of a reference as it is written.
    fn text(
        &self,
        reference: &Option<Reference<String>>,
        what: impl Fn() -> String,
    ) -> Result<Option<String>, CannotUndo> {
        let Some(reference) = reference else {
            return Ok(None);
        };
        let text = self.home.settled(&known(&reference.value, &what)?);
        match crate::symbol::has_any(&text) {
            true => Err(unknown(what())),
            false => Ok(Some(text)),
        }
    }

    fn delete_entry(&self, principal: &str) -> Result<Vec<Change>, CannotUndo> {
        let of = |what: &str| format!("{what} of the access entry for {principal}");
        let entry = match self.home.entry(self.before, principal) {
            Found::Nowhere => return Ok(Vec::new()),
            found => found
                .place()
                .and_then(|place| self.before.access_entries.get(place)),
        };
        let entry = entry.ok_or_else(|| unknown(format!("the access entry for {principal}")))?;
        if !is_there(self.before, self.home, &crate::Principal::parse(principal)) {
            return Err(CannotUndo::OneWay(format!(
                "the deletion of the access entry for {principal}, which is no role: EKS makes it for \
                 none that does not exist"
            )));
        }
        let entry_type = known(&entry.entry_type, || of("the type"))?;
        let mut new = NewAccessEntry {
            principal: principal.to_owned(),
            kubernetes_groups: Vec::new(),
            username: None,
            tags: self.tags(&entry.tags, || of("a tag"))?,
            entry_type,
        };
        if takes_groups(&new.entry_type) {
            new.kubernetes_groups = known(&entry.kubernetes_groups, || of("the groups"))?;
            if let Some(name) = &entry.username {
                let name = known(name, || of("the user name"))?;
                let principal = crate::Principal::parse(principal);
                let default = username(&new.entry_type, &principal, &entry.origin);
                let is_default = default.value() == Some(&self.home.settled(&name));
                new.username = (!is_default).then_some(name);
            }
        }
        let (associations, open) = self.home.associations(self.before, principal);
        if open || !entry.policies_complete.is_complete() {
            return Err(unknown(of("the access policies")));
        }
        let mut back = vec![Change::CreateAccessEntry(new)];
        for place in associations {
            back.extend(self.associate(principal, place)?);
        }
        Ok(back)
    }

    fn tags(
        &self,
        tags: &[Tag],
        what: impl Fn() -> String,
    ) -> Result<BTreeMap<String, String>, CannotUndo> {
        tags.iter()
            .map(|tag| Ok((tag.key.clone(), known(&tag.value, &what)?)))
            .collect()
    }

    /// What associates a policy as it was.
    fn associate(&self, principal: &str, place: usize) -> Result<Option<Change>, CannotUndo> {
        let Some(association) = self.before.access_policies.get(place) else {
            return Ok(None);
        };
        let of = |what: &str| format!("{what} of an access policy of {principal}");
        Ok(Some(Change::AssociateAccessPolicy {
            principal: principal.to_owned(),
            policy_arn: self
                .home
                .settled(&known(&association.policy_arn, || of("the ARN"))?),
            scope: known(&association.scope, || of("the scope"))?,
        }))
    }

    fn association(
        &self,
        principal: &str,
        policy_arn: &str,
        absent: impl FnOnce() -> Option<Change>,
    ) -> Result<Vec<Change>, CannotUndo> {
        let what = || format!("whether {policy_arn} was associated with {principal}");
        let entry = self.home.entry(self.before, principal).place();
        let entry = entry.and_then(|place| self.before.access_entries.get(place));
        let is_open = entry.is_some_and(|entry| !entry.policies_complete.is_complete());
        match self.home.association(self.before, principal, policy_arn) {
            Found::At(place) => Ok(self.associate(principal, place)?.into_iter().collect()),
            Found::Nowhere if !is_open => Ok(absent().into_iter().collect()),
            Found::Nowhere | Found::Unclear => Err(unknown(what())),
        }
    }

    fn cluster(&self, change: &Change) -> Result<Vec<Change>, CannotUndo> {
        let place = self.home.cluster;
        let cluster = place.and_then(|place| self.before.clusters.get(place));
        let cluster = cluster.ok_or_else(|| unknown("the cluster"))?;
        if let Change::SetAuthenticationMode { mode } = change {
            let old = known(&cluster.authentication_mode, || {
                "the authentication mode".to_owned()
            })?;
            return match leads_to_mode(*mode, old) {
                true if old == *mode => Ok(Vec::new()),
                true => Ok(vec![Change::SetAuthenticationMode { mode: old }]),
                false => Err(CannotUndo::OneWay(format!("{old} to {mode}"))),
            };
        }
        let of = |what: &str| format!("{what} of the compute configuration");
        let (enabled, node_pools, node_role) = match &cluster.compute {
            None => (false, Vec::new(), None),
            Some(compute) => (
                known(&compute.enabled, || of("whether Auto Mode was on"))?,
                known(&compute.node_pools, || of("the node pools"))?,
                match &compute.node_role {
                    Some(role) => {
                        let role = known(&role.value, || of("the node role"))?;
                        Some(self.home.settled(&role.to_string()))
                    }
                    None => None,
                },
            ),
        };
        let old = Change::SetComputeConfig {
            enabled,
            node_pools,
            node_role,
        };
        Ok(if old == *change {
            Vec::new()
        } else {
            vec![old]
        })
    }

    fn create_group(&self, name: &str, node_role: &str) -> Vec<Change> {
        let mut back = made(self.home.group(self.before, name), || {
            Change::DeleteNodeGroup {
                name: name.to_owned(),
            }
        });
        // EKS leaves the entry that it made for the group.
        if !back.is_empty() && super::apply::makes_entry(self.before, self.home, node_role) {
            back.push(Change::DeleteAccessEntry {
                principal: node_role.to_owned(),
            });
        }
        back
    }

    fn delete_group(&self, name: &str) -> Result<Vec<Change>, CannotUndo> {
        match self.home.group(self.before, name) {
            Found::Nowhere => Ok(Vec::new()),
            // Its launch settings are more than a snapshot holds.
            _ => Err(CannotUndo::OneWay(format!(
                "the deletion of node group `{name}`"
            ))),
        }
    }

    fn identity(&self, change: &Change) -> Result<Vec<Change>, CannotUndo> {
        let Change::SetNodeClassIdentity { kind, name, .. } = change else {
            return Ok(Vec::new());
        };
        let what = || format!("how {kind} `{name}` named its role");
        let place = self.home.class(self.before, *kind, name).place();
        let class = place.and_then(|place| self.before.node_classes.get(place));
        let class = class.ok_or_else(|| unknown(what()))?;
        let old = Change::SetNodeClassIdentity {
            kind: *kind,
            name: name.clone(),
            role: self.text(&class.role, what)?,
            instance_profile: self.text(&class.instance_profile, what)?,
        };
        Ok(if old == *change {
            Vec::new()
        } else {
            vec![old]
        })
    }

    fn class_ref(&self, name: &str) -> Result<Vec<Change>, CannotUndo> {
        let what = || format!("which class NodePool `{name}` named");
        let place = self.home.pool(self.before, name).place();
        let pool = place.and_then(|place| self.before.node_pools.get(place));
        let pool = pool.ok_or_else(|| unknown(what()))?;
        Ok(vec![Change::SetNodeClassRef {
            pool: name.to_owned(),
            class: known(&pool.node_class_ref, what)?,
        }])
    }

    fn mapping(&self, change: &Change) -> Result<Vec<Change>, CannotUndo> {
        let what = || "what was in the aws-auth ConfigMap".to_owned();
        let mappings = match self.home.aws_auth(self.before) {
            Found::Nowhere => Vec::new(),
            found => {
                let place = found.place();
                let map = place.and_then(|place| self.before.aws_auth.get(place));
                known(&map.ok_or_else(|| unknown(what()))?.map_roles, what)?
            }
        };
        let of = |role_arn: &str| self.home.mappings(&mappings, role_arn);
        Ok(match change {
            Change::MapRole { role_arn, .. } => match of(role_arn) {
                Some(places) if !places.is_empty() => Vec::new(),
                _ => vec![Change::UnmapRole {
                    role_arn: role_arn.clone(),
                }],
            },
            Change::UnmapRole { role_arn } => {
                let places = of(role_arn).ok_or_else(|| unknown(what()))?;
                let removed = places.iter().filter_map(|place| mappings.get(*place));
                let back: Result<Vec<Change>, CannotUndo> = removed
                    .map(|mapping| {
                        Ok(Change::MapRole {
                            role_arn: known(&mapping.role_arn, what)?,
                            username: known(&mapping.username, what)?,
                            groups: known(&mapping.groups, what)?,
                        })
                    })
                    .collect();
                back?
            }
            Change::RemapRole { from, to } => match of(from) {
                Some(places) if !places.is_empty() && from != to => vec![Change::RemapRole {
                    from: to.clone(),
                    to: from.clone(),
                }],
                _ => Vec::new(),
            },
            _ => Vec::new(),
        })
    }

    fn role(&self, name: &str) -> Result<&crate::Role, CannotUndo> {
        let place = self.home.role(self.before, name).place();
        let role = place.and_then(|place| self.before.roles.get(place));
        role.ok_or_else(|| unknown(format!("role `{name}`")))
    }

    fn of_iam(&self, change: &Change) -> Result<Vec<Change>, CannotUndo> {
        Ok(match change {
            Change::CreateRole(role) => made(self.home.role(self.before, &role.name), || {
                Change::DeleteRole {
                    name: role.name.clone(),
                }
            }),
            Change::DeleteRole { name } => match self.home.role(self.before, name) {
                Found::Nowhere => Vec::new(),
                // Whatever is bound to its unique id would not know the new one.
                _ => {
                    return Err(CannotUndo::OneWay(format!(
                        "the deletion of role `{name}`: one made again is another role"
                    )));
                }
            },
            Change::SetTrust { role, document } => {
                let found = self.role(role)?;
                let old = self.home.whole(&found.trust);
                let old = old.ok_or_else(|| unknown(format!("the trust policy of `{role}`")))?;
                let is_same = found
                    .trust
                    .value()
                    .is_some_and(|trust| self.home.is_document(trust, document) == Some(true));
                match is_same {
                    true => Vec::new(),
                    false => vec![Change::SetTrust {
                        role: role.clone(),
                        document: old,
                    }],
                }
            }
            Change::AttachPolicy { role, policy_arn } => {
                match self.is_attached(role, policy_arn)? {
                    true => Vec::new(),
                    false => vec![Change::DetachPolicy {
                        role: role.clone(),
                        policy_arn: policy_arn.clone(),
                    }],
                }
            }
            Change::DetachPolicy { role, policy_arn } => {
                match self.is_attached(role, policy_arn)? {
                    true => vec![Change::AttachPolicy {
                        role: role.clone(),
                        policy_arn: policy_arn.clone(),
                    }],
                    false => Vec::new(),
                }
            }
            Change::PutInlinePolicy { role, name, .. } => {
                vec![
                    self.inline(role, name)?
                        .unwrap_or_else(|| Change::DeleteInlinePolicy {
                            role: role.clone(),
                            name: name.clone(),
                        }),
                ]
            }
            Change::DeleteInlinePolicy { role, name } => {
                self.inline(role, name)?.into_iter().collect()
            }
            Change::AddRoleToInstanceProfile { profile, role } => match self.role_in(profile)? {
                None => vec![Change::RemoveRoleFromInstanceProfile {
                    profile: profile.clone(),
                    role: role.clone(),
                }],
                Some(_) => Vec::new(),
            },
            Change::RemoveRoleFromInstanceProfile { profile, role } => {
                let inside = self.role_in(profile)?;
                let inside = inside.filter(|inside| self.home.is_text(inside, role));
                let back = inside.map(|role| Change::AddRoleToInstanceProfile {
                    profile: profile.clone(),
                    role,
                });
                back.into_iter().collect()
            }
            _ => Vec::new(),
        })
    }

    fn is_attached(&self, name: &str, policy_arn: &str) -> Result<bool, CannotUndo> {
        let what = || format!("whether {policy_arn} was attached to `{name}`");
        let role = self.role(name)?;
        match self.home.attached(self.before, role, policy_arn) {
            Found::At(_) => Ok(true),
            Found::Nowhere if role.policies_complete.is_complete() => Ok(false),
            Found::Nowhere | Found::Unclear => Err(unknown(what())),
        }
    }

    /// What puts an inline policy back, under its name as it was written; `None` where there was none.
    fn inline(&self, name: &str, policy: &str) -> Result<Option<Change>, CannotUndo> {
        let what = || format!("inline policy `{policy}` of `{name}`");
        let role = self.role(name)?;
        let found = inline(role, policy);
        if found == Found::Nowhere && role.policies_complete.is_complete() {
            return Ok(None);
        }
        let place = found.place();
        let old = place.and_then(|place| role.inline_policies.get(place));
        let put = old.and_then(|old| {
            Some(Change::PutInlinePolicy {
                role: name.to_owned(),
                name: old.name.clone(),
                document: self.home.whole(&old.document)?,
            })
        });
        put.map(Some).ok_or_else(|| unknown(what()))
    }

    fn role_in(&self, name: &str) -> Result<Option<String>, CannotUndo> {
        let what = || format!("the role in instance profile `{name}`");
        let place = self.home.profile(self.before, name).place();
        let profile = place.and_then(|place| self.before.instance_profiles.get(place));
        let profile = profile.ok_or_else(|| unknown(what()))?;
        let inside = self.home.role_in(self.before, profile);
        inside.ok_or_else(|| unknown(what()))
    }
}
