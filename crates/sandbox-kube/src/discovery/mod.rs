//! `/api`, `/apis` and below: which kinds there are.

use bytes::Bytes;
use http::Response;
use http::request::Parts;

use crate::resource::Registry;

/// Answers a discovery request; nothing if the path is none.
pub fn respond(_registry: &Registry, _request: &Parts) -> Option<Response<Bytes>> {
    None
}
