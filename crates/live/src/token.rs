//! The bearer token that EKS takes, as `aws eks get-token` makes it: a presigned STS URL
//! (kubernetes-sigs/aws-iam-authenticator, `pkg/token`).

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::LiveError;
use crate::by_hand::credentials;
use crate::connection::address;

/// What is signed along with the URL, so that a token for one cluster is none for another.
const CLUSTER_HEADER: &str = "x-k8s-aws-id";

/// How long STS may take the URL, in seconds. The API server itself takes the token for 15 minutes.
const EXPIRES: u64 = 60;

/// A query's values are encoded but for what RFC 3986 leaves alone.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The API server takes a token for 15 minutes (aws-iam-authenticator, `pkg/token`); before that a new
/// one is made.
const RENEWED_AFTER: Duration = Duration::from_secs(10 * 60);

/// The tokens of a connection, by cluster, each with the moment from which on it is not used.
#[derive(Default)]
pub(crate) struct Tokens(Mutex<HashMap<String, (String, SystemTime)>>);

/// Tokens are kept to themselves.
impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens")
    }
}

impl Tokens {
    /// A token that is good at this moment: the one that is known, or a new one.
    ///
    /// # Errors
    /// Credentials that cannot be had or cannot sign.
    pub(crate) async fn of(
        &self,
        aws: &SdkConfig,
        region: &str,
        cluster: &str,
        now: SystemTime,
    ) -> Result<String, LiveError> {
        if let Ok(known) = self.0.lock()
            && let Some((token, until)) = known.get(cluster)
            && now < *until
        {
            return Ok(token.clone());
        }
        let credentials = credentials(aws).await?;
        let sts = address(aws, "sts", region);
        let token = cluster_token(&credentials, region, &sts, cluster, now)?;
        let until = now + RENEWED_AFTER;
        let until = credentials.expiry().map_or(until, |end| end.min(until));
        if let Ok(mut known) = self.0.lock() {
            known.insert(cluster.to_owned(), (token.clone(), until));
        }
        Ok(token)
    }
}

/// A bearer token for a cluster.
///
/// `sts_url` is where STS answers, such as `https://sts.eu-west-1.amazonaws.com`.
///
/// # Errors
/// Credentials that cannot sign, or an address that is none.
pub fn cluster_token(
    credentials: &Credentials,
    region: &str,
    sts_url: &str,
    cluster: &str,
    now: SystemTime,
) -> Result<String, LiveError> {
    let failed = |problem: String| LiveError::Kubeconfig { problem };
    let identity = credentials.clone().into();
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(Duration::from_secs(EXPIRES));
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("sts")
        .time(now)
        .settings(settings)
        .build()
        .map_err(|error| failed(error.to_string()))?
        .into();
    let url = format!(
        "{}/?Action=GetCallerIdentity&Version=2011-06-15",
        sts_url.trim_end_matches('/')
    );
    let request = SignableRequest::new(
        "GET",
        url.as_str(),
        std::iter::once((CLUSTER_HEADER, cluster)),
        SignableBody::Bytes(&[]),
    )
    .map_err(|error| failed(error.to_string()))?;
    let (instructions, _) = sign(request, &params)
        .map_err(|error| failed(error.to_string()))?
        .into_parts();
    let mut presigned = url;
    for (name, value) in instructions.params() {
        presigned.push_str(&format!("&{name}={}", utf8_percent_encode(value, QUERY)));
    }
    Ok(format!("k8s-aws-v1.{}", URL_SAFE_NO_PAD.encode(presigned)))
}
