//! The protocols: from bytes to an operation's name and parameters, and back.

mod form;
mod json;
pub(crate) mod route;
mod xml;

use bytes::Bytes;
use http::Response;
use serde_json::Value;

use crate::failure::Failure;
use crate::service::{Protocol, Service};

pub(crate) use form::parameters as form_parameters;

/// Writes an operation's output.
pub(crate) fn success(
    service: Service,
    operation: &str,
    output: &Value,
    request_id: &str,
) -> Response<Bytes> {
    match service.protocol() {
        Protocol::Query => xml::query_success(service, operation, output, request_id),
        Protocol::Ec2 => xml::ec2_success(operation, output, request_id),
        Protocol::RestJson | Protocol::Json11 | Protocol::S3 => {
            json::success(service, output, request_id)
        }
    }
}

/// Writes an error.
pub(crate) fn failure(service: Service, failure: &Failure, request_id: &str) -> Response<Bytes> {
    match service.protocol() {
        Protocol::Query => xml::query_failure(service, failure, request_id),
        Protocol::Ec2 => xml::ec2_failure(failure, request_id),
        Protocol::S3 => xml::s3_failure(failure, request_id),
        Protocol::RestJson | Protocol::Json11 => json::failure(service, failure, request_id),
    }
}

fn response(
    status: u16,
    content_type: &'static str,
    request_id: &str,
    body: String,
) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    if let Ok(status) = http::StatusCode::from_u16(status) {
        *response.status_mut() = status;
    }
    let headers = response.headers_mut();
    headers.insert(
        http::header::CONTENT_TYPE,
        http::HeaderValue::from_static(content_type),
    );
    if let Ok(id) = http::HeaderValue::from_str(request_id) {
        headers.insert("x-amzn-requestid", id);
    }
    response
}
