//! `/openapi/v2` and `/openapi/v3`: what the kinds look like. `kubectl explain`, `apply` and `create` read
//! them; the server itself validates core kinds by the same definitions.
//!
//! The definitions of core kinds come from the crate `k8s-openapi`, with the merge keys and list types that
//! it leaves out added here ([`annotations`]); those of custom resources from their CRDs. Documents are made
//! when first asked for and kept for the process, by the hash that their address carries.

mod annotations;
mod core;
mod document;
mod index;
mod kinds;
mod paths;
mod v2;

pub(crate) use self::core::{core_structure, definition_name};

use bytes::Bytes;
use http::header::{ACCEPT, CACHE_CONTROL, ETAG, LOCATION, VARY};
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode};

use crate::answer::{bytes, json};
use crate::discovery::{etag, not_modified};
use crate::resource::Registry;
use crate::status::Status;

/// Answers an OpenAPI request; nothing if the path is none.
pub fn respond(registry: &Registry, request: &Parts) -> Option<Response<Bytes>> {
    let rest = request
        .uri
        .path()
        .trim_end_matches('/')
        .strip_prefix("/openapi/")?;
    if !matches!(request.method, Method::GET | Method::HEAD) {
        return None;
    }
    if !takes_json(request) {
        return Some(not_acceptable());
    }
    if rest == "v2" {
        return Some(tagged(
            request,
            bytes(StatusCode::OK, "application/json", v2::document(registry)),
        ));
    }
    if rest == "v3" {
        return Some(tagged(
            request,
            json(StatusCode::OK, &index::document(registry)),
        ));
    }
    let (group, version) = index::group_version(rest.strip_prefix("v3/")?)?;
    registry.of_group_version(group, version).next()?;
    let hash = index::hash(registry, group, version);
    match index::asked_hash(request.uri.query().unwrap_or_default()) {
        Some(asked) if asked != hash => Some(moved(&index::address(group, version, &hash))),
        asked => {
            let body = document::cached(registry, group, version, &hash);
            let mut response = tagged(request, bytes(StatusCode::OK, "application/json", body));
            if asked.is_some() {
                let forever = HeaderValue::from_static("public, immutable");
                response.headers_mut().insert(CACHE_CONTROL, forever);
            }
            Some(response)
        }
    }
}

/// Whether the client reads JSON: kubectl asks for protobuf first where it can do with JSON, too.
fn takes_json(request: &Parts) -> bool {
    let mut ranges = request
        .headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|accept| accept.to_str().ok())
        .flat_map(|accept| accept.split(','))
        .map(|range| range.split(';').next().unwrap_or_default().trim())
        .peekable();
    ranges.peek().is_none()
        || ranges.any(|r| matches!(r, "application/json" | "application/*" | "*/*" | ""))
}

fn not_acceptable() -> Response<Bytes> {
    let text = "only the following media types are accepted: application/json";
    (&Status::new(406, "NotAcceptable", text)).into()
}

fn moved(address: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::MOVED_PERMANENTLY;
    if let Ok(address) = HeaderValue::from_str(address) {
        response.headers_mut().insert(LOCATION, address);
    }
    response
}

fn tagged(request: &Parts, mut response: Response<Bytes>) -> Response<Bytes> {
    let tag = etag(response.body());
    if not_modified(request, &tag) {
        *response.body_mut() = Bytes::new();
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    response.headers_mut().insert(ETAG, tag);
    response
        .headers_mut()
        .insert(VARY, HeaderValue::from_static("Accept"));
    response
}
