//! Entity tags of documents that clients cache.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use http::HeaderValue;
use http::header::IF_NONE_MATCH;
use http::request::Parts;

/// The tag of a body: equal bodies have equal tags, in every process.
pub(crate) fn etag(body: &[u8]) -> HeaderValue {
    let text = format!("\"{:016X}\"", digest(body));
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("\"0\""))
}

/// A short fingerprint of a body, for caches, not for secrets.
pub(crate) fn digest(body: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    hasher.finish()
}

/// Whether the client has this already.
pub(crate) fn not_modified(request: &Parts, tag: &HeaderValue) -> bool {
    let sent = request
        .headers
        .get(IF_NONE_MATCH)
        .and_then(|v| v.to_str().ok());
    let tag = tag.to_str().unwrap_or_default();
    sent.is_some_and(|sent| {
        sent.split(',')
            .any(|one| one.trim().trim_start_matches("W/") == tag)
    })
}
