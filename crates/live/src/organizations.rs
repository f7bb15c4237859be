//! The accounts of an organisation, as AWS Organizations tells them.
//!
//! This is one call of one API. A generated client for it would be the largest thing in this crate, so
//! the call is written out here, and carried out by the machinery that the generated clients have.

use std::fmt;
use std::time::SystemTime;

use aws_config::BehaviorVersion;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::classifiers::TransientErrorClassifier;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::metadata::{ErrorMetadata, ProvideErrorMetadata};
use rolecall_arn::AccountId;
use serde_json::{Value, json};

use crate::missing::Missing;
use crate::{Connection, LiveError};

/// An account of an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberAccount {
    /// Its id.
    pub id: AccountId,
    /// The name that the organisation gave it.
    pub name: String,
}

const CALL: &str = "organizations:ListAccounts";

/// The active accounts of the organisation, in the order of their ids. Only its management account
/// and delegated administrators may ask (AWS Organizations API Reference, `ListAccounts`).
///
/// # Errors
/// Any refusal: without the list there is nothing to go on with.
pub async fn member_accounts(connection: &Connection) -> Result<Vec<MemberAccount>, LiveError> {
    let home = Home::of(connection);
    let mut members = Vec::new();
    let mut next: Option<String> = None;
    loop {
        let page = home.list_accounts(connection, next.as_deref()).await?;
        members.extend(page.accounts);
        next = page.next;
        if next.is_none() {
            members.sort_by_key(|member: &MemberAccount| member.id);
            return Ok(members);
        }
    }
}

/// Where Organizations answers: in one region of the partition
/// (AWS General Reference, "AWS Organizations endpoints and quotas").
struct Home {
    region: &'static str,
    url: String,
}

impl Home {
    fn of(connection: &Connection) -> Self {
        let (region, suffix) = match connection.region() {
            china if china.starts_with("cn-") => ("cn-northwest-1", "amazonaws.com.cn"),
            government if government.starts_with("us-gov-") => ("us-gov-west-1", "amazonaws.com"),
            _ => ("us-east-1", "amazonaws.com"),
        };
        let url = connection.aws.endpoint_url().map_or_else(
            || format!("https://organizations.{region}.{suffix}"),
            |url| url.trim_end_matches('/').to_owned(),
        );
        Self { region, url }
    }

    async fn list_accounts(
        &self,
        connection: &Connection,
        next: Option<&str>,
    ) -> Result<Page, LiveError> {
        let body = match next {
            None => json!({}),
            Some(token) => json!({ "NextToken": token }),
        }
        .to_string();
        let request = self.signed(connection, body).await?;
        let mut operation = Operation::builder()
            .service_name("organizations")
            .operation_name("ListAccounts")
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&self.url)
            .no_auth()
            .retry_classifier(TransientErrorClassifier::<Refused>::new())
            .retry_classifier(Throttled);
        if let Some(client) = connection.aws.http_client() {
            operation = operation.http_client(client);
        }
        if let Some(retries) = connection.aws.retry_config() {
            operation = operation.standard_retry(retries);
        }
        if let Some(timeouts) = connection.aws.timeout_config() {
            operation = operation.timeout_config(timeouts.clone());
        }
        let operation = operation
            .serializer(|request: Signed| request.into_http())
            .deserializer(read)
            .build();
        operation.invoke(request).await.map_err(|error| {
            let missing = Missing::of(&error, CALL, "*");
            match missing.into_error() {
                LiveError::Unreachable { problem, .. } => LiveError::Unreachable {
                    endpoint: self.url.clone(),
                    problem,
                },
                error => error,
            }
        })
    }

    async fn signed(&self, connection: &Connection, body: String) -> Result<Signed, LiveError> {
        let credentials = credentials(connection).await?;
        let failed = |problem: String| LiveError::Failed {
            call: CALL.to_owned(),
            problem,
        };
        let identity = credentials.into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name("organizations")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| failed(error.to_string()))?
            .into();
        let url = format!("{}/", self.url);
        let headers = [
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", "AWSOrganizationsV20161128.ListAccounts"),
        ];
        let signable = SignableRequest::new(
            "POST",
            url.as_str(),
            headers.into_iter(),
            SignableBody::Bytes(body.as_bytes()),
        )
        .map_err(|error| failed(error.to_string()))?;
        let (instructions, _) = sign(signable, &params)
            .map_err(|error| failed(error.to_string()))?
            .into_parts();
        let mut all: Vec<(String, String)> = headers
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        all.extend(
            instructions
                .headers()
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        Ok(Signed { headers: all, body })
    }
}

async fn credentials(connection: &Connection) -> Result<Credentials, LiveError> {
    let failed = |problem: String| LiveError::Credentials {
        problem,
        expired: false,
    };
    let provider = connection
        .aws
        .credentials_provider()
        .ok_or_else(|| failed("there are none".to_owned()))?;
    provider
        .provide_credentials()
        .await
        .map_err(|error| failed(error.to_string()))
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

/// A page of accounts, and how to go on.
#[derive(Debug)]
struct Page {
    accounts: Vec<MemberAccount>,
    next: Option<String>,
}

/// What Organizations answered instead.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Refused(ErrorMetadata);

impl ProvideErrorMetadata for Refused {
    fn meta(&self) -> &ErrorMetadata {
        &self.0
    }
}

fn read(response: &HttpResponse) -> Result<Page, OrchestratorError<Refused>> {
    let body = response.body().bytes().unwrap_or_default();
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |value: &Value, name: &str| value.get(name)?.as_str().map(str::to_owned);
    if !response.status().is_success() {
        let code = text(&body, "__type").unwrap_or_else(|| response.status().to_string());
        let message = text(&body, "message").or_else(|| text(&body, "Message"));
        // The code may stand after a namespace and a hash (Smithy, "AWS JSON 1.1 protocol").
        let code = code.rsplit('#').next().unwrap_or(&code).to_owned();
        let metadata = ErrorMetadata::builder()
            .code(code)
            .message(message.unwrap_or_default())
            .build();
        return Err(OrchestratorError::operation(Refused(metadata)));
    }
    let listed = body.get("Accounts").and_then(Value::as_array);
    let accounts = listed.into_iter().flatten().filter_map(|account| {
        let active = text(account, "Status").is_none_or(|status| status == "ACTIVE");
        let id = text(account, "Id")?.parse().ok()?;
        let name = text(account, "Name").unwrap_or_default();
        active.then_some(MemberAccount { id, name })
    });
    Ok(Page {
        accounts: accounts.collect(),
        next: text(&body, "NextToken").filter(|token| !token.is_empty()),
    })
}

/// Tries again what was refused for its rate, or for no reason of the caller's.
#[derive(Debug)]
struct Throttled;

impl ClassifyRetry for Throttled {
    fn name(&self) -> &'static str {
        "organizations"
    }

    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(response) = context.response() else {
            return RetryAction::NoActionIndicated;
        };
        let body = response.body().bytes().unwrap_or_default();
        let says = |word: &[u8]| body.windows(word.len()).any(|part| part == word);
        if says(b"TooManyRequestsException") || says(b"ThrottlingException") {
            RetryAction::throttling_error()
        } else if response.status().as_u16() >= 500 {
            RetryAction::server_error()
        } else {
            RetryAction::NoActionIndicated
        }
    }
}
