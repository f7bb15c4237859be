//! Hybrid nodes: machines outside AWS (EKS User Guide, "Amazon EKS Hybrid Nodes overview").
//!
//! Nothing in the cluster names the role that they come with; it can only be found among the entries
//! of type `HYBRID_LINUX`, and the list of entries tells no types.

use std::collections::BTreeSet;

use rolecall_facts::{AccessEntry, Fact, Origin, Principal};

use super::{Note, Reader, together};
use crate::missing::Missing;

/// So many entries are looked at; a cluster with hybrid nodes has one or two of them.
const MOST: usize = 30;

/// What became of the entries that were looked at.
pub(super) struct ToldHybrid {
    entries: Vec<(String, Result<AccessEntry, Missing>)>,
    /// How many there were to look at.
    of: usize,
}

impl Reader<'_> {
    /// Looks for the entries of hybrid nodes among those that no other node's role explains.
    pub(super) async fn hybrid_entries(
        &self,
        principals: &Result<Vec<String>, Missing>,
    ) -> Option<ToldHybrid> {
        if self.hybrid_nodes == 0 && !self.takes_hybrid_nodes {
            return None;
        }
        let principals = principals.as_ref().ok()?;
        let known: BTreeSet<String> = self
            .role_names()
            .into_iter()
            .map(|name| name.to_ascii_lowercase())
            .collect();
        let mut asked: Vec<String> = principals
            .iter()
            .filter(|text| {
                let principal = Principal::parse(text);
                let role = principal.as_role();
                role.is_some_and(|role| {
                    // Types of nodes take roles of the cluster's own account only, and none of AWS's.
                    let same_account = self.account.is_none() || role.account == self.account;
                    let of_aws = role.path.as_str().starts_with("/aws-service-role/");
                    let name = role.name.as_str().to_ascii_lowercase();
                    same_account && !of_aws && !known.contains(&name)
                })
            })
            .cloned()
            .collect();
        asked.sort();
        let of = asked.len();
        asked.truncate(MOST);
        let reads = asked.into_iter().map(|principal| {
            let eks = self.eks.clone();
            async move {
                let entry = eks.entry(&principal).await;
                (principal, entry)
            }
        });
        Some(ToldHybrid {
            entries: together(reads).await,
            of,
        })
    }

    /// Takes the entries of hybrid nodes; gives the names of their roles.
    pub(super) fn take_hybrid(&mut self, told: Option<ToldHybrid>) -> BTreeSet<String> {
        let Some(told) = told else {
            return BTreeSet::new();
        };
        let looked_at = told.entries.len();
        let mut names = BTreeSet::new();
        for (principal, entry) in told.entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(missing) => {
                    let origin = Origin::api("eks:DescribeAccessEntry", &principal);
                    self.note(&origin, &missing);
                    continue;
                }
            };
            let is_hybrid = matches!(
                &entry.entry_type,
                Fact::Known { value, .. } if value.eq_ignore_ascii_case("HYBRID_LINUX")
            );
            if is_hybrid {
                let principal = Principal::parse(&principal);
                names.extend(
                    principal
                        .as_role()
                        .map(|role| role.name.as_str().to_owned()),
                );
                self.snapshot.access_entries.push(entry);
            }
        }
        let nodes = match self.hybrid_nodes {
            0 => "the cluster takes hybrid nodes".to_owned(),
            1 => "the cluster has a hybrid node".to_owned(),
            nodes => format!("the cluster has {nodes} hybrid nodes"),
        };
        let looked = match told.of {
            of if of > looked_at => format!("the first {looked_at} of {of} other entries"),
            of => format!("{of} other entries"),
        };
        let found = match names.len() {
            0 => "none is of type HYBRID_LINUX".to_owned(),
            _ => format!(
                "those of type HYBRID_LINUX are of {}",
                names.iter().cloned().collect::<Vec<_>>().join(", ")
            ),
        };
        self.notes.push(Note {
            message: format!("{nodes}: {looked} were looked at; {found}"),
            help: "chains are drawn of node pools and node groups, not of hybrid nodes; `aws eks \
                   describe-access-entry` shows what their role's entry is"
                .to_owned(),
        });
        names
    }
}
