use http::request::Parts;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Everything but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// As `RESERVED`, but keeping the slashes of a path.
const IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

/// The request as both sides must write it before hashing. The path as sent is encoded once more,
/// as all services but S3 want it.
pub(super) fn request(
    parts: &Parts,
    signed_headers: &[&str],
    payload_hash: &str,
    service: &str,
) -> Option<String> {
    let mut text = String::with_capacity(512);
    text.push_str(parts.method.as_str());
    text.push('\n');
    match parts.uri.path() {
        "" => text.push('/'),
        path if service == "s3" => text.push_str(path),
        path => text.extend(utf8_percent_encode(path, IN_PATH)),
    }
    text.push('\n');
    if let Some(found) = parts.uri.query() {
        text.push_str(&query(found));
    }
    text.push('\n');
    for name in signed_headers {
        text.push_str(name);
        text.push(':');
        header(&mut text, parts, name)?;
        text.push('\n');
    }
    text.push('\n');
    for (place, name) in signed_headers.iter().enumerate() {
        if place > 0 {
            text.push(';');
        }
        text.push_str(name);
    }
    text.push('\n');
    text.push_str(payload_hash);
    Some(text)
}

/// A header's values, trimmed, with runs of spaces made one.
fn header(text: &mut String, parts: &Parts, name: &str) -> Option<()> {
    let mut found = false;
    for value in parts.headers.get_all(name) {
        if found {
            text.push(',');
        }
        found = true;
        let value = String::from_utf8_lossy(value.as_bytes());
        for (place, word) in value.split_whitespace().enumerate() {
            if place > 0 {
                text.push(' ');
            }
            text.push_str(word);
        }
    }
    if !found {
        // HTTP/2 carries the host in the URI.
        let authority = parts.uri.authority().filter(|_| name == "host")?;
        text.push_str(authority.as_str());
    }
    Some(())
}

fn query(text: &str) -> String {
    let mut fields: Vec<(String, String)> = text
        .split('&')
        .filter(|field| !field.is_empty())
        .map(|field| {
            let (name, value) = field.split_once('=').unwrap_or((field, ""));
            (again(name), again(value))
        })
        .filter(|(name, _)| name != "X-Amz-Signature")
        .collect();
    fields.sort();
    fields
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect::<Vec<_>>()
        .join("&")
}

/// Decodes and encodes, so that `+`-less but differently encoded queries agree.
fn again(text: &str) -> String {
    encode(&percent_decode_str(text).decode_utf8_lossy())
}

/// Percent-encodes all but unreserved characters.
pub(super) fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}
