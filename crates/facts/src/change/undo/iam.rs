//! Ways back from changes of roles, policies and instance profiles.

use super::{CannotUndo, Undo, made, unknown};
use crate::Change;
use crate::change::find::{Found, inline};

impl Undo<'_> {
    pub(super) fn role(&self, name: &str) -> Result<&crate::Role, CannotUndo> {
        let place = self.home.role(self.before, name).place();
        let role = place.and_then(|place| self.before.roles.get(place));
        role.ok_or_else(|| unknown(format!("role `{name}`")))
    }

    pub(super) fn of_iam(&self, change: &Change) -> Result<Vec<Change>, CannotUndo> {
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

    pub(super) fn is_attached(&self, name: &str, policy_arn: &str) -> Result<bool, CannotUndo> {
        let what = || format!("whether {policy_arn} was attached to `{name}`");
        let role = self.role(name)?;
        match self.home.attached(self.before, role, policy_arn) {
            Found::At(_) => Ok(true),
            Found::Nowhere if role.policies_complete.is_complete() => Ok(false),
            Found::Nowhere | Found::Unclear => Err(unknown(what())),
        }
    }

    /// What puts an inline policy back, under its name as it was written; `None` where there was none.
    pub(super) fn inline(&self, name: &str, policy: &str) -> Result<Option<Change>, CannotUndo> {
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

    pub(super) fn role_in(&self, name: &str) -> Result<Option<String>, CannotUndo> {
        let what = || format!("the role in instance profile `{name}`");
        let place = self.home.profile(self.before, name).place();
        let profile = place.and_then(|place| self.before.instance_profiles.get(place));
        let profile = profile.ok_or_else(|| unknown(what()))?;
        let inside = self.home.role_in(self.before, profile);
        inside.ok_or_else(|| unknown(what()))
    }
}
