use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use tokio::sync::Mutex;

/// How long before their end credentials are asked for anew.
const BEFORE_END: Duration = Duration::from_secs(300);

/// How long credentials without an end are kept: their file may be written anew.
const WITHOUT_END: Duration = Duration::from_secs(300);

/// Asks a provider once, and again when what it gave is nearly over. The clients of several services
/// and the cluster's token would each ask by themselves, and a provider may run a process, or ask
/// SSO or STS.
#[derive(Debug)]
pub(super) struct KeptCredentials {
    provider: SharedCredentialsProvider,
    kept: Mutex<Option<(Credentials, SystemTime)>>,
}

impl KeptCredentials {
    pub(super) fn of(provider: SharedCredentialsProvider) -> Self {
        Self {
            provider,
            kept: Mutex::new(None),
        }
    }

    async fn fresh(&self) -> Result<Credentials, CredentialsError> {
        // Held while the provider is asked, so that those who come meanwhile wait and do not ask too.
        let mut kept = self.kept.lock().await;
        let now = SystemTime::now();
        if let Some((credentials, until)) = &*kept
            && now < *until
        {
            return Ok(credentials.clone());
        }
        let credentials = self.provider.provide_credentials().await?;
        let until = match credentials.expiry() {
            Some(end) => end.checked_sub(BEFORE_END).unwrap_or(now),
            None => now + WITHOUT_END,
        };
        *kept = Some((credentials.clone(), until));
        Ok(credentials)
    }
}

impl ProvideCredentials for KeptCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.fresh())
    }
}
