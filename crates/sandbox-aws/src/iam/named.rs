//! What roles, users, policies, profiles and providers have in common: they are found by one
//! parameter, authorised by their ARN, and carry tags.

use std::collections::BTreeMap;

use rolecall_arn::{AccountId, Partition};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::checks::Checks;
use super::failures::{
    invalid_input, no_policy, no_profile, no_role, no_such_entity, no_user, protected_role,
};
use super::{Iam, InstanceProfile, ManagedPolicy, OidcProvider, Role, User, key, policies};
use crate::authorize::Ask;
use crate::call::Call;
use crate::failure::Failure;
use crate::state::State;
use crate::table::Table;

pub(super) type Tags = BTreeMap<String, String>;

/// Something IAM keeps and calls name.
pub(super) trait Named: Clone + Serialize + DeserializeOwned + 'static {
    /// The parameter that names it.
    const PARAMETER: &'static str;

    fn table(iam: &Iam) -> &Table<Self>;
    fn table_mut(iam: &mut Iam) -> &mut Table<Self>;
    fn arn(&self, partition: &Partition) -> String;
    fn tags(&self) -> &Tags;
    fn tags_mut(&mut self) -> &mut Tags;

    /// Checks the parameter.
    fn check(checks: Checks<'_>) -> Checks<'_>;

    /// What the parameter points at.
    fn address(state: &State, account: AccountId, named: &str) -> Result<Address, Failure>;

    /// The error when there is none.
    fn missing(named: &str) -> Failure;

    /// The permissions boundary, of those that can have one.
    fn boundary(&self) -> Option<&str> {
        None
    }

    /// Whether it belongs to AWS itself, so that no account may change it.
    fn is_of_aws(_named: &str) -> bool {
        false
    }

    /// The refusal of changes by anybody but AWS.
    fn protected(&self) -> Option<Failure> {
        None
    }
}

/// Where something is kept, and how authorisation speaks of it.
pub(super) struct Address {
    pub(super) key: String,
    /// Whether only a thing with exactly this ARN is meant: the same name under another path is not.
    exact: bool,
    /// The ARN that is asked about when there is no such thing.
    pub(super) arn: String,
    /// How a denial names it: `role NodeRole`, without the path.
    pub(super) spoken: String,
}

impl Address {
    fn means<T: Named>(&self, state: &State, row: &T) -> bool {
        !self.exact || row.arn(&state.partition) == self.arn
    }
}

/// The ARN of a thing nobody knows the path of.
pub(super) fn bare_arn(state: &State, account: AccountId, kind: &str, name: &str) -> String {
    format!("arn:{}:iam::{account}:{kind}/{name}", state.partition)
}

/// The key of what an ARN names in the account, or one that nothing has.
fn key_of_own(arn: &str, prefix: &str, account: AccountId, name: &str) -> String {
    if arn.starts_with(prefix) {
        key(account, name)
    } else {
        String::new()
    }
}

fn by_name(state: &State, account: AccountId, kind: &str, spoken: &str, name: &str) -> Address {
    Address {
        key: key(account, name),
        exact: false,
        arn: bare_arn(state, account, kind, name),
        spoken: format!("{spoken} {name}"),
    }
}

impl Named for Role {
    const PARAMETER: &'static str = "RoleName";

    fn table(iam: &Iam) -> &Table<Self> {
        &iam.roles
    }
    fn table_mut(iam: &mut Iam) -> &mut Table<Self> {
        &mut iam.roles
    }
    fn arn(&self, partition: &Partition) -> String {
        self.arn(partition)
    }
    fn tags(&self) -> &Tags {
        &self.tags
    }
    fn tags_mut(&mut self) -> &mut Tags {
        &mut self.tags
    }
    fn check(checks: Checks<'_>) -> Checks<'_> {
        checks.name(Self::PARAMETER, 64)
    }
    fn address(state: &State, account: AccountId, named: &str) -> Result<Address, Failure> {
        Ok(by_name(state, account, "role", "role", named))
    }
    fn missing(named: &str) -> Failure {
        no_role(named)
    }
    fn boundary(&self) -> Option<&str> {
        self.boundary.as_deref()
    }
    fn protected(&self) -> Option<Failure> {
        self.is_service_linked().then(|| protected_role(&self.name))
    }
}

impl Named for User {
    const PARAMETER: &'static str = "UserName";

