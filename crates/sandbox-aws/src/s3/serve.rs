//! One request to S3: found out whose it is, carried through `s3s`, recorded.

use std::future::Future;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Request, Response};
use http_body_util::BodyExt as _;
use s3s::host::{S3Host, VirtualHost};
use s3s::service::S3ServiceBuilder;
use s3s::{Body, S3Result};
use serde_json::{Value, json};

use super::access::{ANYBODY, Found, Gate, Keys, Visit};
use super::chunked;
use super::store::Store;
use crate::call::EventResource;
use crate::endpoint::Aws;
use crate::failure::Failure;
use crate::service::Service;
use crate::sigv4::{self, Authorization, Credentials};
use crate::wire;

/// What a request came to.
pub(crate) struct Served {
    pub(crate) response: Response<Bytes>,
    pub(crate) operation: &'static str,
    pub(crate) caller: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) wrote: bool,
}

/// Answers one request. `s3s` is asynchronous and nothing it waits for here is: the body is in
/// memory, and so are the objects.
pub(crate) fn serve(
    aws: &Aws,
    parts: Parts,
    body: Bytes,
    signed: Result<Option<Authorization>, Failure>,
    fault: Option<Failure>,
    source_ip: IpAddr,
    request_id: &str,
) -> Served {
    let visit = match enter(aws, &parts, signed, source_ip, request_id) {
        Ok(visit) => Arc::new(visit),
        Err(failure) => {
            return Served {
                response: wire::failure(Service::S3, &failure, request_id),
                operation: "",
                caller: None,
                error: Some(failure.code.into_owned()),
                wrote: false,
            };
        }
    };
    let request = Request::from_parts(parts, body);
    let request = if visit.secret.is_empty() {
        signed_anew(request, &visit)
    } else {
        request
    };
    let recorded = parameters(&request);
    let response = match &fault {
        Some(failure) => wire::failure(Service::S3, failure, request_id),
        None => carry(&visit, request),
    };
    let error = fault.or_else(|| failure_of(&response));
    let operation = visit.found.lock().operation;
    record(&visit, recorded, &response, error.as_ref());
    let mut response = named(response, request_id);
    if let Ok(id) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert("x-amz-request-id", id);
    }
    Served {
        response,
        operation: operation.map_or("", |operation| operation.name),
        caller: Some(visit.standing.caller.arn.clone()),
        error: error.map(|failure| failure.code.into_owned()),
        wrote: operation.is_some_and(|operation| !operation.read_only),
    }
}

fn enter(
    aws: &Aws,
    parts: &Parts,
    signed: Result<Option<Authorization>, Failure>,
    source_ip: IpAddr,
    request_id: &str,
) -> Result<Visit, Failure> {
    let signed = signed?;
    let any = aws.settings().any_credentials;
    let key = signed.as_ref().map(|signed| signed.access_key_id.as_str());
    let known = key.and_then(|key| aws.find(key));
    let (standing, secret) = match (known, key) {
        (Some((standing, secret, token)), _) => {
            let given = signed
                .as_ref()
                .and_then(|signed| signed.session_token.as_deref());
            if token.as_deref() != given {
                return Err(Failure::new(
                    "InvalidToken",
                    400,
                    "The provided token is malformed or otherwise invalid.",
                ));
            }
            if standing.caller.has_expired(aws.clock().now()) {
                return Err(Failure::new(
                    "ExpiredToken",
                    400,
                    "The provided token has expired.",
                ));
            }
            (standing, secret)
        }
        // No secret: whatever it is signed with, if at all, is taken.
        (None, key) if any => (aws.anybody(key), String::new()),
        (None, Some(_)) => {
            return Err(Failure::new(
                "InvalidAccessKeyId",
                403,
                "The AWS Access Key Id you provided does not exist in our records.",
            ));
        }
        (None, None) => return Err(Failure::new("AccessDenied", 403, "Access Denied")),
    };
    let region = signed.map(|signed| signed.scope.region).unwrap_or_default();
    Ok(Visit {
        aws: aws.clone(),
        standing,
        parts: parts.clone(),
        region: if region.is_empty() {
            aws.settings().region.clone()
        } else {
            region
        },
        source_ip,
        request_id: request_id.to_owned(),
        secret,
        found: parking_lot::Mutex::new(Found::default()),
    })
}

fn signed_anew(request: Request<Bytes>, visit: &Visit) -> Request<Bytes> {
    let (mut parts, mut body) = request.into_parts();
    let chunked = parts
        .headers
        .get("x-amz-content-sha256")
        .is_some_and(|hash| hash.as_bytes().starts_with(b"STREAMING-"));
    if chunked {
        body = chunked::decoded(&body);
        for name in [
            "content-encoding",
            "x-amz-decoded-content-length",
            "x-amz-trailer",
        ] {
            parts.headers.remove(name);
        }
        parts.headers.insert("content-length", body.len().into());
    }
    if let Some(uri) = without_signature(&parts.uri) {
        parts.uri = uri;
    }
    parts.headers.remove("authorization");
    parts.headers.remove("x-amz-security-token");
    let mut request = Request::from_parts(parts, body);
    let credentials = Credentials {
        access_key_id: visit.standing.caller.access_key_id.clone(),
        secret_access_key: ANYBODY.to_owned(),
        session_token: None,
    };
    let now = jiff::Timestamp::now();
    sigv4::sign(&mut request, &credentials, &visit.region, "s3", now);
    request
}

/// The URI of a presigned request before it was signed; `None` when it is not one.
fn without_signature(uri: &http::Uri) -> Option<http::Uri> {
    let query = uri
        .query()
        .filter(|query| query.contains("X-Amz-Signature="))?;
    let fields = query
        .split('&')
        .filter(|field| !field.starts_with("X-Amz-"));
    let query = fields.collect::<Vec<_>>().join("&");
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = format!("{}?{query}", uri.path()).parse().ok();
    http::Uri::from_parts(parts).ok()
}

