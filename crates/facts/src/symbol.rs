//! Text that stands for what is known only when files are applied.
//!
//! The spelling is CloudFormation's, which users know. The same symbol in two ARNs of one snapshot
//! means the same value, so the ARNs compare; against a literal account the answer stays open.

/// The account the files are applied to.
pub const ACCOUNT: &str = "${AWS::AccountId}";
/// The partition the files are applied to.
pub const PARTITION: &str = "${AWS::Partition}";
/// The region the files are applied to.
pub const REGION: &str = "${AWS::Region}";

/// The symbol for the unknown number `index` of a policy document.
#[must_use]
pub fn unknown(index: usize) -> String {
    format!("${{Rolecall::Unknown::{index}}}")
}

/// Whether the text holds a symbol made by [`unknown`].
#[must_use]
pub fn has_unknown(text: &str) -> bool {
    text.contains("${Rolecall::Unknown::")
}