    fn table(iam: &Iam) -> &Table<Self> {
        &iam.users
    }
    fn table_mut(iam: &mut Iam) -> &mut Table<Self> {
        &mut iam.users
    }
    fn arn(&self, partition: &Partition) -> String {
        self.arn(partition)
    }
    fn tags(&self) -> &Tags {
        &self.tags
    }
    fn tags_mut(&mut self) -> &mut Tags {
        &mut self.tags
    }
    fn check(checks: Checks<'_>) -> Checks<'_> {
        checks.name(Self::PARAMETER, 128)
    }
    fn address(state: &State, account: AccountId, named: &str) -> Result<Address, Failure> {
        Ok(by_name(state, account, "user", "user", named))
    }
    fn missing(named: &str) -> Failure {
        no_user(named)
    }
    fn boundary(&self) -> Option<&str> {
        self.boundary.as_deref()
    }
}

impl Named for InstanceProfile {
    const PARAMETER: &'static str = "InstanceProfileName";

    fn table(iam: &Iam) -> &Table<Self> {
        &iam.instance_profiles
    }
    fn table_mut(iam: &mut Iam) -> &mut Table<Self> {
        &mut iam.instance_profiles
    }
    fn arn(&self, partition: &Partition) -> String {
        self.arn(partition)
    }
    fn tags(&self) -> &Tags {
        &self.tags
    }
    fn tags_mut(&mut self) -> &mut Tags {
        &mut self.tags
    }
    fn check(checks: Checks<'_>) -> Checks<'_> {
        checks.name(Self::PARAMETER, 128)
    }
    fn address(state: &State, account: AccountId, named: &str) -> Result<Address, Failure> {
        let (kind, spoken) = ("instance-profile", "instance profile");
        Ok(by_name(state, account, kind, spoken, named))
    }
    fn missing(named: &str) -> Failure {
        no_profile(named)
    }
}

impl Named for ManagedPolicy {
    const PARAMETER: &'static str = "PolicyArn";

    fn table(iam: &Iam) -> &Table<Self> {
        &iam.policies
    }
    fn table_mut(iam: &mut Iam) -> &mut Table<Self> {
        &mut iam.policies
    }
    fn arn(&self, partition: &Partition) -> String {
        self.arn(partition)
    }
    fn tags(&self) -> &Tags {
        &self.tags
    }
    fn tags_mut(&mut self) -> &mut Tags {
        &mut self.tags
    }
    fn check(checks: Checks<'_>) -> Checks<'_> {
        checks.arn(Self::PARAMETER)
    }
    fn address(state: &State, account: AccountId, named: &str) -> Result<Address, Failure> {
        let name = named.rsplit('/').next().unwrap_or_default();
        let prefix = bare_arn(state, account, "policy", "");
        Ok(Address {
            key: key_of_own(named, &prefix, account, name),
            exact: true,
            arn: named.to_owned(),
            spoken: format!("policy {named}"),
        })
    }
    fn missing(named: &str) -> Failure {
        no_policy(named)
    }
    fn is_of_aws(named: &str) -> bool {
        policies::is_of_aws(named)
    }
}

impl Named for OidcProvider {
    const PARAMETER: &'static str = "OpenIDConnectProviderArn";

