use http::HeaderMap;
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
    let path = match parts.uri.path() {
        "" => "/".into(),
        path if service == "s3" => path.to_owned(),
        path => utf8_percent_encode(path, IN_PATH).to_string(),
    };
    let query = query(parts.uri.query().unwrap_or_default());
    let mut text = format!("{}\n{path}\n{query}\n", parts.method);
    for name in signed_headers {
        text.push_str(name);
        text.push(':');
        text.push_str(&header(&parts.headers, parts, name)?);
        text.push('\n');
    }
    text.push('\n');
    text.push_str(&signed_headers.join(";"));
    text.push('\n');
    text.push_str(payload_hash);
    Some(text)
}

/// A header's values, trimmed, with runs of spaces made one.
fn header(headers: &HeaderMap, parts: &Parts, name: &str) -> Option<String> {
    let mut values = Vec::new();
    for value in headers.get_all(name) {
        let text = String::from_utf8_lossy(value.as_bytes());
        values.push(text.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    if values.is_empty() {
        // HTTP/2 carries the host in the URI.
        return (name == "host").then(|| parts.uri.authority().map(ToString::to_string))?;
    }
    Some(values.join(","))
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
