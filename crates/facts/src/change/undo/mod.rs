mod access;
mod cluster;
mod iam;

use thiserror::Error;

use super::Change;
use super::find::{Found, Home};
use crate::{Fact, Reference, Snapshot};

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
}
