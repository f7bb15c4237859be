//! The accounts that the sandbox knows: those in which there is anything.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::call::Call;
use crate::state::State;

/// The accounts that have a role, a user or a cluster, and that of the default credentials.
pub(super) fn known(state: &State, call: &Call<'_>) -> BTreeSet<String> {
    let roles = state.iam.roles.range("", None).map(|(key, _)| key);
    let users = state.iam.users.range("", None).map(|(key, _)| key);
    let clusters = state.eks.clusters.range("", None).map(|(key, _)| key);
    let mut known: BTreeSet<String> = roles
        .chain(users)
        .chain(clusters)
        .filter_map(|key| key.split('/').next())
        .map(str::to_owned)
        .collect();
    known.insert(call.shared.settings.account.to_string());
    known
}

pub(super) fn email(account: &str) -> String {
    format!("{account}@example.com")
}

/// Goes on after an account.
pub(super) fn token(last: &str) -> String {
    URL_SAFE_NO_PAD.encode(last)
}

/// The account that a token goes on after.
pub(super) fn after(token: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let account = String::from_utf8(bytes).ok()?;
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    is_account.then_some(account)
}