fn carry(visit: &Arc<Visit>, request: Request<Bytes>) -> Response<Bytes> {
    let mut builder = S3ServiceBuilder::new(Store(Arc::clone(visit)));
    builder.set_auth(Keys(Arc::clone(visit)));
    builder.set_access(Gate(Arc::clone(visit)));
    builder.set_host(Hosts);
    let service = builder.build();
    let (mut parts, body) = request.into_parts();
    // The whole body is here, however it was sent; S3 wants its length said.
    parts
        .headers
        .entry("content-length")
        .or_insert(body.len().into());
    let request = Request::from_parts(parts, Body::from(body));
    let answered = at_once(async move {
        let response = service.call(request).await.ok()?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.ok()?.to_bytes();
        Some(Response::from_parts(parts, body))
    });
    answered.flatten().unwrap_or_else(|| {
        let failure = Failure::new(
            "InternalError",
            500,
            "We encountered an internal error. Please try again.",
        );
        wire::failure(Service::S3, &failure, &visit.request_id)
    })
}

/// The value of a future that waits for nothing but itself.
fn at_once<F: Future>(future: F) -> Option<F::Output> {
    // A stream may ask to be polled again; one that asks this often waits for something.
    const PATIENCE: usize = 100_000;
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..PATIENCE {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return Some(value);
        }
    }
    None
}

/// `bucket.s3.eu-central-1.amazonaws.com` and `bucket.localhost` name a bucket, other hosts do not.
struct Hosts;

impl S3Host for Hosts {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> S3Result<VirtualHost<'a>> {
        let name = host.split(':').next().unwrap_or(host);
        for start in [".s3.", ".s3-", ".localhost"] {
            if let Some((bucket, domain)) = name.rsplit_once(start)
                && (domain.ends_with("amazonaws.com") || domain.is_empty())
            {
                return Ok(VirtualHost::new(host).with_bucket(bucket));
            }
        }
        Ok(VirtualHost::new(host))
    }
}

/// An error names its request in its body, too.
fn named(response: Response<Bytes>, request_id: &str) -> Response<Bytes> {
    let text = std::str::from_utf8(response.body()).unwrap_or_default();
    let error = text.strip_suffix("</Error>");
    let Some(start) = error.filter(|error| !error.contains("<RequestId>")) else {
        return response;
    };
    let body = Bytes::from(format!(
        "{start}<RequestId>{request_id}</RequestId></Error>"
    ));
    let (mut parts, _) = response.into_parts();
    if parts.headers.contains_key("content-length") {
        parts.headers.insert("content-length", body.len().into());
    }
    Response::from_parts(parts, body)
}

fn failure_of(response: &Response<Bytes>) -> Option<Failure> {
    let status = response.status().as_u16();
    if status < 400 {
        return None;
    }
    let text = String::from_utf8_lossy(response.body());
    let element = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        let (inner, _) = rest.split_once(&format!("</{name}>"))?;
        Some(quick_xml::escape::unescape(inner).map_or_else(|_| inner.to_owned(), Into::into))
    };
    let code = element("Code").unwrap_or_else(|| status.to_string());
    let message = element("Message").unwrap_or_default();
    Some(Failure::new(code, status, message))
}

/// What the event says of a request's body: a bucket policy, a bucket's place.
fn parameters(request: &Request<Bytes>) -> Value {
    let query = request.uri().query().unwrap_or_default();
    let host = request
        .headers()
        .get("host")
        .and_then(|host| host.to_str().ok());
    let mut parameters = json!({"Host": host.unwrap_or_default()});
    if let Value::Object(members) = &mut parameters {
        for name in query
            .split('&')
            .filter(|field| matches!(*field, "policy" | "location"))
        {
            members.insert(name.to_owned(), "".into());
        }
        if query.split('&').any(|field| field == "policy")
            && let Ok(policy) = serde_json::from_slice::<Value>(request.body())
        {
            members.insert("bucketPolicy".to_owned(), policy);
        }
    }
    parameters
}

fn record(
    visit: &Visit,
    mut parameters: Value,
    response: &Response<Bytes>,
    error: Option<&Failure>,
) {
    let (operation, bucket) = {
        let found = visit.found.lock();
        (found.operation, found.bucket.clone())
    };
    let Some(operation) = operation.filter(|operation| operation.management) else {
        return;
    };
    let mut call = visit.call();
    if let Some(bucket) = bucket {
        if let Value::Object(members) = &mut parameters {
            members.insert("bucketName".to_owned(), bucket.as_str().into());
        }
        let owner = visit
            .aws
            .read(|state| state.s3.buckets.get(&bucket).map(|bucket| bucket.account));
        let partition = visit.aws.read(|state| state.partition.clone());
        call.notes.resources.push(EventResource {
            account: owner,
            kind: "AWS::S3::Bucket",
            arn: format!("arn:{partition}:s3:::{bucket}"),
        });
    }
    call.notes.request_parameters = Some(parameters);
    call.notes.additional_data = Some(json!({
        "SignatureVersion": "SigV4",
        "CipherSuite": "TLS_AES_128_GCM_SHA256",
        "bytesTransferredIn": 0,
        "AuthenticationMethod": "AuthHeader",
        "bytesTransferredOut": response.body().len(),
    }));
    let outcome = match error {
        Some(failure) => Err(failure.clone()),
        None => Ok(Value::Null),
    };
    visit
        .aws
        .record(operation.name, operation.read_only, call, &outcome);
}