    fn table(iam: &Iam) -> &Table<Self> {
        &iam.oidc_providers
    }
    fn table_mut(iam: &mut Iam) -> &mut Table<Self> {
        &mut iam.oidc_providers
    }
    fn arn(&self, partition: &Partition) -> String {
        self.arn(partition)
    }
    fn tags(&self) -> &Tags {
        &self.tags
    }
    fn tags_mut(&mut self) -> &mut Tags {
        &mut self.tags
    }
    fn check(checks: Checks<'_>) -> Checks<'_> {
        checks.arn(Self::PARAMETER)
    }
    fn address(state: &State, account: AccountId, named: &str) -> Result<Address, Failure> {
        let prefix = bare_arn(state, account, "oidc-provider", "");
        let url = named
            .split_once(":oidc-provider/")
            .map(|(_, url)| url)
            .ok_or_else(|| invalid_input(format!("ARN {named} is not valid.")))?;
        Ok(Address {
            key: key_of_own(named, &prefix, account, url),
            exact: true,
            arn: named.to_owned(),
            spoken: named.to_owned(),
        })
    }
    fn missing(named: &str) -> Failure {
        no_such_entity(format!("OpenIDConnect Provider not found for arn {named}"))
    }
}

/// Authorises a reading call and finds what it names, as callers see it.
pub(super) fn read<'s, T: Named>(state: &'s State, call: &Call<'_>) -> Result<&'s T, Failure> {
    let named = call.parameters.required(T::PARAMETER)?;
    let address = T::address(state, call.account(), named)?;
    let row = T::table(&state.iam)
        .seen(&address.key)
        .filter(|row| address.means(state, *row));
    authorize(state, call, &address, row, |ask| ask)?;
    row.ok_or_else(|| T::missing(named))
}

/// Authorises a changing call and gives the key of what it names. `more` adds condition keys.
pub(super) fn write<T: Named>(
    state: &State,
    call: &Call<'_>,
    more: impl FnOnce(Ask<'_>) -> Ask<'_>,
) -> Result<String, Failure> {
    let key = write_protected::<T>(state, call, more)?;
    match T::table(&state.iam).get(&key).and_then(Named::protected) {
        Some(failure) => Err(failure),
        None => Ok(key),
    }
}

/// As [`write`], for what may be changed on a service-linked role too.
pub(super) fn write_protected<T: Named>(
    state: &State,
    call: &Call<'_>,
    more: impl FnOnce(Ask<'_>) -> Ask<'_>,
) -> Result<String, Failure> {
    let named = call.parameters.required(T::PARAMETER)?;
    let address = T::address(state, call.account(), named)?;
    let row = T::table(&state.iam)
        .get(&address.key)
        .filter(|row| address.means(state, *row));
    authorize(state, call, &address, row, more)?;
    if row.is_some() {
        return Ok(address.key);
    }
    if T::is_of_aws(named) {
        return Err(Failure::new(
            "AccessDenied",
            403,
            format!(
                "User: {} is not authorized to perform: iam:{} on resource: {}",
                call.caller().arn,
                call.operation,
                address.spoken
            ),
        ));
    }
    Err(T::missing(named))
}

fn authorize<T: Named>(
    state: &State,
    call: &Call<'_>,
    address: &Address,
    row: Option<&T>,
    more: impl FnOnce(Ask<'_>) -> Ask<'_>,
) -> Result<(), Failure> {
    let action = format!("iam:{}", call.operation);
    let known = row.map(|row| row.arn(&state.partition));
    let arn = known.as_deref().unwrap_or(&address.arn);
    let mut ask = Ask::new(&action, arn);
    if let Some(row) = row {
        for (key, value) in row.tags() {
            ask = ask
                .with(&format!("aws:ResourceTag/{key}"), value)
                .with(&format!("iam:ResourceTag/{key}"), value);
        }
        ask = ask.with_some("iam:PermissionsBoundary", row.boundary());
    }
    call.authorize(&more(ask))
        .map_err(|failure| spoken(failure, arn, &address.spoken))
}

/// IAM names what a call is about by its name, not its ARN: `on resource: role NodeRole`. The
/// decision is on the ARN with the path all the same (seen in public error reports).
pub(crate) fn spoken(mut failure: Failure, arn: &str, name: &str) -> Failure {
    failure.message = failure.message.replacen(
        &format!(" on resource: {arn} "),
        &format!(" on resource: {name} "),
        1,
    );
    failure
}

/// Authorises a call that names no single thing, such as a listing.
pub(super) fn authorize_on(call: &Call<'_>, resource: &str) -> Result<(), Failure> {
    let action = format!("iam:{}", call.operation);
    call.authorize(&Ask::new(&action, resource))
}
