//! The clients, made from what the caller says and nothing else.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_config::identity::IdentityCache;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;

use crate::limits::Limits;
use crate::proxy::http_client;
use crate::token::Tokens;
use crate::{LiveError, Patience};

/// Where to read, and as whom.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The region of the cluster.
    pub region: String,
    /// Where all AWS calls go, in place of AWS's own endpoints (as `AWS_ENDPOINT_URL` says it).
    pub endpoint_url: Option<String>,
    /// Where credentials come from. They are asked for when the first call is made.
    pub credentials: SharedCredentialsProvider,
    /// How the cluster's API server is reached.
    pub kubernetes: Kubernetes,
}

/// How a cluster's API server is reached.
#[derive(Clone)]
pub enum Kubernetes {
    /// Server and certificate authority as EKS tells them, and a token as `aws eks get-token` makes it.
    FromEks,
    /// A kubeconfig, with its exec plugin where it has one.
    Kubeconfig {
        /// The file's text.
        text: String,
        /// The context; the current one where none is named.
        context: Option<String>,
    },
    /// A server with a bearer token.
    Server {
        /// Its URL.
        url: String,
        /// The certificate authority that it is checked against, as PEM; those of the system
        /// where there is none.
        certificate_authority: Option<String>,
        /// The token.
        token: String,
    },
    /// Not at all: AWS only.
    None,
}

/// Says what it is, and keeps tokens and keys to itself.
impl std::fmt::Debug for Kubernetes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::FromEks => f.write_str("FromEks"),
            Self::Kubeconfig { context, .. } => write!(f, "Kubeconfig({context:?})"),
            Self::Server { url, .. } => write!(f, "Server({url})"),
            Self::None => f.write_str("None"),
        }
    }
}

/// Tells what time it is.
#[derive(Clone)]
struct Clock(Arc<dyn Fn() -> SystemTime + Send + Sync>);

impl Default for Clock {
    fn default() -> Self {
        Self(Arc::new(SystemTime::now))
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

/// Clients for one account and region.
#[derive(Debug, Clone)]
pub struct Connection {
    pub(crate) aws: SdkConfig,
    /// Whether AWS is asked at all.
    pub(crate) asks_aws: bool,
    pub(crate) kubernetes: Kubernetes,
    pub(crate) patience: Patience,
    pub(crate) limits: Arc<Limits>,
    pub(crate) tokens: Arc<Tokens>,
    /// What time it is, for the tokens of API servers.
    clock: Clock,
    /// How to get new credentials, where that is known.
    sign_in: Option<Arc<str>>,
}

impl Connection {
    /// Makes the clients. No call is made yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let Settings {
            region,
            endpoint_url,
            credentials,
            kubernetes,
        } = settings;
        let mut aws = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region))
            .credentials_provider(credentials)
            .http_client(http_client(endpoint_url.as_deref()));
        aws.set_endpoint_url(endpoint_url);
        Self::with(aws.build(), kubernetes)
    }

    /// Makes the clients from a configuration of the SDK, which brings region, credentials and HTTP
    /// client; retries and timeouts are set here. No call is made yet.
    #[must_use]
    pub fn with(aws: SdkConfig, kubernetes: Kubernetes) -> Self {
        let aws = aws
            .to_builder()
            // One for all clients, so that a role is assumed once; it renews credentials that run out.
            .identity_cache(IdentityCache::lazy().build())
            .retry_config(RetryConfig::standard().with_max_attempts(4))
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(5))
                    .operation_attempt_timeout(Duration::from_secs(20))
                    .build(),
            );
        Self {
            aws: aws.build(),
            asks_aws: true,
            kubernetes,
            patience: Patience::default(),
            limits: Arc::default(),
            tokens: Arc::default(),
            clock: Clock::default(),
            sign_in: None,
        }
    }

    /// Asks the API server only: of what AWS knows, nothing is asked and all is unknown.
    #[must_use]
    pub fn without_aws(kubernetes: Kubernetes) -> Self {
        Self {
            aws: SdkConfig::builder()
                .behavior_version(BehaviorVersion::latest())
                .build(),
            asks_aws: false,
            kubernetes,
            patience: Patience::default(),
            limits: Arc::default(),
            tokens: Arc::default(),
            clock: Clock::default(),
            sign_in: None,
        }
    }

    /// The same, with another measure of how long changes are waited for.
    #[must_use]
    pub fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// The same by another clock, which tells when the token of an API server is to be made anew.
    /// Requests to AWS are dated by the machine's.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Clock(Arc::new(clock));
        self
    }

    /// A token for a cluster's API server that is good now.
    pub(crate) async fn token(&self, cluster: &str) -> Result<String, LiveError> {
        let now = (self.clock.0)();
        self.tokens.of(&self.aws, self.region(), cluster, now).await
    }

    /// The same, with what to do when the credentials run out, such as "`aws sso login --profile prod`
    /// signs in again".
    #[must_use]
    pub fn with_sign_in(mut self, help: &str) -> Self {
        self.sign_in = Some(Arc::from(help));
        self
    }

    /// What to do about an error: as [`LiveError::help`], with how to sign in again where that is
    /// known.
    #[must_use]
    pub fn help(&self, error: &LiveError) -> String {
        match (error, &self.sign_in) {
            (LiveError::Credentials { expired: true, .. }, Some(sign_in)) => sign_in.to_string(),
            (error, _) => error.help(),
        }
    }

    /// The same account in another region. Both share what AWS allows the account.
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        let aws = self.aws.to_builder();
        Self {
            aws: aws.region(Region::new(region.to_owned())).build(),
            // A token is of one region's cluster.
            tokens: Arc::default(),
            ..self.clone()
        }
    }

    /// The same error with the endpoint's address in place of the service's name.
    pub(crate) fn named(&self, error: LiveError) -> LiveError {
        match error {
            LiveError::Unreachable { endpoint, problem } => LiveError::Unreachable {
                endpoint: address(&self.aws, &endpoint, self.region()),
                problem,
            },
            error => error,
        }
    }

    /// The region.
    #[must_use]
    pub fn region(&self) -> &str {
        self.aws.region().map_or("", Region::as_ref)
    }
}

/// Where a service answers in a region, without a slash at the end
/// (AWS General Reference, "Service endpoints and quotas").
pub(crate) fn address(aws: &SdkConfig, service: &str, region: &str) -> String {
    match aws.endpoint_url() {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None if region.starts_with("cn-") => format!("https://{service}.{region}.amazonaws.com.cn"),
        None => format!("https://{service}.{region}.amazonaws.com"),
    }
}
