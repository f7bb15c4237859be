//! What IAM takes as the document of an identity policy.

use rolecall_policy::{Policy, PolicyKind};

use super::failures::malformed_policy;
use crate::failure::Failure;

/// Refuses a document in AWS's words.
pub(super) fn accept(text: &str) -> Result<(), Failure> {
    Policy::accept(PolicyKind::Identity, "PolicyDocument", text)
        .map(|_| ())
        .map_err(|error| malformed_policy(error.reason()))
}

/// The characters that count against a quota: IAM does not count white space (IAM User Guide, "IAM
/// and AWS STS quotas").
pub(super) fn size(text: &str) -> usize {
    text.chars().filter(|c| !c.is_whitespace()).count()
}
