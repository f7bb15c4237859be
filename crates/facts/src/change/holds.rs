use super::find::{Found, Home, inline};
use super::{Change, NewAccessEntry, NewRole};
use crate::{AccessEntry, AccessScope, Fact, Principal, Reference, Snapshot};

impl Change {
    /// Whether a snapshot shows the change as made; `None` where it does not tell.
    ///
    /// It does not tell of what is not in it where its list may be incomplete. Roles, instance profiles,
    /// node classes, pools and groups are there only as far as they were asked for or given, so of one
    /// that is not there it never tells. The tags of an entry and of a role are not compared, and an
    /// entry that is older than its role is not one that was made for it.
    #[must_use]
    pub fn holds(&self, snapshot: &Snapshot) -> Option<bool> {
        let home = Home::of(snapshot);
        if home.several && !self.is_of_iam() {
            return None;
        }
        let look = Look {
            snapshot,
            home: &home,
        };
        match self {
            Self::CreateAccessEntry(entry) => look.entry_as(entry),
            Self::DeleteAccessEntry { principal } => Some(!look.has_entry(principal)?),
            Self::AssociateAccessPolicy {
                principal,
                policy_arn,
                scope,
            } => look.association(principal, policy_arn, Some(scope)),
            Self::DisassociateAccessPolicy {
                principal,
                policy_arn,
            } => Some(!look.association(principal, policy_arn, None)?),
            Self::SetAuthenticationMode { mode } => {
                let cluster = snapshot.clusters.get(home.cluster?)?;
                Some(cluster.authentication_mode.value()? == mode)
            }
            Self::SetComputeConfig {
                enabled,
                node_pools,
                node_role,
            } => look.compute(*enabled, node_pools, node_role.as_deref()),
            Self::CreateNodeGroup { name, node_role } => look.group(name, node_role),
            Self::DeleteNodeGroup { name } => match home.group(snapshot, name) {
                Found::At(_) => Some(false),
                Found::Nowhere | Found::Unclear => None,
            },
            Self::SetNodeClassIdentity {
                kind,
                name,
                role,
                instance_profile,
            } => {
                let class = home.class(snapshot, *kind, name).place()?;
                let class = snapshot.node_classes.get(class)?;
                both(
                    look.names(class.role.as_ref(), role.as_deref()),
                    look.names(class.instance_profile.as_ref(), instance_profile.as_deref()),
                )
            }
            Self::SetNodeClassRef { pool, class } => {
                let pool = home.pool(snapshot, pool).place()?;
                let pool = snapshot.node_pools.get(pool)?;
                Some(pool.node_class_ref.value()? == class)
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
    snapshot: &'a Snapshot,
    home: &'a Home,
}

/// Whether both hold: certainly not where one does not.
fn both(left: Option<bool>, right: Option<bool>) -> Option<bool> {
    match (left, right) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

/// Whether two lists hold the same, in whatever order.
fn same_items(left: &[String], right: &[String]) -> bool {
    left.len() == right.len() && left.iter().all(|item| right.contains(item))
}

impl Look<'_> {
    fn entry(&self, principal: &str) -> Option<Option<&AccessEntry>> {
        match self.home.entry(self.snapshot, principal) {
            Found::At(place) => Some(self.snapshot.access_entries.get(place)),
            Found::Nowhere if self.all_entries() => Some(None),
            Found::Nowhere | Found::Unclear => None,
        }
    }

    fn has_entry(&self, principal: &str) -> Option<bool> {
        self.entry(principal).map(|entry| entry.is_some())
    }

    /// Whether an entry that is not in the snapshot is not there.
    fn all_entries(&self) -> bool {
        let place = self.home.cluster;
        let cluster = place.and_then(|place| self.snapshot.clusters.get(place));
        cluster.is_some_and(|cluster| cluster.access_entries_complete.is_complete())
    }

    fn entry_as(&self, new: &NewAccessEntry) -> Option<bool> {
        let Some(entry) = self.entry(&new.principal)? else {
            return Some(false);
        };
        let kind = entry.entry_type.value();
        let kind = kind.map(|kind| kind.eq_ignore_ascii_case(&new.entry_type));
        let groups = match super::entry_type::takes_groups(&new.entry_type) {
            false => Some(true),
            true => entry
                .kubernetes_groups
                .value()
                .map(|groups| same_items(groups, &new.kubernetes_groups)),
        };
        let username = match (&new.username, &entry.username) {
            (None, _) => Some(true),
            (Some(wanted), Some(Fact::Known { value, .. })) => {
                Some(self.home.settled(value) == *wanted)
            }
            (Some(_), _) => None,
        };
        let alive = Some(!self.is_dead(entry, &new.principal));
        both(both(kind, groups), both(username, alive))
    }

    /// Whether an entry is certainly one of an earlier role of the name.
    fn is_dead(&self, entry: &AccessEntry, principal: &str) -> bool {
        let made_again = || {
            let principal = Principal::parse(principal);
            let name = principal.as_role()?.name.clone();
            let place = self.home.role(self.snapshot, name.as_str()).place()?;
            let role = self.snapshot.roles.get(place)?;
            Some(role.created_at? > entry.created_at?)
        };
        made_again().unwrap_or(false)
    }

    /// Whether a policy is associated, in this scope where one is given.
    fn association(
        &self,
        principal: &str,
        policy_arn: &str,
        scope: Option<&AccessScope>,
    ) -> Option<bool> {
        let Some(entry) = self.entry(principal)? else {
            return Some(false);
        };
        match self.home.association(self.snapshot, principal, policy_arn) {
            Found::At(place) => {
                let known = self.snapshot.access_policies.get(place)?;
                let Some(scope) = scope else {
                    return Some(true);
                };
                Some(match (known.scope.value()?, scope) {
                    (AccessScope::Namespaces(left), AccessScope::Namespaces(right)) => {
                        same_items(left, right)
                    }
                    (left, right) => left == right,
                })
            }
            Found::Nowhere if entry.policies_complete.is_complete() => Some(false),
            Found::Nowhere | Found::Unclear => None,
        }
    }

    fn compute(
        &self,
        enabled: bool,
        node_pools: &[String],
        node_role: Option<&str>,
    ) -> Option<bool> {
        let cluster = self.snapshot.clusters.get(self.home.cluster?)?;
        let Some(compute) = &cluster.compute else {
            return Some(!enabled && node_pools.is_empty() && node_role.is_none());
        };
        let role = match (&compute.node_role, node_role) {
            (None, wanted) => Some(wanted.is_none()),
            (Some(known), Some(wanted)) => {
                let known = known.value.value();
                known.map(|known| self.home.is_principal(known, &Principal::parse(wanted)))
            }
            (Some(_), None) => Some(false),
        };
        let pools = compute.node_pools.value();
        let pools = pools.map(|pools| same_items(pools, node_pools));
        let on = compute.enabled.value().map(|on| *on == enabled);
        both(both(on, pools), role)
    }

    fn group(&self, name: &str, node_role: &str) -> Option<bool> {
        let place = self.home.group(self.snapshot, name).place()?;
        let group = self.snapshot.node_groups.get(place)?;
        let role = group.role.as_ref()?.value.value()?;
        Some(self.home.is_principal(role, &Principal::parse(node_role)))
    }

    /// Whether a field of an object holds this text, or is not set.
    fn names(&self, known: Option<&Reference<String>>, wanted: Option<&str>) -> Option<bool> {
        match (known, wanted) {
            (None, wanted) => Some(wanted.is_none()),
            (Some(_), None) => Some(false),
            (Some(known), Some(wanted)) => {
                let text = self.home.settled(known.value.value()?);
                (text == wanted || !crate::symbol::may_equal(&text, wanted))
                    .then_some(text == wanted)
            }
        }
    }

    fn mapping(&self, change: &Change) -> Option<bool> {
        let place = self.home.cluster;
        let cluster = place.and_then(|place| self.snapshot.clusters.get(place));
        let mappings = match self.home.aws_auth(self.snapshot) {
            Found::At(place) => self
                .snapshot
                .aws_auth
                .get(place)?
                .map_roles
                .value()?
                .as_slice(),
            Found::Nowhere if cluster?.aws_auth_complete.is_complete() => &[],
            Found::Nowhere | Found::Unclear => return None,
        };
        let has = |role_arn: &str| Some(!self.home.mappings(mappings, role_arn)?.is_empty());
        match change {
            Change::UnmapRole { role_arn } => Some(!has(role_arn)?),
            Change::RemapRole { from, to } => match self.home.is_text(from, to) {
                true => has(to),
                false => both(has(from).map(|has| !has), has(to)),
            },
            Change::MapRole {
                role_arn,
                username,
                groups,
            } => {
                let places = self.home.mappings(mappings, role_arn)?;
                let mut any = Some(false);
                for mapping in places.iter().filter_map(|place| mappings.get(*place)) {
                    let name = mapping.username.value().map(|known| known == username);
                    let known = mapping.groups.value();
                    let fits = both(name, known.map(|known| same_items(known, groups)));
                    any = match (any, fits) {
                        (Some(true), _) | (_, Some(true)) => Some(true),
                        (Some(false), Some(false)) => Some(false),
                        _ => None,
                    };
                }
                any
            }
            _ => None,
        }
    }

    fn role(&self, name: &str) -> Option<&crate::Role> {
        let place = self.home.role(self.snapshot, name).place()?;
        self.snapshot.roles.get(place)
    }

    fn of_iam(&self, change: &Change) -> Option<bool> {
        match change {
            Change::CreateRole(new) => self.role_as(new),
            Change::DeleteRole { name } => self.role(name).map(|_| false),
            Change::SetTrust { role, document } => {
                let trust = self.role(role)?.trust.value()?;
                self.home.is_document(trust, document)
            }
            Change::AttachPolicy { role, policy_arn } => self.is_attached(role, policy_arn),
            Change::DetachPolicy { role, policy_arn } => Some(!self.is_attached(role, policy_arn)?),
            Change::PutInlinePolicy {
                role,
                name,
                document,
            } => {
                let role = self.role(role)?;
                match inline(role, name) {
                    Found::Nowhere => role.policies_complete.is_complete().then_some(false),
                    found => {
                        let known = role.inline_policies.get(found.place()?)?;
                        self.home.is_document(known.document.value()?, document)
                    }
                }
            }
            Change::DeleteInlinePolicy { role, name } => {
                let role = self.role(role)?;
                match inline(role, name) {
                    Found::Nowhere => role.policies_complete.is_complete().then_some(true),
                    Found::At(_) | Found::Unclear => Some(false),
                }
            }
            Change::AddRoleToInstanceProfile { profile, role } => self.is_in(profile, role),
            Change::RemoveRoleFromInstanceProfile { profile, role } => {
                Some(!self.is_in(profile, role)?)
            }
            _ => None,
        }
    }

    fn role_as(&self, new: &NewRole) -> Option<bool> {
        let role = self.role(&new.name)?;
        let trust = role.trust.value();
        let trust = trust.and_then(|trust| self.home.is_document(trust, &new.trust));
        let path = role.path.value().map(|path| *path == new.path);
        both(path, trust)
    }

    fn is_attached(&self, role: &str, policy_arn: &str) -> Option<bool> {
        let role = self.role(role)?;
        match self.home.attached(self.snapshot, role, policy_arn) {
            Found::At(_) => Some(true),
            Found::Nowhere => role.policies_complete.is_complete().then_some(false),
            Found::Unclear => None,
        }
    }

    fn is_in(&self, profile: &str, role: &str) -> Option<bool> {
        let place = self.home.profile(self.snapshot, profile).place()?;
        let profile = self.snapshot.instance_profiles.get(place)?;
        let inside = self.home.role_in(self.snapshot, profile)?;
        Some(inside.is_some_and(|inside| self.home.is_text(&inside, role)))
    }
}
