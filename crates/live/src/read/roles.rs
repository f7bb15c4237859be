//! The roles in question: those that nodes are to have, the cluster's own, and Karpenter's.

use std::collections::{BTreeMap, BTreeSet};

use rolecall_facts::{InstanceProfile, ManagedPolicy, NodeGroup, Origin, Principal, Reference};

use super::{Reader, together};
use crate::iam::{Iam, RoleRead};
use crate::missing::Missing;

type Answer<T> = Result<T, (Origin, Missing)>;

/// Roles by the names they were asked for.
pub(super) type NamedRoles = Vec<(String, Answer<RoleRead>)>;

/// Roles and profiles as IAM told them.
pub(super) struct ToldRoles {
    profiles: Vec<(String, Answer<InstanceProfile>)>,
    roles: NamedRoles,
}

impl Reader<'_> {
    pub(super) async fn node_groups(&self) -> Result<Vec<(NodeGroup, Option<Missing>)>, Missing> {
        let names = self.eks.node_group_names().await?;
        let wanted = names.into_iter().filter(|name| self.wants(name));
        let groups = wanted.map(|name| {
            let eks = self.eks.clone();
            async move { eks.node_group(&name).await }
        });
        Ok(together(groups).await)
    }

    pub(super) fn take_groups(
        &mut self,
        groups: Result<Vec<(NodeGroup, Option<Missing>)>, Missing>,
    ) {
        match groups {
            Ok(groups) => {
                for (group, missing) in groups {
                    if let Some(missing) = missing {
                        self.note(&group.origin.clone(), &missing);
                    }
                    self.snapshot.node_groups.push(group);
                }
            }
            Err(missing) => {
                let origin = Origin::api("eks:ListNodegroups", &self.question.cluster);
                self.note(&origin, &missing);
            }
        }
    }

    /// Reads the profiles first, as each names a role.
    pub(super) async fn roles(&self) -> ToldRoles {
        let profiles = self.profile_names().into_iter().map(|name| {
            let iam = self.iam.clone();
            async move {
                let answer = iam.instance_profile(&name).await;
                (name, answer)
            }
        });
        let profiles = together(profiles).await;
        let mut names = self.role_names();
        names.extend(profiles.iter().filter_map(|(_, answer)| {
            let profile = answer.as_ref().ok()?;
            role_name(profile.role.as_ref()?)
        }));
        let roles = self.roles_named(names).await;
        ToldRoles { profiles, roles }
    }

    /// Reads roles by name.
    pub(super) async fn roles_named(&self, names: BTreeSet<String>) -> NamedRoles {
        // IAM does not tell names apart by case.
        let names: BTreeMap<String, String> = names
            .into_iter()
            .map(|name| (name.to_ascii_lowercase(), name))
            .collect();
        let roles = names.into_values().map(|name| {
            let iam = self.iam.clone();
            async move {
                let answer = iam.role(&name).await;
                (name, answer)
            }
        });
        together(roles).await
    }

    fn profile_names(&self) -> BTreeSet<String> {
        let classes = self.snapshot.node_classes.iter();
        let classes = classes.filter_map(|class| class.instance_profile.as_ref());
        let groups = self.snapshot.node_groups.iter();
        let groups = groups.filter_map(|group| group.instance_profile.as_ref());
        let names = classes.chain(groups).filter_map(|name| name.value.value());
        // One that is given as an ARN is a finding of its own; its name is what follows the path.
        names
            .filter_map(|name| name.rsplit('/').next())
            .map(str::to_owned)
            .collect()
    }

    /// The names of roles that objects name.
    pub(super) fn role_names(&self) -> BTreeSet<String> {
        let snapshot = &self.snapshot;
        let mut names = self.node_role_names();
        names.extend(self.other_roles.iter().cloned());
        names.extend(
            snapshot
                .clusters
                .iter()
                .filter_map(|cluster| role_name(&cluster.role)),
        );
        names.extend(
            snapshot
                .pod_identities
                .iter()
                .filter_map(|identity| role_name(&identity.role)),
        );
        names
    }

    /// The names of roles that nodes are to have.
    pub(super) fn node_role_names(&self) -> BTreeSet<String> {
        let snapshot = &self.snapshot;
        let classes = snapshot
            .node_classes
            .iter()
            .filter_map(|class| class.role.as_ref()?.value.value())
            .filter_map(|written| written.rsplit('/').next())
            .filter(|name| !name.is_empty() && !name.contains(':'))
            .map(str::to_owned);
        let groups = snapshot.node_groups.iter();
        let groups = groups.filter_map(|group| role_name(group.role.as_ref()?));
        let built_in = snapshot.clusters.iter();
        let built_in =
            built_in.filter_map(|cluster| role_name(cluster.compute.as_ref()?.node_role.as_ref()?));
        let mapped = super::hybrid::mapped_roles(snapshot);
        let profiles = snapshot.instance_profiles.iter();
        let profiles = profiles.filter_map(|profile| role_name(profile.role.as_ref()?));
        classes
            .chain(groups)
            .chain(built_in)
            .chain(profiles)
            .chain(mapped)
            .chain(self.question.roles.iter().cloned())
            .collect()
    }

    pub(super) fn take_roles(&mut self, told: ToldRoles) {
        for (name, answer) in told.profiles {
            match answer {
                Ok(profile) => self.snapshot.instance_profiles.push(profile),
                Err((origin, missing)) => {
                    self.note(&origin, &missing);
                    if let Some(why) = missing.why() {
                        let profile = Iam::opaque_profile(&name, self.account, &why);
                        self.snapshot.instance_profiles.push(profile);
                    }
                }
            }
        }
        self.take_named_roles(told.roles);
        // A role that may not be read stands among them with its path unknown, and a profile with its
        // role unknown, so a name that is not there was looked for and does not exist.
        self.snapshot.role_complete_accounts.extend(self.account);
        let profiles = &mut self.snapshot.instance_profile_complete_accounts;
        profiles.extend(self.account);
    }

    pub(super) fn take_named_roles(&mut self, roles: NamedRoles) {
        for (name, answer) in roles {
            match answer {
                Ok(read) => {
                    for (origin, missing) in &read.missing {
                        self.note(origin, missing);
                    }
                    self.account = self.account.or(read.role.account);
                    self.snapshot.roles.push(read.role);
                    self.to_read.extend(read.policies);
                }
                Err((origin, missing)) => {
                    self.note(&origin, &missing);
                    if let Some(why) = missing.why() {
                        let role = Iam::opaque_role(&name, self.account, &why);
                        self.snapshot.roles.push(role);
                    }
                }
            }
        }
    }

    pub(super) async fn own_policies(&self) -> Vec<(ManagedPolicy, Option<(Origin, Missing)>)> {
        let read = &self.snapshot.managed_policies;
        let is_read = |arn: &String| read.iter().any(|policy| policy.arn.value() == Some(arn));
        let to_read = self.to_read.iter().filter(|arn| !is_read(arn));
        let reads = to_read.cloned().map(|arn| {
            let iam = self.iam.clone();
            async move { iam.policy(&arn).await }
        });
        together(reads).await
    }

    pub(super) fn take_policies(
        &mut self,
        policies: Vec<(ManagedPolicy, Option<(Origin, Missing)>)>,
    ) {
        for (policy, missing) in policies {
            if let Some((origin, missing)) = missing {
                self.note(&origin, &missing);
            }
            self.snapshot.managed_policies.push(policy);
        }
    }
}

fn role_name(reference: &Reference<Principal>) -> Option<String> {
    let role = reference.value.value()?.as_role()?;
    Some(role.name.as_str().to_owned())
}
