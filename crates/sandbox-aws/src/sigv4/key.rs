use std::collections::HashMap;
use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use parking_lot::Mutex;
use sha2::{Digest, Sha256};

use super::Scope;

/// What a client signs with. `Debug` does not show the secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// `AKIA…` or `ASIA…`.
    pub access_key_id: String,
    /// The secret.
    pub secret_access_key: String,
    /// The token of temporary credentials.
    pub session_token: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

/// A day's signing keys, so that four rounds of HMAC are spent once a day and secret.
#[derive(Default)]
pub(crate) struct SigningKeys(Mutex<HashMap<Scope, HashMap<String, [u8; 32]>>>);

impl SigningKeys {
    /// The key derived from a secret for a scope.
    pub(super) fn get(&self, secret: &str, scope: &Scope) -> [u8; 32] {
        let mut keys = self.0.lock();
        if let Some(key) = keys.get(scope).and_then(|of_scope| of_scope.get(secret)) {
            return *key;
        }
        // Scopes come from clients, and every session has a secret: bounds keep both from filling
        // memory.
        if keys.len() >= 64 {
            keys.clear();
        }
        let of_scope = keys.entry(scope.clone()).or_default();
        if of_scope.len() >= 4096 {
            of_scope.clear();
        }
        let key = derive(secret, scope);
        of_scope.insert(secret.to_owned(), key);
        key
    }
}

pub(super) fn derive(secret: &str, scope: &Scope) -> [u8; 32] {
    let first = format!("AWS4{secret}");
    [
        scope.date.as_str(),
        &scope.region,
        &scope.service,
        "aws4_request",
    ]
    .iter()
    .fold(Vec::from(first), |key, step| {
        hmac(&key, step.as_bytes()).to_vec()
    })
    .try_into()
    .unwrap_or([0; 32])
}

pub(crate) fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    // HMAC takes keys of any length, so the error cannot happen; an all-zero answer matches nothing.
    Hmac::<Sha256>::new_from_slice(key).map_or([0; 32], |mut mac| {
        mac.update(message);
        mac.finalize().into_bytes().into()
    })
}

pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0'));
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
    }
    text
}
