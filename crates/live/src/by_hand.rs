//! Operations written out by hand.
//!
//! Of some services one operation is asked. Their generated clients would be the largest things that
//! this crate is made of, so such a call is signed here, and carried out by the machinery that the
//! generated clients have: their HTTP client, timeouts and retries.

use std::fmt;
use std::time::SystemTime;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime::client::orchestrator::operation::Operation as Orchestrated;
use aws_smithy_runtime::client::retries::classifiers::TransientErrorClassifier;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::metadata::{ErrorMetadata, ProvideErrorMetadata};

use crate::connection::address;
use crate::missing::Missing;
use crate::{LiveError, said};

/// An operation, which is asked with a POST.
#[derive(Debug)]
pub(crate) struct Operation {
    /// Service and operation, as IAM writes them.
    pub(crate) call: &'static str,
    pub(crate) headers: &'static [(&'static str, &'static str)],
    /// Code and message of an error's answer.
    pub(crate) refusal: fn(&str) -> (String, String),
}

impl Operation {
    /// Its service and its name.
    fn names(&self) -> (&'static str, &'static str) {
        self.call.split_once(':').unwrap_or((self.call, ""))
    }

    /// Asks it in a region; gives the answer's text.
    ///
    /// # Errors
    /// Whatever is not a success. What may pass has been waited out, as the generated clients do.
    pub(crate) async fn ask(
        &self,
        aws: &SdkConfig,
        region: &str,
        body: String,
    ) -> Result<String, Missing> {
        let (service, name) = self.names();
        let url = address(aws, service, region);
        let credentials = credentials(aws).await.map_err(Missing::Fatal)?;
        let request = self.signed(&url, region, body, credentials);
        let request = request.map_err(|problem| Missing::Failed {
            call: self.call.to_owned(),
            problem,
        })?;
        let mut operation = Orchestrated::builder()
            .service_name(service)
            .operation_name(name)
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&url)
            .no_auth()
            .retry_classifier(TransientErrorClassifier::<Refused>::new())
            .retry_classifier(Passing);
        if let Some(client) = aws.http_client() {
            operation = operation.http_client(client);
        }
        if let Some(retries) = aws.retry_config() {
            operation = operation.standard_retry(retries);
        }
        if let Some(timeouts) = aws.timeout_config() {
            operation = operation.timeout_config(timeouts.clone());
        }
        let refusal = self.refusal;
        let operation = operation
            .serializer(|request: Signed| request.into_http())
            .deserializer(move |response| read(response, refusal))
            .build();
        let answer = operation.invoke(request).await;
        answer.map_err(|error| match Missing::of(&error, self.call, "*") {
            Missing::Fatal(LiveError::Unreachable { problem, .. }) => {
                Missing::Fatal(LiveError::Unreachable {
                    endpoint: url,
                    problem,
                })
            }
            missing => missing,
        })
    }

    fn signed(
        &self,
        url: &str,
        region: &str,
        body: String,
        credentials: Credentials,
    ) -> Result<Signed, String> {
        let identity = credentials.into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name(self.names().0)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| error.to_string())?
            .into();
        let url = format!("{url}/");
        let headers = self.headers.iter().copied();
        let bytes = SignableBody::Bytes(body.as_bytes());
        let signable = SignableRequest::new("POST", url.as_str(), headers.clone(), bytes)
            .map_err(|error| error.to_string())?;
        let (instructions, _) = sign(signable, &params)
            .map_err(|error| error.to_string())?
            .into_parts();
        let headers = headers.chain(instructions.headers());
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Ok(Signed {
            headers: headers.collect(),
            body,
        })
    }
}

/// Credentials that can sign.
///
/// # Errors
/// A configuration without any, and a provider that has none any more: it had some when the connection
/// was made.
pub(crate) async fn credentials(aws: &SdkConfig) -> Result<Credentials, LiveError> {
    let provider = aws.credentials_provider();
    let provider = provider.ok_or_else(|| LiveError::Credentials {
        problem: "there are none".to_owned(),
        expired: false,
    })?;
    let credentials = provider.provide_credentials().await;
    credentials.map_err(|error| LiveError::Credentials {
        problem: said(&error),
        expired: true,
    })
}

/// A request with its signature; shown without it.
struct Signed {
    headers: Vec<(String, String)>,
    body: String,
}

impl fmt::Debug for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signed").finish_non_exhaustive()
    }
}

impl Signed {
    fn into_http(self) -> Result<HttpRequest, BoxError> {
        let mut request = HttpRequest::new(SdkBody::from(self.body));
        request.set_method("POST")?;
        request.set_uri("/")?;
        for (name, value) in self.headers {
            request.headers_mut().try_insert(name, value)?;
        }
        Ok(request)
    }
}

/// What the service answered instead.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Refused(ErrorMetadata);

impl ProvideErrorMetadata for Refused {
    fn meta(&self) -> &ErrorMetadata {
        &self.0
    }
}

fn read(
    response: &HttpResponse,
    refusal: fn(&str) -> (String, String),
) -> Result<String, OrchestratorError<Refused>> {
    let text = String::from_utf8_lossy(response.body().bytes().unwrap_or_default());
    if response.status().is_success() {
        return Ok(text.into_owned());
    }
    let (code, message) = refusal(&text);
    let code = match code.as_str() {
        "" => format!("status {}", response.status()),
        code => code.to_owned(),
    };
    let metadata = ErrorMetadata::builder().code(code).message(message).build();
    Err(OrchestratorError::operation(Refused(metadata)))
}

/// Tries again what was refused for its rate, or for no reason of the caller's.
#[derive(Debug)]
struct Passing;

impl ClassifyRetry for Passing {
    fn name(&self) -> &'static str {
        "throttling and faults of the service's own"
    }

    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(Err(error)) = context.output_or_error() else {
            return RetryAction::NoActionIndicated;
        };
        let refused = error.as_operation_error();
        let refused = refused.and_then(|error| error.downcast_ref::<Refused>());
        let code = refused
            .and_then(|refused| refused.code())
            .unwrap_or_default();
        let response = context.response();
        if ["Throttl", "TooManyRequests", "RequestLimitExceeded"]
            .iter()
            .any(|start| code.starts_with(start))
        {
            RetryAction::throttling_error()
        } else if response.is_some_and(|response| response.status().as_u16() >= 500) {
            RetryAction::server_error()
        } else {
            RetryAction::NoActionIndicated
        }
    }
}
