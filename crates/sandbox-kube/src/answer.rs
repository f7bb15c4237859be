//! What a request is answered with.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use serde_json::Value;

use crate::status::Status;
use crate::watch::Watch;

/// The answer to one request.
#[derive(Debug)]
pub enum Answer {
    /// A response with its whole body.
    Whole(Response<Bytes>),
    /// The head of a watch, and the stream its body is read from, one JSON event a line.
    Watch(Response<()>, Watch),
}

impl Answer {
    /// The response, or nothing if this is a watch.
    pub fn whole(self) -> Option<Response<Bytes>> {
        match self {
            Self::Whole(response) => Some(response),
            Self::Watch(..) => None,
        }
    }

    /// The watch, or nothing if this is a whole response (for example a refusal).
    pub fn watch(self) -> Option<Watch> {
        match self {
            Self::Whole(_) => None,
            Self::Watch(_, watch) => Some(watch),
        }
    }
}

/// A response of this code with this JSON document.
pub(crate) fn json(code: StatusCode, body: &Value) -> Response<Bytes> {
    bytes(
        code,
        "application/json",
        serde_json::to_vec(body).unwrap_or_default().into(),
    )
}

/// A response of this code and media type.
pub(crate) fn bytes(code: StatusCode, media: &'static str, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = code;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(media));
    response
}

impl From<&Status> for Response<Bytes> {
    fn from(status: &Status) -> Self {
        let mut response = json(status.http_code(), &status.to_value());
        if let Some(seconds) = status
            .details
            .as_ref()
            .and_then(|details| details.retry_after)
        {
            response
                .headers_mut()
                .insert(http::header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
