//! The account: region and credentials by the rules of the AWS CLI.

use std::sync::Arc;
use std::time::SystemTime;

use aws_config::meta::region::ProvideRegion;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use rolecall_live::http_client;

use super::kept_credentials::KeptCredentials;
use super::kubeconfig::causes;
use super::profiles;
use super::source::{self, Source};
use super::{ClusterName, ConnectionConfig};
use crate::Failure;

/// The session's name of a role that is assumed, as CloudTrail shows it.
const SESSION: &str = "rolecall";

/// An account that can be asked: credentials are there.
#[derive(Debug, Clone)]
pub(super) struct Account {
    sdk: SdkConfig,
    region: Option<String>,
    source: Source,
}

impl Account {
    /// Finds region and credentials. `likely` is the profile, and `region` the region, of a
    /// kubeconfig's context, taken where nothing else is said.
    pub(super) async fn find(
        config: &ConnectionConfig,
        likely: Option<&str>,
        region: Option<&str>,
    ) -> Result<Self, Failure> {
        let profile = profile(config, likely);
        if let Some(profile) = profile {
            profiles::check(profile, &config.aws.profile_files)?;
        }
        let region = match config.region.as_ref().or(config.aws.region.as_ref()) {
            Some(region) => Some(region.clone()),
            None => of_profile(profile)
                .await
                .or_else(|| region.map(str::to_owned)),
        };
        // Certificates of the system are read only where TLS is spoken: not where all is asked of an
        // endpoint without, with keys that are at hand.
        let plain = config.aws.has_keys && profile.is_none();
        let endpoint = config.aws.endpoint_url.as_deref().filter(|_| plain);
        let mut loader =
            aws_config::defaults(BehaviorVersion::latest()).http_client(http_client(endpoint));
        if let Some(profile) = profile {
            loader = loader.profile_name(profile);
        }
        // Without one, the SDK would ask the metadata service of EC2, which on most machines is a
        // long wait for nothing.
        let placeholder = region.clone().unwrap_or_else(|| "us-east-1".to_owned());
        let sdk = loader.region(Region::new(placeholder)).load().await;
        let sdk = match &config.assume_role {
            None => keeping(&sdk, sdk.credentials_provider()),
            Some(arn) => assuming(&keeping(&sdk, sdk.credentials_provider()), arn).await,
        };
        let account = Self {
            sdk,
            region,
            source: Source::of(profile, &config.aws),
        };
        account.check(config, profile).await?;
        Ok(account)
    }

    /// What to do when the credentials run out.
    pub(super) fn sign_in(&self) -> String {
        self.source.sign_in()
    }

    /// The same in the region of a cluster.
    pub(super) fn for_cluster(&self, cluster: &ClusterName) -> Result<SdkConfig, Failure> {
        let region = cluster.region.as_ref().or(self.region.as_ref());
        let region = region.ok_or_else(|| {
            Failure::new("no region is set").with_help(
                "name the one that the cluster is in: --region eu-central-1, or AWS_REGION, or \
                 `aws configure set region`",
            )
        })?;
        let sdk = self.sdk.to_builder();
        Ok(sdk.region(Region::new(region.clone())).build())
    }

    /// Asks for credentials, so that what is wrong with them is told once and not by every call.
    async fn check(&self, config: &ConnectionConfig, profile: Option<&str>) -> Result<(), Failure> {
        let Some(provider) = self.sdk.credentials_provider() else {
            return Err(none_found(config));
        };
        match provider.provide_credentials().await {
            Ok(credentials) => over(&credentials, &self.source),
            Err(CredentialsError::CredentialsNotLoaded(_)) => Err(none_found(config)),
            // The last that is asked, where nothing else has any: on most machines nobody is there.
            Err(error) if profile.is_none() && causes(&error).contains("IMDS") => {
                Err(none_found(config))
            }
            Err(error) => Err(not_usable(&error, config, profile, &self.source)),
        }
    }
}

/// The same with the credentials of a role, which is assumed when they are first needed.
pub(crate) async fn assuming(base: &SdkConfig, arn: &str) -> SdkConfig {
    let provider = AssumeRoleProvider::builder(arn)
        .session_name(SESSION)
        .configure(base);
    let provider = match base.credentials_provider() {
        Some(base) => provider.build_from_provider(base).await,
        None => provider.build().await,
    };
    keeping(base, Some(SharedCredentialsProvider::new(provider)))
}

