//! Ways back from changes of the cluster, its node groups and its objects.

use super::{CannotUndo, Undo, known, made, unknown};
use crate::Change;
use crate::change::apply::{leads_to_mode, makes_entry};
use crate::change::find::Found;

impl Undo<'_> {
    pub(super) fn cluster(&self, change: &Change) -> Result<Vec<Change>, CannotUndo> {
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

    pub(super) fn create_group(&self, name: &str, node_role: &str) -> Vec<Change> {
        let mut back = made(self.home.group(self.before, name), || {
            Change::DeleteNodeGroup {
                name: name.to_owned(),
            }
        });
        // EKS leaves the entry that it made for the group.
        if !back.is_empty() && makes_entry(self.before, self.home, node_role) {
            back.push(Change::DeleteAccessEntry {
                principal: node_role.to_owned(),
            });
        }
        back
    }

    pub(super) fn delete_group(&self, name: &str) -> Result<Vec<Change>, CannotUndo> {
        match self.home.group(self.before, name) {
            Found::Nowhere => Ok(Vec::new()),
            // Its launch settings are more than a snapshot holds.
            _ => Err(CannotUndo::OneWay(format!(
                "the deletion of node group `{name}`"
            ))),
        }
    }

    pub(super) fn identity(&self, change: &Change) -> Result<Vec<Change>, CannotUndo> {
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

    pub(super) fn class_ref(&self, name: &str) -> Result<Vec<Change>, CannotUndo> {
        let what = || format!("which class NodePool `{name}` named");
        let place = self.home.pool(self.before, name).place();
        let pool = place.and_then(|place| self.before.node_pools.get(place));
        let pool = pool.ok_or_else(|| unknown(what()))?;
        Ok(vec![Change::SetNodeClassRef {
            pool: name.to_owned(),
            class: known(&pool.node_class_ref, what)?,
        }])
    }

    pub(super) fn mapping(&self, change: &Change) -> Result<Vec<Change>, CannotUndo> {
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
}
