//! Putting things into IAM without a call: what files declare, and what services make.

use jiff::Timestamp;
use rolecall_arn::{AccountId, Partition};

use super::service_linked_roles::{self, LinkedService};
use super::{Iam, InstanceProfile, ManagedPolicy, OidcProvider, Role, User, key};
use crate::ids::Ids;

impl Iam {
    /// Puts a role. As with all these, an empty id and the time zero stand for absent ones, what is
    /// there is kept, and a thing of the same name in the same account is replaced.
    pub fn put_role(&mut self, ids: &Ids, now: Timestamp, mut role: Role) {
        fill(&mut role.id, || ids.unique("AROA", role.account));
        date(&mut role.created, now);
        self.roles.insert(&key(role.account, &role.name), role);
    }

    /// Puts a user.
    pub fn put_user(&mut self, ids: &Ids, now: Timestamp, mut user: User) {
        fill(&mut user.id, || ids.unique("AIDA", user.account));
        date(&mut user.created, now);
        self.users.insert(&key(user.account, &user.name), user);
    }

    /// Puts a customer managed policy.
    pub fn put_policy(&mut self, ids: &Ids, now: Timestamp, mut policy: ManagedPolicy) {
        policy.stamp(ids, now);
        self.policies
            .insert(&key(policy.account, &policy.name), policy);
    }

    /// Puts an instance profile. Its role need not be there yet.
    pub fn put_instance_profile(
        &mut self,
        ids: &Ids,
        now: Timestamp,
        mut profile: InstanceProfile,
    ) {
        fill(&mut profile.id, || ids.unique("AIPA", profile.account));
        date(&mut profile.created, now);
        self.instance_profiles
            .insert(&key(profile.account, &profile.name), profile);
    }

    /// Puts an OpenID Connect provider.
    pub fn put_oidc_provider(&mut self, now: Timestamp, mut provider: OidcProvider) {
        date(&mut provider.created, now);
        self.oidc_providers
            .insert(&key(provider.account, &provider.url), provider);
    }

    /// Makes the service-linked role of a service, such as `eks.amazonaws.com`, unless it is there,
    /// and gives its name. `None` when the sandbox knows no such service.
    pub fn put_service_linked_role(
        &mut self,
        partition: &Partition,
        ids: &Ids,
        now: Timestamp,
        account: AccountId,
        service: &str,
    ) -> Option<String> {
        let linked = LinkedService::named(service)?;
        if self.role(account, linked.role).is_none() {
            let role = service_linked_roles::new_role(partition, account, linked, None);
            self.put_role(ids, now, role);
        }
        Some(linked.role.to_owned())
    }

    /// All roles, of all accounts.
    pub fn all_roles(&self) -> impl Iterator<Item = &Role> {
        self.roles.range("", None).map(|(_, role)| role)
    }

    /// All customer managed policies, of all accounts.
    pub fn all_policies(&self) -> impl Iterator<Item = &ManagedPolicy> {
        self.policies.range("", None).map(|(_, policy)| policy)
    }

    /// All instance profiles, of all accounts.
    pub fn all_instance_profiles(&self) -> impl Iterator<Item = &InstanceProfile> {
        self.instance_profiles
            .range("", None)
            .map(|(_, profile)| profile)
    }

    /// The role with this ARN, path included: the same name under another path is not it.
    #[must_use]
    pub fn role_by_arn(&self, partition: &Partition, arn: &str) -> Option<&Role> {
        let mut fields = arn.splitn(6, ':');
        let account = fields.nth(4)?.parse().ok()?;
        let name = fields.next()?.strip_prefix("role/")?.rsplit('/').next()?;
        self.role(account, name)
            .filter(|role| role.arn(partition) == arn)
    }

    /// The role with this unique id. It looks at every role of the account its id is from.
    #[must_use]
    pub fn role_by_id(&self, account: AccountId, id: &str) -> Option<&Role> {
        let scope = key(account, "");
        self.roles
            .range(&scope, None)
            .map(|(_, role)| role)
            .find(|role| role.id == id)
    }

    /// The instance profile of a name, whatever its path and case.
    #[must_use]
    pub fn instance_profile(&self, account: AccountId, name: &str) -> Option<&InstanceProfile> {
        self.instance_profiles.get(&key(account, name))
    }

    /// The instance profiles a role is in.
    #[must_use]
    pub fn profiles_of(&self, account: AccountId, role: &str) -> Vec<&InstanceProfile> {
        let scope = key(account, "");
        self.instance_profiles
            .range(&scope, None)
            .map(|(_, profile)| profile)
            .filter(|profile| profile.holds(role))
            .collect()
    }

    /// Whether anything is known of an account.
    #[must_use]
    pub fn has_account(&self, account: AccountId) -> bool {
        let scope = key(account, "");
        self.users.range(&scope, None).next().is_some()
            || self.roles.range(&scope, None).next().is_some()
    }
}

impl ManagedPolicy {
    /// Fills in what is absent.
    pub(super) fn stamp(&mut self, ids: &Ids, now: Timestamp) {
        fill(&mut self.id, || ids.unique("ANPA", self.account));
        date(&mut self.created, now);
        date(&mut self.updated, self.created);
        let created = self.created;
        for version in self.versions.values_mut() {
            date(&mut version.created, created);
        }
        let highest = self.versions.keys().next_back().copied().unwrap_or(0);
        self.last_version = self.last_version.max(highest);
    }
}

fn fill(id: &mut String, make: impl FnOnce() -> String) {
    if id.is_empty() {
        *id = make();
    }
}

fn date(time: &mut Timestamp, now: Timestamp) {
    if *time == Timestamp::default() {
        *time = now;
    }
}
