use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rolecall_sandbox_aws::Service;
use rolecall_sandbox_aws::sigv4::{self, Credentials};
use serde_json::Value;

use super::{AwsError, AwsTransport, Element};

/// Everything but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// How often a call is made that is throttled or fails on the other side, before it is given up.
const ATTEMPTS: usize = 5;

/// Signs requests and reads answers, in the protocols of IAM, STS, EC2 and EKS.
#[derive(Clone)]
pub(crate) struct AwsClient {
    pub(crate) transport: Arc<dyn AwsTransport>,
    pub(crate) region: String,
    /// `amazonaws.com`, or `amazonaws.com.cn`.
    pub(crate) suffix: &'static str,
}

/// The fields of a call in the query protocol.
#[derive(Default)]
pub(crate) struct Fields(String);

impl Fields {
    /// A field.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.0.push('&');
        self.0.extend(utf8_percent_encode(name, RESERVED));
        self.0.push('=');
        self.0.extend(utf8_percent_encode(value, RESERVED));
        self
    }

    /// A field for each of these values, `NAME.1` and so on.
    pub(crate) fn with_list<'a>(
        self,
        name: &str,
        values: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        (1..).zip(values).fold(self, |fields, (at, value)| {
            fields.with(&format!("{name}.{at}"), value)
        })
    }

    /// `NAME.1.Key` and `NAME.1.Value`, and so on.
    pub(crate) fn with_tags<'a>(
        self,
        name: &str,
        tags: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        (1..).zip(tags).fold(self, |fields, (at, (key, value))| {
            fields
                .with(&format!("{name}.{at}.Key"), key)
                .with(&format!("{name}.{at}.Value"), value)
        })
    }
}

impl AwsClient {
    /// A call of IAM, STS or EC2. The element is the one the result is in.
    pub(crate) fn query(
        &self,
        credentials: &Credentials,
        service: Service,
        operation: &'static str,
        fields: &Fields,
    ) -> Result<Element, AwsError> {
        let host = match service {
            Service::Iam => format!("iam.{}", self.suffix),
            _ => format!("{}.{}.{}", service.name(), self.region, self.suffix),
        };
        // IAM has one endpoint; its requests are signed for the region that stands for it.
        let region = match service {
            Service::Iam if self.suffix == "amazonaws.com" => "us-east-1",
            _ => &self.region,
        };
        let body = format!(
            "Action={operation}&Version={}{}",
            service.version(),
            fields.0
        );
        let response = self.call(operation, || {
            let mut request = Request::new(Bytes::from(body.clone()));
            *request.method_mut() = http::Method::POST;
            *request.uri_mut() = format!("https://{host}/").parse().unwrap_or_default();
            request.headers_mut().insert(
                http::header::CONTENT_TYPE,
                http::HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8"),
            );
            sigv4::sign(
                &mut request,
                credentials,
                region,
                service.name(),
                Timestamp::now(),
            );
            request
        })?;
        let root = std::str::from_utf8(response.body())
            .ok()
            .and_then(Element::parse);
        if response.status().is_success() {
            let root = root.ok_or(AwsError::Unreadable {
                operation,
                missing: "XML",
            })?;
            let inner = root.at(&format!("{operation}Result")).cloned();
            return Ok(inner.unwrap_or(root));
        }
        let error = root.as_ref().and_then(|root| {
            root.at("Error")
                .or_else(|| root.at("Errors/Error"))
                .cloned()
        });
        let error = error.unwrap_or_default();
        Err(AwsError::Answered {
            operation,
            code: error.text("Code").to_owned(),
            message: error.text("Message").to_owned(),
            status: response.status().as_u16(),
        })
    }

    /// A GET of EKS; the steps of the path are encoded here.
    pub(crate) fn get(
        &self,
        credentials: &Credentials,
        operation: &'static str,
        path: &[&str],
    ) -> Result<Value, AwsError> {
        let mut url = format!("https://eks.{}.{}", self.region, self.suffix);
        for step in path {
            url.push('/');
            url.extend(utf8_percent_encode(step, RESERVED));
        }
        let response = self.call(operation, || {
            let mut request = Request::new(Bytes::new());
            *request.uri_mut() = url.parse().unwrap_or_default();
            sigv4::sign(
                &mut request,
                credentials,
                &self.region,
                "eks",
                Timestamp::now(),
            );
            request
        })?;
        let body: Option<Value> = serde_json::from_slice(response.body()).ok();
        if response.status().is_success() {
            return body.ok_or(AwsError::Unreadable {
                operation,
                missing: "JSON",
            });
        }
        let member = |name: &str| {
            let text = body.as_ref()?.get(name)?.as_str()?;
            Some(text.to_owned())
        };
        let code = response
            .headers()
            .get("x-amzn-errortype")
            .and_then(|code| code.to_str().ok())
            .map(|code| code.split(':').next().unwrap_or_default().to_owned());
        Err(AwsError::Answered {
            operation,
            code: code.or_else(|| member("__type")).unwrap_or_default(),
            message: member("message")
                .or_else(|| member("Message"))
                .unwrap_or_default(),
            status: response.status().as_u16(),
        })
    }

    /// Sends a request, again where the answer is that it may work the next time.
    fn call(
        &self,
        operation: &'static str,
        request: impl Fn() -> Request<Bytes>,
    ) -> Result<Response<Bytes>, AwsError> {
        let mut last = self.transport.send(request());
        for _ in 1..ATTEMPTS {
            let again = match &last {
                Ok(response) => {
                    response.status().is_server_error()
                        || response.status() == http::StatusCode::TOO_MANY_REQUESTS
                        || is_throttled(response)
                }
                Err(_) => true,
            };
            if !again {
                break;
            }
            last = self.transport.send(request());
        }
        last.map_err(|why| AwsError::Unanswered { operation, why })
    }
}

/// The query protocols throttle with 400 and a code (IAM API Reference, "Common Errors").
fn is_throttled(response: &Response<Bytes>) -> bool {
    response.status() == http::StatusCode::BAD_REQUEST
        && std::str::from_utf8(response.body()).is_ok_and(|text| {
            text.contains("<Code>Throttling") || text.contains("<Code>RequestLimitExceeded")
        })
}
