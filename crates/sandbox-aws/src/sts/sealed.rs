//! Encoded authorization messages: who may read why a call was refused, IAM decides.

use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use rolecall_policy::{Context, Decision, Effect, StatementEffect};
use serde_json::{Value, json};

use crate::authorize::Ask;
use crate::call::Call;
use crate::failure::Failure;
use crate::operation::Outcome;
use crate::sigv4::hmac;
use crate::state::State;

/// Longest text a message unfolds to, in bytes: ours are far shorter.
const LONGEST: u64 = 1 << 20;
/// Bytes of the tag that is both the proof and the start of the key stream.
const TAG: usize = 16;

/// What EC2 puts behind an `UnauthorizedOperation` and `DecodeAuthorizationMessage` reads.
pub(crate) fn encode_authorization_message(
    call: &Call<'_>,
    ask: &Ask<'_>,
    context: &Context,
    decision: &Decision,
) -> String {
    let text = message(call, ask, context, decision).to_string();
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    let packed = encoder
        .write_all(text.as_bytes())
        .and_then(|()| encoder.finish())
        .unwrap_or_default();
    URL_SAFE_NO_PAD.encode(seal(&key(call), &packed))
}

/// `DecodeAuthorizationMessage` (STS API Reference).
pub(super) fn decode_authorization_message(_state: &State, call: &mut Call<'_>) -> Outcome {
    let encoded = call.parameters.required("EncodedMessage")?;
    call.authorize(&Ask::new("sts:DecodeAuthorizationMessage", "*"))?;
    let text = URL_SAFE_NO_PAD
        .decode(encoded.trim())
        .ok()
        .and_then(|sealed| open(&key(call), &sealed))
        .and_then(|packed| {
            let mut text = String::new();
            let mut decoder = DeflateDecoder::new(packed.as_slice()).take(LONGEST);
            decoder.read_to_string(&mut text).ok().map(|_| text)
        })
        .ok_or_else(|| {
            Failure::new(
                "InvalidAuthorizationMessageException",
                400,
                "The specified authorization message is not valid.",
            )
        })?;
    Ok(json!({"DecodedMessage": text}))
}

/// The shape AWS decodes to (AWS CLI Command Reference, `sts decode-authorization-message`).
fn message(call: &Call<'_>, ask: &Ask<'_>, context: &Context, decision: &Decision) -> Value {
    let items = |items: Vec<Value>| json!({"items": items});
    let matched = decision
        .matched()
        .filter(|statement| statement.effect == StatementEffect::Deny)
        .map(|statement| {
            json!({
                "statementId": statement.sid.as_deref().unwrap_or_default(),
                "effect": "DENY",
            })
        })
        .collect();
    let mut conditions: Vec<(&str, &[String])> = context.iter().collect();
    conditions.sort_unstable();
    let conditions = conditions
        .into_iter()
        .map(|(key, values)| {
            let values = values.iter().map(|value| json!({"value": value})).collect();
            json!({"key": key, "values": items(values)})
        })
        .collect();
    json!({
        "allowed": false,
        "explicitDeny": decision.effect == Effect::ExplicitlyDenied,
        "matchedStatements": items(matched),
        "failures": items(Vec::new()),
        "context": {
            "principal": {"id": call.caller().user_id, "arn": call.caller().arn},
            "action": ask.action,
            "resource": ask.resource,
            "conditions": items(conditions),
        },
    })
}

fn key(call: &Call<'_>) -> [u8; 32] {
    hmac(
        b"authorization messages",
        &call.shared.settings.seed.to_be_bytes(),
    )
}

/// The tag is computed from the text and starts the key stream, so that equal texts are sealed
/// equally and nothing random is needed: the sandbox answers alike under one seed.
fn seal(key: &[u8; 32], text: &[u8]) -> Vec<u8> {
    let proof = hmac(key, text);
    let tag = proof.get(..TAG).unwrap_or_default();
    let mut sealed = tag.to_vec();
    sealed.extend(mixed(key, tag, text));
    sealed
}

fn open(key: &[u8; 32], sealed: &[u8]) -> Option<Vec<u8>> {
    let (tag, body) = sealed.split_at_checked(TAG)?;
    let text: Vec<u8> = mixed(key, tag, body).collect();
    (hmac(key, &text).get(..TAG)? == tag).then_some(text)
}

/// The bytes xored with a key stream of HMAC blocks in counter mode.
fn mixed<'a>(
    key: &'a [u8; 32],
    tag: &'a [u8],
    bytes: &'a [u8],
) -> impl Iterator<Item = u8> + use<'a> {
    bytes
        .chunks(32)
        .zip(1_u64..)
        .flat_map(move |(chunk, block)| {
            let mut start = tag.to_vec();
            start.extend_from_slice(&block.to_be_bytes());
            let stream = hmac(key, &start);
            let mixed: Vec<u8> = chunk.iter().zip(stream).map(|(a, b)| a ^ b).collect();
            mixed
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_text_opens_with_its_key_only_and_unchanged_only() {
        let text: Vec<u8> = (0..=255).collect();
        let sealed = seal(&[1; 32], &text);
        assert_eq!(open(&[1; 32], &sealed), Some(text.clone()));
        assert_eq!(open(&[2; 32], &sealed), None);
        let mut changed = sealed.clone();
        if let Some(byte) = changed.last_mut() {
            *byte ^= 1;
        }
        assert_eq!(open(&[1; 32], &changed), None);
        assert_eq!(open(&[1; 32], &[1, 2]), None);
        assert!(!sealed.windows(4).any(|part| part == [10, 11, 12, 13]));
    }
}
