//! Hybrid nodes: machines outside AWS (EKS User Guide, "Amazon EKS Hybrid Nodes overview").
//!
//! Nothing in the cluster names the role that they come with. It is found in `aws-auth`, or among the
//! entries of type `HYBRID_LINUX`; and the list of entries tells no types.

use std::collections::BTreeSet;

use rolecall_facts::{AccessEntry, AwsAuthRole, Origin, Principal, Snapshot};

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
                    let name = role.name.as_str();
                    let is_known = known.contains(&name.to_ascii_lowercase());
                    same_account && !of_aws && !is_known && self.wants(name)
                })
            })
            .cloned()
            .collect();
        // Whoever says so in the name comes first.
        asked.sort_by_key(|text| (!text.to_ascii_lowercase().contains("hybrid"), text.clone()));
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
            if entry.is_of_hybrid_nodes() {
                let principal = Principal::parse(&principal);
                names.extend(
                    principal
                        .as_role()
                        .map(|role| role.name.as_str().to_owned()),
                );
                self.snapshot.access_entries.push(entry);
            }
        }
        if self.question.pool.is_none() {
            let note = self.of_hybrid_nodes(looked_at, told.of, &names);
            self.notes.extend(note);
        }
        names
    }

    /// What is worth knowing of hybrid nodes beside their chains.
    fn of_hybrid_nodes(
        &self,
        looked_at: usize,
        of: usize,
        names: &BTreeSet<String>,
    ) -> Option<Note> {
        let nodes = match self.hybrid_nodes {
            0 => "the cluster takes hybrid nodes".to_owned(),
            1 => "the cluster has a hybrid node".to_owned(),
            nodes => format!("the cluster has {nodes} hybrid nodes"),
        };
        let cluster = &self.question.cluster;
        if looked_at < of {
            return Some(Note {
                message: format!(
                    "{nodes}, and of {of} other access entries the first {looked_at} were looked at \
                     for their roles"
                ),
                help:
                    "name the role of hybrid nodes with `--pool ROLE` to have its entry looked at"
                        .to_owned(),
            });
        }
        let is_mapped = mapped_roles(&self.snapshot).next().is_some();
        (names.is_empty() && !is_mapped).then(|| Note {
            message: format!(
                "{nodes}, and nothing lets their role in: no access entry is of type HYBRID_LINUX, and \
                 aws-auth maps no role to {}",
                AwsAuthRole::HYBRID_USERNAME
            ),
            help: format!(
                "`aws eks create-access-entry --cluster-name {cluster} --type HYBRID_LINUX \
                 --principal-arn ROLE_ARN`, with the role of their activation or profile"
            ),
        })
    }
}

/// The roles that `aws-auth` maps for hybrid nodes, by name.
pub(super) fn mapped_roles(snapshot: &Snapshot) -> impl Iterator<Item = String> {
    let maps = snapshot.aws_auth.iter();
    let mappings = maps.filter_map(|aws_auth| aws_auth.map_roles.value());
    let of_hybrid = mappings.flatten();
    let of_hybrid = of_hybrid.filter(|mapping| mapping.is_of_hybrid_nodes());
    of_hybrid.filter_map(|mapping| {
        let principal = Principal::parse(mapping.role_arn.value()?);
        Some(principal.as_role()?.name.as_str().to_owned())
    })
}
