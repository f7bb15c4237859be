//! Ways back from changes of access entries and their policies.

use std::collections::BTreeMap;

use super::{CannotUndo, Undo, known, unknown};
use crate::change::apply::is_there;
use crate::change::entry_type::{takes_groups, username};
use crate::change::find::Found;
use crate::{Change, NewAccessEntry, Tag};

impl Undo<'_> {
    pub(super) fn delete_entry(&self, principal: &str) -> Result<Vec<Change>, CannotUndo> {
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

    pub(super) fn tags(
        &self,
        tags: &[Tag],
        what: impl Fn() -> String,
    ) -> Result<BTreeMap<String, String>, CannotUndo> {
        tags.iter()
            .map(|tag| Ok((tag.key.clone(), known(&tag.value, &what)?)))
            .collect()
    }

    /// What associates a policy as it was.
    pub(super) fn associate(
        &self,
        principal: &str,
        place: usize,
    ) -> Result<Option<Change>, CannotUndo> {
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

    pub(super) fn association(
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
}
