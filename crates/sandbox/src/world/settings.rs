//! How a sandbox behaves.

use std::path::PathBuf;

use rolecall_arn::AccountId;
use rolecall_facts::Snapshot;
use rolecall_sandbox_automode::Generation;
use rolecall_sandbox_aws::sigv4::Credentials;

/// How a sandbox behaves.
#[derive(Debug, Clone)]
pub struct WorldSettings {
    /// Which control plane runs in Auto Mode clusters.
    pub generation: Generation,
    /// The account of the default credentials, and of what files leave open. A state file that holds
    /// a world keeps the account it was begun in.
    pub account: AccountId,
    /// The region, likewise.
    pub region: String,
    /// Ids, delays and faults follow from it.
    pub seed: u64,
    /// The administrator's key.
    pub credentials: Credentials,
    /// Takes every key for an administrator's.
    pub any_credentials: bool,
    /// Sandbox seconds per real second.
    pub speed: f64,
    /// The longest time a write stays unseen, in milliseconds of sandbox time.
    pub lag: Option<u64>,
    /// Where everything is kept across restarts.
    pub state: Option<PathBuf>,
}

impl Default for WorldSettings {
    fn default() -> Self {
        Self {
            generation: Generation::Current,
            account: AccountId::EXAMPLE,
            region: "us-east-1".to_owned(),
            seed: 0,
            credentials: default_credentials(),
            any_credentials: false,
            speed: 1.0,
            lag: None,
            state: None,
        }
    }
}

impl WorldSettings {
    /// In the account and region that the facts are about, as far as they say.
    #[must_use]
    pub fn of(snapshot: &Snapshot) -> Self {
        let mut settings = Self::default();
        let clusters = &snapshot.clusters;
        let account = clusters
            .iter()
            .find_map(|cluster| cluster.account)
            // A cluster's role is of the cluster's account.
            .or_else(|| {
                clusters
                    .iter()
                    .find_map(|cluster| cluster.role.value.value()?.as_role()?.account)
            })
            .or_else(|| snapshot.roles.iter().find_map(|role| role.account));
        settings.account = account.unwrap_or(settings.account);
        if let Some(region) = clusters.iter().find_map(|cluster| cluster.region.clone()) {
            settings.region = region;
        }
        settings
    }
}

/// The key AWS's documentation uses, so that nobody takes it for a real one.
#[must_use]
pub fn default_credentials() -> Credentials {
    Credentials {
        access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
        session_token: None,
    }
}
