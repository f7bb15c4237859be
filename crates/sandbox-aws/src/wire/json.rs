use bytes::Bytes;
use http::{HeaderValue, Response};
use serde_json::{Map, Value};

use super::response;
use crate::failure::Failure;
use crate::service::{Protocol, Service};

fn content_type(service: Service) -> &'static str {
    match service.protocol() {
        Protocol::Json11 => "application/x-amz-json-1.1",
        _ => "application/json",
    }
}

pub(super) fn success(service: Service, output: &Value, request_id: &str) -> Response<Bytes> {
    response(200, content_type(service), request_id, output.to_string())
}

/// REST-JSON tells the code in a header, JSON 1.1 in `__type` (Smithy, "AWS restJson1 protocol" and
/// "AWS JSON 1.1 protocol"). EKS shows message and request id in headers too (EKS API Reference,
/// sample responses).
pub(super) fn failure(service: Service, failure: &Failure, request_id: &str) -> Response<Bytes> {
    let mut body = Map::new();
    let code = &*failure.code;
    if service.protocol() == Protocol::Json11 {
        body.insert("__type".to_owned(), code.into());
    }
    body.extend((*failure.members).clone());
    body.insert("message".to_owned(), failure.message.as_str().into());
    let text = Value::Object(body).to_string();
    let mut response = response(failure.status, content_type(service), request_id, text);
    if let Ok(code) = HeaderValue::from_str(code) {
        response.headers_mut().insert("x-amzn-errortype", code);
    }
    if let Ok(message) = HeaderValue::from_str(&failure.message) {
        response
            .headers_mut()
            .insert("x-amzn-errormessage", message);
    }
    response
}
