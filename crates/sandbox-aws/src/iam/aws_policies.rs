//! The managed policies AWS publishes, as IAM shows them.

use rolecall_arn::Partition;
use rolecall_policy::managed::{self, Heading};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::policies::Uses;

/// A policy of AWS.
pub(super) struct AwsPolicy {
    pub(super) heading: Heading,
    pub(super) arn: String,
}

impl AwsPolicy {
    /// The policy of this ARN, in the sandbox's partition.
    pub(super) fn find(partition: &Partition, arn: &str) -> Option<Self> {
        let heading = Self::of(partition, managed::find(arn)?.heading());
        (heading.arn == arn).then_some(heading)
    }

    /// All of them, sorted by name.
    pub(super) fn all(partition: &Partition) -> impl Iterator<Item = Self> {
        managed::headings().map(|heading| Self::of(partition, heading))
    }

    fn of(partition: &Partition, heading: Heading) -> Self {
        let arn = format!(
            "arn:{partition}:iam::aws:policy{}{}",
            heading.path, heading.name
        );
        Self { heading, arn }
    }

    /// As `GetPolicy` shows it. When AWS made the policy is not known here, so both dates are those
    /// of the version shipped; the id is made of the name.
    pub(super) fn shown(&self, uses: Uses) -> Map<String, Value> {
        let mut shown = Map::new();
        let mut put = |name: &str, value: Value| shown.insert(name.to_owned(), value);
        put("PolicyName", self.heading.name.into());
        put("PolicyId", self.id().into());
        put("Arn", self.arn.as_str().into());
        put("Path", self.heading.path.into());
        put("DefaultVersionId", self.heading.version.into());
        put("AttachmentCount", uses.attachments.into());
        put("PermissionsBoundaryUsageCount", uses.boundaries.into());
        put("IsAttachable", true.into());
        put("CreateDate", self.date().into());
        put("UpdateDate", self.date().into());
        shown
    }

    pub(super) fn date(&self) -> String {
        format!("{}T00:00:00Z", self.heading.updated)
    }

    /// `ANPA` and seventeen letters.
    fn id(&self) -> String {
        const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let digest = Sha256::digest(self.heading.name);
        let letters = digest
            .iter()
            .take(17)
            .filter_map(|byte| LETTERS.get(usize::from(byte % 32)))
            .map(|letter| char::from(*letter));
        "ANPA".chars().chain(letters).collect()
    }
}
