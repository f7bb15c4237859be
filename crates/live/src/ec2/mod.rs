//! The running instances of a cluster, as EC2 tells them.
//!
//! One operation is asked of EC2, so it is asked by hand: EC2's own SDK crate is by far the largest of
//! all and would take longer to build than everything else together.

mod instance;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::shared::IntoShared;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rolecall_facts::Origin;

use crate::ledger::Ledger;
use crate::missing::Missing;
use crate::{Connection, LiveError};

pub(crate) use instance::Instance;

const CALL: &str = "ec2:DescribeInstances";
const VERSION: &str = "2016-11-15";
/// As many as EC2 puts on a page (EC2 API Reference, `DescribeInstances`).
const PAGE: &str = "1000";
/// Twenty thousand instances; a cluster has fewer.
const PAGES: usize = 20;
/// As often as the SDK's clients try.
const ATTEMPTS: u32 = 4;
const PATIENCE: Duration = Duration::from_secs(20);

/// Reads one account's instances in one region.
#[derive(Debug, Clone)]
pub(crate) struct Ec2 {
    aws: SdkConfig,
    url: String,
    connector: SharedHttpConnector,
    ledger: Arc<Ledger>,
}

/// An answer's status and text.
struct Answer {
    status: u16,
    text: String,
}

impl Ec2 {
    pub(crate) fn new(connection: &Connection, ledger: Arc<Ledger>) -> Self {
        let region = connection.region();
        let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
        let url = match connection.aws.endpoint_url() {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("https://ec2.{region}.amazonaws.com{suffix}"),
        };
        let connector = if url.starts_with("http://") {
            Connector::builder().build_http()
        } else {
            Connector::builder()
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .build()
        };
        Self {
            aws: connection.aws.clone(),
            url,
            connector: connector.into_shared(),
            ledger,
        }
    }

    /// The instances that are tagged as the cluster's own and run or begin to.
    pub(crate) async fn instances(&self, cluster: &str) -> Result<Vec<Instance>, Missing> {
        let origin = Origin::api(CALL, cluster);
        let tag = format!("tag:kubernetes.io/cluster/{cluster}");
        let mut instances = Vec::new();
        let mut next = None;
        for _ in 0..PAGES {
            let mut parameters = vec![
                ("Action", "DescribeInstances"),
                ("Version", VERSION),
                ("MaxResults", PAGE),
                ("Filter.1.Name", &tag),
                ("Filter.1.Value.1", "owned"),
                ("Filter.2.Name", "instance-state-name"),
                ("Filter.2.Value.1", "pending"),
                ("Filter.2.Value.2", "running"),
            ];
            if let Some(token) = next.as_deref() {
                parameters.push(("NextToken", token));
            }
            let body = form(&parameters);
            let text = self.ledger.call(&origin, self.ask(&body)).await?;
            let page = instance::page(&text).ok_or_else(|| failed("the answer is not XML"))?;
            instances.extend(page.instances);
            next = page.next.filter(|token| !token.is_empty());
            if next.is_none() {
                break;
            }
        }
        Ok(instances)
    }

    /// The answer's text; throttling and faults of EC2's own are waited out as the SDK does.
    async fn ask(&self, body: &str) -> Result<String, Missing> {
        let mut pause = Duration::from_millis(500);
        let mut attempt = 1;
        loop {
            let asked = tokio::time::timeout(PATIENCE, self.send(body)).await;
            let passing = match asked {
                Ok(Ok(answer)) if answer.status < 300 => return Ok(answer.text),
                Ok(Ok(answer)) => {
                    let (code, message) = instance::error(&answer.text);
                    let throttled = matches!(code.as_str(), "RequestLimitExceeded" | "Throttling");
                    let missing = Missing::of_answer(&code, &message, CALL, "*");
                    if !throttled && answer.status < 500 {
                        return Err(missing);
                    }
                    missing
                }
                Ok(Err(missing @ Missing::Fatal(LiveError::Credentials { .. }))) => {
                    return Err(missing);
                }
                Ok(Err(missing)) => missing,
                Err(_) => unreachable("it did not answer within 20 s"),
            };
            if attempt == ATTEMPTS {
                return Err(passing);
            }
            attempt += 1;
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }

    async fn send(&self, body: &str) -> Result<Answer, Missing> {
        let credentials = self.credentials().await?;
        let request = self
            .signed(body, credentials)
            .map_err(|problem| failed(&problem))?;
        let answer = self.connector.call(request).await;
        let answer = answer.map_err(|error| unreachable(&error.to_string()))?;
        let status = answer.status().as_u16();
        let body = ByteStream::new(answer.into_body()).collect().await;
        let body = body.map_err(|error| unreachable(&error.to_string()))?;
        let text = String::from_utf8_lossy(&body.into_bytes()).into_owned();
        Ok(Answer { status, text })
    }

    async fn credentials(&self) -> Result<Credentials, Missing> {
        let none = |problem: String| {
            Missing::Fatal(LiveError::Credentials {
                problem,
                expired: false,
            })
        };
        let provider = self.aws.credentials_provider();
        let provider = provider.ok_or_else(|| none("none are given".to_owned()))?;
        let credentials = provider.provide_credentials().await;
        credentials.map_err(|error| none(error.to_string()))
    }

    fn signed(&self, body: &str, credentials: Credentials) -> Result<HttpRequest, String> {
        const FORM: (&str, &str) = (
            "content-type",
            "application/x-www-form-urlencoded; charset=utf-8",
        );
        let identity = credentials.into();
        let region = self.aws.region().map_or("", |region| region.as_ref());
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name("ec2")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| error.to_string())?
            .into();
        let url = format!("{}/", self.url);
        let signable = SignableRequest::new(
            "POST",
            url.as_str(),
            std::iter::once(FORM),
            SignableBody::Bytes(body.as_bytes()),
        )
        .map_err(|error| error.to_string())?;
        let (instructions, _) = sign(signable, &params)
            .map_err(|error| error.to_string())?
            .into_parts();
        let mut request = http::Request::post(&url)
            .header(FORM.0, FORM.1)
            .body(SdkBody::from(body))
            .map_err(|error| error.to_string())?;
        instructions.apply_to_request_http1x(&mut request);
        request
            .try_into()
            .map_err(|error: aws_smithy_runtime_api::http::HttpError| error.to_string())
    }
}

fn form(parameters: &[(&str, &str)]) -> String {
    let fields = parameters
        .iter()
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
    fields.collect::<Vec<_>>().join("&")
}

fn failed(problem: &str) -> Missing {
    Missing::Failed {
        call: CALL.to_owned(),
        problem: problem.to_owned(),
    }
}

fn unreachable(problem: &str) -> Missing {
    Missing::Fatal(LiveError::Unreachable {
        endpoint: "ec2".to_owned(),
        problem: problem.to_owned(),
    })
}
