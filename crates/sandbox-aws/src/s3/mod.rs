//! The Simple Storage Service: enough for CloudTrail's files and their readers.
//!
//! ```text
//!  request ─ serve ─▶ s3s: signature, parsing ─ access ─▶ IAM ─▶ store ─▶ state ─▶ s3s ─▶ answer
//! ```
//!
//! The wire format, the signatures of chunked bodies and the many headers are those of the crate
//! `s3s`; what buckets and objects are, who may, and what is recorded is ours.

mod access;
mod buckets;
mod chunked;
mod listing;
mod objects;
mod operations;
mod serve;
mod state;
mod store;
mod uploads;

use md5::{Digest as _, Md5};

pub(crate) use access::service_may;
pub(crate) use serve::serve;
pub(crate) use state::object_key;
pub use state::{Bucket, Object, ObjectHeaders, Part, S3, Upload};

/// The MD5 of an object's bytes, as S3 names them.
pub(crate) fn etag(body: &[u8]) -> String {
    crate::sigv4::hex(&Md5::digest(body))
}

/// A time as `s3s` writes it.
fn written_at(time: jiff::Timestamp) -> s3s::dto::Timestamp {
    let millis = u64::try_from(time.as_millisecond()).unwrap_or(0);
    (std::time::UNIX_EPOCH + std::time::Duration::from_millis(millis)).into()
}
