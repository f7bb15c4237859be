//! `/openapi/v2` and `/openapi/v3`: what the kinds look like.

use bytes::Bytes;
use http::Response;
use http::request::Parts;

use crate::resource::Registry;

/// Answers an OpenAPI request; nothing if the path is none.
pub fn respond(_registry: &Registry, _request: &Parts) -> Option<Response<Bytes>> {
    None
}

/// The name of the OpenAPI definition of a core kind, as `io.k8s.api.core.v1.Node`.
pub(crate) fn definition_name(_group: &str, _version: &str, _kind: &str) -> Option<String> {
    None
}

/// The compiled schema of an OpenAPI definition.
pub(crate) fn core_structure(_name: &str) -> crate::schema::Structure {
    crate::schema::Structure::anything()
}
