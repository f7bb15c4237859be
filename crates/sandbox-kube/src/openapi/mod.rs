//! `/openapi/v2` and `/openapi/v3`: what the kinds look like.

use bytes::Bytes;
use http::Response;
use http::request::Parts;

use crate::resource::Registry;

/// Answers an OpenAPI request; nothing if the path is none.
pub fn respond(_registry: &Registry, _request: &Parts) -> Option<Response<Bytes>> {
    None
}
