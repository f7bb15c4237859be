use bytes::Bytes;
use http::{HeaderValue, Request, Uri};
use jiff::Timestamp;

use super::key::{Credentials, derive, hex, hmac, sha256_hex};
use super::{ALGORITHM, STAMP, Scope, canonical};

/// Signs a request in its headers. The request must have a `host` header or an absolute URI.
///
/// A header value that cannot be written (a session token with control characters) leaves the
/// request unsigned, which the endpoint then refuses.
pub fn sign(
    request: &mut Request<Bytes>,
    credentials: &Credentials,
    region: &str,
    service: &str,
    at: Timestamp,
) {
    let stamp = at.strftime(STAMP).to_string();
    let scope = scope(&stamp, region, service);
    let payload_hash = sha256_hex(request.body());
    let host = request
        .uri()
        .authority()
        .map(ToString::to_string)
        .unwrap_or_else(|| "localhost".to_owned());
    let headers = request.headers_mut();
    for (name, value) in [
        ("host", Some(host)),
        ("x-amz-date", Some(stamp.clone())),
        ("x-amz-security-token", credentials.session_token.clone()),
        // S3 wants it said.
        (
            "x-amz-content-sha256",
            (service == "s3").then(|| payload_hash.clone()),
        ),
    ] {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok())
            && !(name == "host" && headers.contains_key("host"))
        {
            headers.insert(name, value);
        }
    }
    let (parts, body) = std::mem::take(request).into_parts();
    let mut names = vec!["host", "x-amz-date"];
    if credentials.session_token.is_some() {
        names.push("x-amz-security-token");
    }
    if service == "s3" {
        names.push("x-amz-content-sha256");
    }
    if parts.headers.contains_key("x-amz-target") {
        names.push("x-amz-target");
    }
    names.sort_unstable();
    let signature = signature(&parts, &names, &payload_hash, &stamp, &scope, credentials);
    *request = Request::from_parts(parts, body);
    let value = format!(
        "{ALGORITHM} Credential={}/{}, SignedHeaders={}, Signature={signature}",
        credentials.access_key_id,
        scope.text(),
        names.join(";")
    );
    if let Ok(value) = HeaderValue::from_str(&value) {
        request
            .headers_mut()
            .insert(http::header::AUTHORIZATION, value);
    }
}

/// Signs a GET by query parameters, as `aws eks get-token` does with `sts:GetCallerIdentity`.
///
/// `url` is absolute; `headers` are signed besides `host`, in lower case. The signature is good for
/// `expires` seconds. `None` when `url` is not an absolute URL.
#[must_use]
pub fn presign(
    url: &str,
    headers: &[(&str, &str)],
    credentials: &Credentials,
    region: &str,
    service: &str,
    at: Timestamp,
    expires: u32,
) -> Option<String> {
    let stamp = at.strftime(STAMP).to_string();
    let scope = scope(&stamp, region, service);
    let mut names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    names.push("host");
    names.sort_unstable();
    let join = if url.contains('?') { '&' } else { '?' };
    let mut presigned = format!(
        "{url}{join}X-Amz-Algorithm={ALGORITHM}&X-Amz-Credential={}&X-Amz-Date={stamp}\
         &X-Amz-Expires={expires}&X-Amz-SignedHeaders={}",
        canonical::encode(&format!("{}/{}", credentials.access_key_id, scope.text())),
        canonical::encode(&names.join(";"))
    );
    if let Some(token) = &credentials.session_token {
        presigned.push_str("&X-Amz-Security-Token=");
        presigned.push_str(&canonical::encode(token));
    }
    let uri: Uri = presigned.parse().ok()?;
    let mut request = Request::get(uri.clone()).header("host", uri.authority()?.as_str());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (parts, ()) = request.body(()).ok()?.into_parts();
    let signature = signature(
        &parts,
        &names,
        &sha256_hex(b""),
        &stamp,
        &scope,
        credentials,
    );
    Some(format!("{presigned}&X-Amz-Signature={signature}"))
}

fn scope(stamp: &str, region: &str, service: &str) -> Scope {
    Scope {
        date: stamp.chars().take(8).collect(),
        region: region.to_owned(),
        service: service.to_owned(),
    }
}

fn signature(
    parts: &http::request::Parts,
    names: &[&str],
    payload_hash: &str,
    stamp: &str,
    scope: &Scope,
    credentials: &Credentials,
) -> String {
    let canonical =
        canonical::request(parts, names, payload_hash, &scope.service).unwrap_or_default();
    let text = to_sign(stamp, scope, &canonical);
    let key = derive(&credentials.secret_access_key, scope);
    hex(&hmac(&key, text.as_bytes()))
}

pub(super) fn to_sign(stamp: &str, scope: &Scope, canonical: &str) -> String {
    format!(
        "{ALGORITHM}\n{stamp}\n{}\n{}",
        scope.text(),
        sha256_hex(canonical.as_bytes())
    )
}
