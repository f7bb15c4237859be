//! The Simple Storage Service: enough for CloudTrail's files and their readers.

mod access;
mod state;

use md5::{Digest as _, Md5};

pub(crate) use access::service_may;
pub(crate) use state::object_key;
pub use state::{Bucket, Object, ObjectHeaders, Part, S3, Upload};

/// The MD5 of an object's bytes, as S3 names them.
pub(crate) fn etag(body: &[u8]) -> String {
    crate::sigv4::hex(&Md5::digest(body))
}
