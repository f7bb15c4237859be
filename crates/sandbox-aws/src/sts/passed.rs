//! What a caller passes into a session: policies and tags.

use std::collections::BTreeMap;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use rolecall_policy::{Policy, PolicyKind};
use serde_json::Value;

use super::constraints::invalid;
use crate::failure::Failure;
use crate::parameters::Parameters;
use crate::state::State;

/// Session policies and tags, checked.
#[derive(Default)]
pub(super) struct Passed {
    pub(super) policy: Option<String>,
    pub(super) policy_arns: Vec<String>,
    pub(super) tags: BTreeMap<String, String>,
    /// `PackedPolicySize`, in per cent.
    pub(super) packed: Option<u64>,
}

/// The packed size that makes 100 %. AWS says neither how it packs nor how much is too much, so
/// the percentage here is an estimate: deflated bytes of this many.
const PACKED_LIMIT: u64 = 2048;

impl Passed {
    /// Reads and checks what was passed. `inherited` are the transitive tags of the caller's own
    /// session, which cannot be changed (IAM User Guide, "Pass session tags in AWS STS").
    pub(super) fn read(
        state: &State,
        parameters: &Parameters,
        inherited: &BTreeMap<String, String>,
    ) -> Result<Self, Failure> {
        let policy = parameters.text("Policy").map(str::to_owned);
        if let Some(text) = &policy {
            check_policy(text)?;
        }
        let policy_arns = policy_arns(state, parameters)?;
        let tags = tags(parameters, inherited)?;
        let mut passed = Self {
            policy,
            policy_arns,
            tags,
            packed: None,
        };
        passed.pack(inherited)?;
        Ok(passed)
    }

    fn pack(&mut self, inherited: &BTreeMap<String, String>) -> Result<(), Failure> {
        let mut bytes = Vec::new();
        bytes.extend_from_slice(self.policy.as_deref().unwrap_or_default().as_bytes());
        for arn in &self.policy_arns {
            bytes.extend_from_slice(arn.as_bytes());
        }
        for (key, value) in self.tags.iter().chain(inherited) {
            bytes.extend_from_slice(key.as_bytes());
            bytes.extend_from_slice(value.as_bytes());
        }
        if bytes.is_empty() {
            return Ok(());
        }
        let percent = (deflated(&bytes) * 100).div_ceil(PACKED_LIMIT);
        if percent > 100 {
            return Err(Failure::new(
                "PackedPolicyTooLarge",
                400,
                format!("Packed policy consumes {percent}% of allotted space, please use smaller policy."),
            )
            .recorded_as("PackedPolicyTooLargeException"));
        }
        self.packed = Some(percent);
        Ok(())
    }
}

fn deflated(bytes: &[u8]) -> u64 {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    let packed = encoder
        .write_all(bytes)
        .and_then(|()| encoder.finish())
        .map_or(bytes.len(), |packed| packed.len());
    u64::try_from(packed).unwrap_or(u64::MAX / 100)
}

fn check_policy(text: &str) -> Result<(), Failure> {
    if text.is_empty() || text.chars().count() > 2048 {
        let bound = if text.is_empty() {
            "greater than or equal to 1"
        } else {
            "less than or equal to 2048"
        };
        return Err(invalid(format!(
            "1 validation error detected: Value '{text}' at 'policy' failed to satisfy constraint: \
             Member must have length {bound}"
        )));
    }
    Policy::accept(PolicyKind::Session, "session policy", text)
        .map(|_| ())
        .map_err(|refused| {
            Failure::new("MalformedPolicyDocument", 400, refused.reason())
                .recorded_as("MalformedPolicyDocumentException")
        })
}

fn policy_arns(state: &State, parameters: &Parameters) -> Result<Vec<String>, Failure> {
    let arns: Vec<String> = parameters
        .list("PolicyArns")
        .into_iter()
        .filter_map(|item| item.get("arn").or_else(|| item.get("Arn"))?.as_str())
        .map(str::to_owned)
        .collect();
    if arns.len() > 10 {
        return Err(invalid(
            "1 validation error detected: Value at 'policyArns' failed to satisfy constraint: \
             Member must have length less than or equal to 10",
        ));
    }
    for arn in &arns {
        if crate::standing::managed_policy(state, arn).is_none() {
            return Err(Failure::new(
                "ValidationError",
                400,
                format!("Policy ARN {arn} does not exist or is not attachable."),
            )
            .recorded_as("ValidationException"));
        }
    }
    Ok(arns)
}

fn tags(
    parameters: &Parameters,
    inherited: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, Failure> {
    let given = parameters.tags("Tags");
    if given.len() > 50 {
        return Err(invalid(
            "1 validation error detected: Value at 'tags' failed to satisfy constraint: Member \
             must have length less than or equal to 50",
        ));
    }
    let mut tags = BTreeMap::new();
    for (key, value) in given {
        if key.is_empty() || key.chars().count() > 128 || value.chars().count() > 256 {
            return Err(invalid(format!(
                "1 validation error detected: Value '{key}' at 'tags' failed to satisfy \
                 constraint: a key has 1 to 128 characters and a value at most 256"
            )));
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(invalid(format!(
                "Tag key {key} is invalid: keys that begin with aws: are reserved for system use"
            )));
        }
        let same = |other: &String| other.eq_ignore_ascii_case(&key);
        if tags.keys().any(same) {
            return Err(Failure::new(
                "InvalidParameterValue",
                400,
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
            ));
        }
        if inherited.keys().any(same) {
            return Err(Failure::new(
                "InvalidParameterValue",
                400,
                format!("Tag key {key} is transitive in this session and cannot be passed again"),
            ));
        }
        tags.insert(key, value);
    }
    Ok(tags)
}

/// `TransitiveTagKeys`, which must be keys of the tags passed.
pub(super) fn transitive_keys(
    parameters: &Parameters,
    tags: &BTreeMap<String, String>,
) -> Result<Vec<String>, Failure> {
    let keys: Vec<String> = parameters
        .list("TransitiveTagKeys")
        .into_iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    for key in &keys {
        if !tags.keys().any(|tag| tag.eq_ignore_ascii_case(key)) {
            return Err(Failure::new(
                "InvalidParameterValue",
                400,
                format!("The transitive tag key {key} is not among the tags of this call"),
            ));
        }
    }
    Ok(keys)
}
