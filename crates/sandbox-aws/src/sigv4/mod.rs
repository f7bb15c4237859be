//! AWS Signature Version 4: checking the signatures of requests, and making them for in-process
//! clients (IAM User Guide, "Create a signed AWS API request").

mod canonical;
mod key;
mod sign;
mod verify;

pub use key::Credentials;
pub(crate) use key::{SigningKeys, hex, hmac};
pub use sign::{presign, sign};
pub(crate) use verify::{Authorization, authorization, check};

/// What a signature is good for: a day, a region and a service.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Scope {
    pub(crate) date: String,
    pub(crate) region: String,
    pub(crate) service: String,
}

impl Scope {
    fn text(&self) -> String {
        format!(
            "{}/{}/{}/aws4_request",
            self.date, self.region, self.service
        )
    }
}

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// `20260101T000000Z`
const STAMP: &str = "%Y%m%dT%H%M%SZ";
