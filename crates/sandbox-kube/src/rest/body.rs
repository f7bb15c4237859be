//! Reading a request's body, and how the answer is to be written.

use bytes::Bytes;
use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE};
use serde_json::Value;

use crate::protobuf;
use crate::status::Status;

/// The largest body taken, in bytes (kube-apiserver's limit).
pub(crate) const MAX_BODY: usize = 3 * 1024 * 1024;

/// The media type of a body, without parameters and in lower case; `application/json` if none is given.
pub(crate) fn content_type(headers: &HeaderMap) -> String {
    let raw = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let plain = raw
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    if plain.is_empty() {
        "application/json".to_owned()
    } else {
        plain
    }
}

/// 413, if the body is too large.
pub(crate) fn check_size(body: &Bytes) -> Result<(), Status> {
    if body.len() <= MAX_BODY {
        return Ok(());
    }
    let message = format!("Request entity too large: limit is {MAX_BODY}");
    Err(Status::new(413, "RequestEntityTooLarge", message).detailed())
}

/// An object in JSON or YAML.
pub(crate) fn object(headers: &HeaderMap, body: &Bytes) -> Result<Value, Status> {
    match content_type(headers).as_str() {
        "application/json" | "application/yaml" | "application/x-yaml" | "text/yaml" => parse(body),
        protobuf::MEDIA_TYPE => {
            protobuf::decode(body).map_err(|error| Status::bad_request(error.to_string()))
        }
        // What a client sends that sets nothing, as curl does.
        "application/x-www-form-urlencoded" | "text/plain" if looks_like_json(body) => parse(body),
        other => Err(unsupported(
            other,
            "application/json, application/yaml, application/vnd.kubernetes.protobuf",
        )),
    }
}

fn looks_like_json(body: &Bytes) -> bool {
    body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{')
}

/// 415 in Kubernetes' words.
pub(crate) fn unsupported(_given: &str, accepted: &str) -> Status {
    let message = format!(
        "the body of the request was in an unknown format - accepted media types include: {accepted}"
    );
    Status::new(415, "UnsupportedMediaType", message).detailed()
}

/// JSON, or YAML if it does not begin like JSON.
pub(crate) fn parse(body: &Bytes) -> Result<Value, Status> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(Status::bad_request("unable to decode an empty body: EOF"));
    }
    let parsed = if looks_like_json(body) || body.first() == Some(&b'[') {
        serde_json::from_slice(body).map_err(|error| error.to_string())
    } else {
        super::yaml::parse(body)
    };
    parsed.map_err(|error| {
        Status::bad_request(format!(
            "couldn't get version/kind; json parse error: {error}"
        ))
    })
}

/// How a client wants its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Format {
    /// The objects.
    #[default]
    Object,
    /// A `Table` of this version of `meta.k8s.io`.
    Table(&'static str),
    /// The metadata alone, of this version of `meta.k8s.io`.
    Partial(&'static str),
}

/// The first format of the `Accept` header that can be served.
///
/// # Errors
/// 406, if none can be.
pub(crate) fn format(headers: &HeaderMap) -> Result<Format, Status> {
    let Some(accept) = headers.get(ACCEPT).and_then(|value| value.to_str().ok()) else {
        return Ok(Format::Object);
    };
    for choice in accept.split(',') {
        let mut parts = choice.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default();
        let known = [
            "application/json",
            "*/*",
            "application/*",
            "application/yaml",
            "",
        ];
        if !known.contains(&media) {
            continue;
        }
        let mut of_kind = None;
        let mut version = "v1";
        for part in parts {
            match part.split_once('=') {
                Some(("as", kind)) => of_kind = Some(kind),
                Some(("v", "v1beta1")) => version = "v1beta1",
                _ => {}
            }
        }
        match of_kind {
            None => return Ok(Format::Object),
            Some("Table") => return Ok(Format::Table(version)),
            Some("PartialObjectMetadata" | "PartialObjectMetadataList") => {
                return Ok(Format::Partial(version));
            }
            Some(_) => {}
        }
    }
    let message = "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf";
    Err(Status::new(406, "NotAcceptable", message).detailed())
}
