//! The access entries of the roles in question.

use std::collections::BTreeSet;

use rolecall_facts::{
    AccessEntry, AccessPolicyAssociation, Completeness, Fact, Origin, Principal, Why,
};

use super::{Reader, together};
use crate::eks::Eks;
use crate::missing::Missing;

/// What became of one principal's entry.
pub(super) struct ToldEntry {
    principal: String,
    entry: Result<AccessEntry, Missing>,
    /// `None` where the entry's type has none, or the entry could not be read.
    policies: Option<Result<Vec<AccessPolicyAssociation>, Missing>>,
}

/// The entries, and whether the cluster's list of them was told.
pub(super) struct ToldEntries {
    listed: Result<(), Missing>,
    entries: Vec<ToldEntry>,
}

impl Reader<'_> {
    /// Reads the entries that name a role in question, under whatever path. Where the list may not
    /// be read, each role's own ARN is asked for instead.
    pub(super) async fn entries(&self, principals: &Result<Vec<String>, Missing>) -> ToldEntries {
        let names: BTreeSet<String> = self
            .node_role_names()
            .into_iter()
            .map(|name| name.to_ascii_lowercase())
            .collect();
        let (listed, asked): (_, Vec<String>) = match principals {
            Ok(principals) => {
                let in_question = principals.iter().filter(|principal| {
                    let principal = Principal::parse(principal);
                    let role = principal.as_role();
                    role.is_some_and(|role| {
                        names.contains(&role.name.as_str().to_ascii_lowercase())
                    })
                });
                (Ok(()), in_question.cloned().collect())
            }
            Err(missing @ (Missing::CannotBe | Missing::Absent)) => {
                (Err(missing.clone()), Vec::new())
            }
            Err(missing) => {
                let roles = self.snapshot.roles.iter();
                let arns = roles.filter_map(|role| role.identity()?.ok()?.arn());
                let arns =
                    arns.filter(|arn| names.contains(&arn.name().as_str().to_ascii_lowercase()));
                (
                    Err(missing.clone()),
                    arns.map(|arn| arn.to_string()).collect(),
                )
            }
        };
        let reads = asked.into_iter().map(|principal| {
            let eks = self.eks.clone();
            async move { read_entry(&eks, principal).await }
        });
        ToldEntries {
            listed,
            entries: together(reads).await,
        }
    }

    pub(super) fn take_entries(&mut self, told: ToldEntries) {
        let mut complete = match &told.listed {
            Ok(()) | Err(Missing::CannotBe) => Completeness::Complete,
            Err(missing) => {
                let origin = Origin::api("eks:ListAccessEntries", &self.question.cluster);
                self.note(&origin, missing);
                self.answered_one_by_one(&told.entries, missing)
            }
        };
        let was_listed = told.listed.is_ok();
        for told in told.entries {
            if let Some(why) = self.take_entry(told, was_listed) {
                complete = Completeness::Partial(why);
            }
        }
        self.settle_cluster(Some(complete), None);
    }

    /// Without the list, absence is still told for each role whose own ARN was asked for.
    fn answered_one_by_one(&self, entries: &[ToldEntry], missing: &Missing) -> Completeness {
        let asked = |name: &str| {
            entries.iter().any(|told| {
                let principal = Principal::parse(&told.principal);
                let role = principal.as_role();
                role.is_some_and(|role| role.name.as_str().eq_ignore_ascii_case(name))
            })
        };
        let all = self.node_role_names().iter().all(|name| asked(name));
        match missing.why() {
            Some(why) if !all => Completeness::Partial(why),
            _ => Completeness::Complete,
        }
    }

    /// Takes one entry; gives why one may be there that is not known.
    fn take_entry(&mut self, told: ToldEntry, was_listed: bool) -> Option<Why> {
        let ToldEntry {
            principal,
            entry,
            policies,
        } = told;
        let mut entry = match entry {
            Ok(entry) => entry,
            Err(missing) => {
                let origin = Origin::api("eks:DescribeAccessEntry", &principal);
                self.note(&origin, &missing);
                // An entry that went since it was listed is no longer there.
                let why = missing.why()?;
                if was_listed {
                    let opaque = self.eks.opaque_entry(&principal, &why);
                    self.snapshot.access_entries.push(opaque);
                    return None;
                }
                return Some(why);
            }
        };
        match policies {
            None | Some(Err(Missing::Absent | Missing::CannotBe)) => {}
            Some(Ok(policies)) => self.snapshot.access_policies.extend(policies),
            Some(Err(missing)) => {
                let origin = Origin::api("eks:ListAssociatedAccessPolicies", &principal);
                self.note(&origin, &missing);
                if let Some(why) = missing.why() {
                    entry.policies_complete = Completeness::Partial(why);
                }
            }
        }
        self.snapshot.access_entries.push(entry);
        None
    }
}

async fn read_entry(eks: &Eks, principal: String) -> ToldEntry {
    let entry = eks.entry(&principal).await;
    let has_policies = entry.as_ref().is_ok_and(|entry| match &entry.entry_type {
        Fact::Known { value, .. } => may_have_policies(value),
        Fact::Unknown { .. } => true,
    });
    let policies = if has_policies {
        Some(eks.policies(&principal).await)
    } else {
        None
    };
    ToldEntry {
        principal,
        entry,
        policies,
    }
}

/// Whether an entry of this type can have access policies: asked for the others, EKS answers that
/// only `STANDARD` ones can (aws-controllers-k8s/community#2144), but those of Auto Mode's nodes need
/// one (EKS User Guide, "Create node class access entry").
fn may_have_policies(entry_type: &str) -> bool {
    ["STANDARD", "EC2"]
        .iter()
        .any(|kind| entry_type.eq_ignore_ascii_case(kind))
}
