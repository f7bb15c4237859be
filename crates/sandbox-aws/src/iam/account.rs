//! What IAM tells of the account as a whole.

use serde_json::{Value, json};

use super::checks::Checks;
use super::named::{self, authorize_on, bare_arn};
use super::page::Page;
use super::{User, key};
use crate::call::Call;
use crate::operation::Outcome;
use crate::state::State;

/// Counts and quotas. The quotas are AWS's defaults (IAM User Guide, "IAM and AWS STS quotas"); those
/// on roles and users are not enforced, so that large accounts can be tried.
pub(super) fn get_account_summary(state: &State, call: &mut Call<'_>) -> Outcome {
    authorize_on(call, "*")?;
    let scope = key(call.account(), "");
    let iam = &state.iam;
    let policies = iam.policies.range(&scope, None);
    let versions: usize = policies.map(|(_, policy)| policy.versions.len()).sum();
    let counts: [(&str, usize); 30] = [
        ("Users", iam.users.range(&scope, None).count()),
        ("UsersQuota", 5000),
        ("Groups", 0),
        ("GroupsQuota", 300),
        ("GroupsPerUserQuota", 10),
        ("Roles", iam.roles.range(&scope, None).count()),
        ("RolesQuota", 1000),
        ("Policies", iam.policies.range(&scope, None).count()),
        ("PoliciesQuota", 1500),
        ("PolicySizeQuota", 6144),
        ("PolicyVersionsInUse", versions),
        ("PolicyVersionsInUseQuota", 10_000),
        ("VersionsPerPolicyQuota", 5),
        ("AssumeRolePolicySizeQuota", 2048),
        ("RolePolicySizeQuota", 10_240),
        ("UserPolicySizeQuota", 2048),
        ("GroupPolicySizeQuota", 5120),
        ("AttachedPoliciesPerRoleQuota", 10),
        ("AttachedPoliciesPerUserQuota", 10),
        ("AttachedPoliciesPerGroupQuota", 10),
        (
            "InstanceProfiles",
            iam.instance_profiles.range(&scope, None).count(),
        ),
        ("InstanceProfilesQuota", 1000),
        ("Providers", iam.oidc_providers.range(&scope, None).count()),
        ("AccessKeysPerUserQuota", 2),
        ("ServerCertificates", 0),
        ("ServerCertificatesQuota", 20),
        ("MFADevices", 0),
        ("AccountMFAEnabled", 0),
        ("AccountAccessKeysPresent", 0),
        ("GlobalEndpointTokenVersion", 1),
    ];
    let entries: Vec<Value> = counts
        .into_iter()
        .map(|(name, count)| json!({"key": name, "value": count}))
        .collect();
    Ok(json!({"SummaryMap": {"#entries": entries}}))
}

/// No account of the sandbox has groups; clients ask all the same before they delete a user.
pub(super) fn list_groups(state: &State, call: &mut Call<'_>) -> Outcome {
    let page = Page::of(&call.parameters)?;
    authorize_on(call, &bare_arn(state, call.account(), "group", ""))?;
    Ok(page
        .cut(std::iter::empty::<(&str, Value)>())
        .answer("Groups", |group| group))
}

/// See [`list_groups`].
pub(super) fn list_groups_for_user(state: &State, call: &mut Call<'_>) -> Outcome {
    Checks::of(&call.parameters).name("UserName", 128).done()?;
    let page = Page::of(&call.parameters)?;
    named::read::<User>(state, call)?;
    Ok(page
        .cut(std::iter::empty::<(&str, Value)>())
        .answer("Groups", |group| group))
}

/// No account of the sandbox has an alias.
pub(super) fn list_account_aliases(_state: &State, call: &mut Call<'_>) -> Outcome {
    let page = Page::of(&call.parameters)?;
    authorize_on(call, "*")?;
    Ok(page
        .cut(std::iter::empty::<(&str, Value)>())
        .answer("AccountAliases", |alias| alias))
}