/// Asks for credentials.
///
/// # Errors
/// Why there are none, in words.
pub(crate) async fn usable(sdk: &SdkConfig) -> Result<(), String> {
    match sdk.credentials_provider() {
        None => Err("there are no credentials".to_owned()),
        Some(provider) => match provider.provide_credentials().await {
            Ok(_) => Ok(()),
            Err(error) => Err(told(&error)),
        },
    }
}

/// The profile, unless keys of the environment are to be used.
fn profile<'a>(config: &'a ConnectionConfig, likely: Option<&'a str>) -> Option<&'a str> {
    let named = config.profile.as_deref();
    let of_environment = config.aws.profile.as_deref();
    named
        .or(of_environment)
        .or_else(|| likely.filter(|_| !config.aws.has_keys))
}

async fn of_profile(profile: Option<&str>) -> Option<String> {
    let mut provider = ProfileFileRegionProvider::builder();
    if let Some(profile) = profile {
        provider = provider.profile_name(profile);
    }
    let region = provider.build().region().await?;
    Some(region.to_string())
}

/// The same with a provider that keeps what it was given until it is nearly over.
fn keeping(sdk: &SdkConfig, provider: Option<SharedCredentialsProvider>) -> SdkConfig {
    let Some(provider) = provider else {
        return sdk.clone();
    };
    let kept = SharedCredentialsProvider::new(
        Arc::new(KeptCredentials::of(provider)) as Arc<dyn ProvideCredentials>
    );
    sdk.to_builder().credentials_provider(kept).build()
}

/// # Errors
/// Credentials whose end has passed: what gives them out has nothing newer.
fn over(credentials: &Credentials, source: &Source) -> Result<(), Failure> {
    let Some(end) = credentials.expiry().filter(|end| *end <= SystemTime::now()) else {
        return Ok(());
    };
    let end = jiff::Timestamp::try_from(end)
        .map_or_else(|_| "long ago".to_owned(), |end| format!("at {end}"));
    Err(Failure::new(format!("the AWS credentials ran out {end}")).with_help(source.sign_in()))
}

fn none_found(config: &ConnectionConfig) -> Failure {
    let aws = &config.aws;
    if aws.web_identity_token_file.is_some() && !aws.has_role && config.profile.is_none() {
        return Failure::new(
            "there are no AWS credentials: AWS_WEB_IDENTITY_TOKEN_FILE is set, and \
                             AWS_ROLE_ARN is not",
        )
        .with_help("set AWS_ROLE_ARN to the role that the token is for, or unset the former");
    }
    let there = profiles::names(&config.aws.profile_files);
    let profile = match there.as_slice() {
        [] => "`aws configure` or `aws configure sso` makes a profile".to_owned(),
        there => format!(
            "name a profile with --profile (there are {})",
            there.join(", ")
        ),
    };
    Failure::new("there are no AWS credentials").with_help(format!(
        "{profile}, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; --no-aws asks Kubernetes \
         only"
    ))
}

fn not_usable(
    error: &CredentialsError,
    config: &ConnectionConfig,
    profile: Option<&str>,
    source: &Source,
) -> Failure {
    let said = told(error);
    if let Some(role) = &config.assume_role
        && (is_of_assuming(error) || said.contains("AccessDenied"))
    {
        return Failure::new(format!("the role `{role}` cannot be assumed: {said}"))
            .with_help(source::NOT_ASSUMED);
    }
    let of = profile.map_or_else(String::new, |profile| {
        format!(" of the profile `{profile}`")
    });
    let said = source::unreadable(source).unwrap_or(said);
    let failure = Failure::new(format!("the AWS credentials{of} cannot be used: {said}"));
    failure.with_help(source.next_step(&said))
}

/// Whether the call failed that assumes a role, and not what comes before.
fn is_of_assuming(error: &CredentialsError) -> bool {
    causes(error).contains("AssumeRole")
}

/// What a provider said, in one line.
fn told(error: &CredentialsError) -> String {
    let said = rolecall_live::said(error);
    let words: Vec<&str> = said.split_whitespace().collect();
    rolecall_report::visible(&words.join(" ")).into_owned()
}
