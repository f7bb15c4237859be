use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jiff::Timestamp;
use rolecall_arn::AccountId;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::table::{AnyTable, Table};

/// Everything S3 keeps. Buckets have one name in all accounts; the keys of objects are
/// `<bucket>/<key>`, of uploads `<bucket>/<upload id>`, of parts `<upload id>/<number>`.
pub struct S3 {
    pub(crate) buckets: Table<Bucket>,
    pub(crate) objects: Table<Object>,
    pub(crate) uploads: Table<Upload>,
    pub(crate) parts: Table<Part>,
}

/// A bucket.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Bucket {
    /// Its owner.
    pub account: AccountId,
    /// Where it is.
    pub region: String,
    /// When it was made.
    pub created: Timestamp,
    /// The bucket policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
}

/// An object.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Object {
    /// Its bytes; in a saved state as base 64.
    #[serde(serialize_with = "to_base64", deserialize_with = "from_base64")]
    pub body: Bytes,
    /// Without quotes.
    pub etag: String,
    /// When it was written.
    pub modified: Timestamp,
    /// What came with it.
    #[serde(flatten)]
    pub headers: ObjectHeaders,
}

/// Headers that are given back with an object.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ObjectHeaders {
    /// `Content-Type`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// `Content-Encoding`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_encoding: Option<String>,
    /// `x-amz-meta-…`
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}

/// A multipart upload that is not complete.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Upload {
    /// The object's key.
    pub key: String,
    /// When it began.
    pub began: Timestamp,
    /// For the object to be.
    #[serde(flatten)]
    pub headers: ObjectHeaders,
}

/// A part of an upload.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Part {
    /// Its bytes.
    #[serde(serialize_with = "to_base64", deserialize_with = "from_base64")]
    pub body: Bytes,
    /// Without quotes.
    pub etag: String,
    /// When it came.
    pub modified: Timestamp,
}

fn to_base64<S: Serializer>(body: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&STANDARD.encode(body))
}

fn from_base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
    let text = String::deserialize(deserializer)?;
    STANDARD
        .decode(text)
        .map(Bytes::from)
        .map_err(serde::de::Error::custom)
}

/// The key of an object.
pub(crate) fn object_key(bucket: &str, key: &str) -> String {
    format!("{bucket}/{key}")
}

impl S3 {
    pub(crate) fn new() -> Self {
        Self {
            buckets: Table::new("s3.buckets"),
            objects: Table::new("s3.objects"),
            uploads: Table::new("s3.uploads"),
            parts: Table::new("s3.parts"),
        }
    }

    pub(crate) fn tables(&mut self) -> [&mut dyn AnyTable; 4] {
        [
            &mut self.buckets,
            &mut self.objects,
            &mut self.uploads,
            &mut self.parts,
        ]
    }
}
