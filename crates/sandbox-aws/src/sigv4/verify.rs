use http::request::Parts;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;

use super::key::{SigningKeys, hex, hmac, sha256_hex};
use super::sign::to_sign;
use super::{ALGORITHM, STAMP, Scope, canonical};
use crate::failure::Failure;

/// How far a client's clock may be off (IAM User Guide, "Troubleshoot Signature Version 4 signing"
/// speaks of 5 minutes; the service answers above 15 for headers that carry no expiry).
const SKEW_SECONDS: i64 = 15 * 60;

/// What a request says of its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Authorization {
    pub(crate) access_key_id: String,
    pub(crate) scope: Scope,
    pub(crate) session_token: Option<String>,
    signed_headers: Vec<String>,
    signature: String,
    stamp: String,
    /// Seconds a presigned URL is good for.
    expires: Option<i64>,
}

/// Reads the signature of a request from its header or its query. `Ok(None)` when it has none.
pub(crate) fn authorization(parts: &Parts) -> Result<Option<Authorization>, Failure> {
    if let Some(header) = parts.headers.get(http::header::AUTHORIZATION) {
        let text = header.to_str().map_err(|_| incomplete("it is not text"))?;
        return from_header(parts, text).map(Some);
    }
    match parts.uri.query() {
        Some(query) if query.contains("X-Amz-Signature=") => from_query(query).map(Some),
        _ => Ok(None),
    }
}

fn from_header(parts: &Parts, text: &str) -> Result<Authorization, Failure> {
    let fields = text
        .strip_prefix(ALGORITHM)
        .ok_or_else(|| incomplete("it does not begin with AWS4-HMAC-SHA256"))?;
    let field = |name: &str| {
        fields
            .split(',')
            .filter_map(|field| field.trim().split_once('='))
            .find_map(|(key, value)| (key == name).then(|| value.trim().to_owned()))
            .ok_or_else(|| {
                incomplete(&format!(
                    "Authorization header requires '{name}' parameter."
                ))
            })
    };
    let header = |name: &str| {
        let value = parts.headers.get(name)?.to_str().ok()?;
        Some(value.to_owned())
    };
    let (access_key_id, scope) = credential(&field("Credential")?)?;
    Ok(Authorization {
        access_key_id,
        scope,
        session_token: header("x-amz-security-token"),
        signed_headers: names(&field("SignedHeaders")?),
        signature: field("Signature")?,
        stamp: header("x-amz-date").ok_or_else(|| {
            incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
        })?,
        expires: None,
    })
}

fn from_query(query: &str) -> Result<Authorization, Failure> {
    let field = |name: &str| {
        query
            .split('&')
            .filter_map(|field| field.split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| percent_decode_str(value).decode_utf8_lossy().into_owned())
    };
    let must = |name: &str| {
        field(name).ok_or_else(|| {
            incomplete(&format!(
                "AWS query-string parameters must include '{name}'."
            ))
        })
    };
    if must("X-Amz-Algorithm")? != ALGORITHM {
        return Err(incomplete("X-Amz-Algorithm must be AWS4-HMAC-SHA256"));
    }
    let (access_key_id, scope) = credential(&must("X-Amz-Credential")?)?;
    Ok(Authorization {
        access_key_id,
        scope,
        session_token: field("X-Amz-Security-Token"),
        signed_headers: names(&must("X-Amz-SignedHeaders")?),
        signature: must("X-Amz-Signature")?,
        stamp: must("X-Amz-Date")?,
        expires: Some(field("X-Amz-Expires").map_or(Ok(900), |text| {
            text.parse()
                .map_err(|_| incomplete("X-Amz-Expires must be a number of seconds"))
        })?),
    })
}

/// `AKIA…/20260101/eu-central-1/eks/aws4_request`
fn credential(text: &str) -> Result<(String, Scope), Failure> {
    let mut steps = text.split('/');
    let mut next = || {
        steps
            .next()
            .filter(|step| !step.is_empty())
            .map(str::to_owned)
    };
    match (next(), next(), next(), next(), next().as_deref()) {
        (Some(key), Some(date), Some(region), Some(service), Some("aws4_request")) => Ok((
            key,
            Scope {
                date,
                region,
                service,
            },
        )),
        _ => Err(incomplete(&format!(
            "Credential must have 5 slash-delimited elements, e.g. \
             keyid/date/region/service/term, got '{text}'"
        ))),
    }
}

fn names(text: &str) -> Vec<String> {
    text.split(';').map(str::to_ascii_lowercase).collect()
}

fn incomplete(why: &str) -> Failure {
    Failure::new("IncompleteSignature", 400, why)
}

/// Checks a signature made with `secret`. `now` is the wall clock.
///
/// A presigned URL signs the hash of an empty body unless it says otherwise.
pub(crate) fn check(
    parts: &Parts,
    body: &[u8],
    signed: &Authorization,
    secret: &str,
    keys: &SigningKeys,
    now: Timestamp,
) -> Result<(), Failure> {
    in_time(signed, now)?;
    let declared = parts
        .headers
        .get("x-amz-content-sha256")
        .and_then(|value| value.to_str().ok());
    let payload_hash = match declared {
        Some(hash) if hash.len() == 64 && hash != sha256_hex(body) => {
            return Err(mismatch());
        }
        Some(hash) => hash.to_owned(),
        None => sha256_hex(body),
    };
    let names: Vec<&str> = signed.signed_headers.iter().map(String::as_str).collect();
    let canonical = canonical::request(parts, &names, &payload_hash, &signed.scope.service)
        .ok_or_else(mismatch)?;
    let key = keys.get(secret, &signed.scope);
    let expected = hmac(
        &key,
        to_sign(&signed.stamp, &signed.scope, &canonical).as_bytes(),
    );
    if same(hex(&expected).as_bytes(), signed.signature.as_bytes()) {
        Ok(())
    } else {
        Err(mismatch())
    }
}

/// The texts are those of AWS's query services.
fn in_time(signed: &Authorization, now: Timestamp) -> Result<(), Failure> {
    let at = jiff::civil::DateTime::strptime(STAMP, &signed.stamp)
        .ok()
        .and_then(|at| jiff::tz::TimeZone::UTC.to_timestamp(at).ok())
        .ok_or_else(|| {
            incomplete("Date must be in ISO-8601 'basic format'. See section 3.1 of the ISO-8601 standard.")
        })?;
    if !signed.stamp.starts_with(&signed.scope.date) {
        return Err(Failure::new(
            "SignatureDoesNotMatch",
            403,
            format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date \
                 from HTTP: '{}' != '{}', from '{}'.",
                signed.scope.date,
                signed.stamp.chars().take(8).collect::<String>(),
                signed.stamp
            ),
        ));
    }
    let age = now.as_second() - at.as_second();
    let stamp = |second: i64| {
        Timestamp::from_second(second)
            .map_or_else(|_| String::new(), |at| at.strftime(STAMP).to_string())
    };
    let longest = signed.expires.unwrap_or(SKEW_SECONDS);
    if age > longest {
        return Err(Failure::new(
            "SignatureDoesNotMatch",
            403,
            format!(
                "Signature expired: {} is now earlier than {} ({} - {} min.)",
                signed.stamp,
                stamp(now.as_second() - longest),
                stamp(now.as_second()),
                longest / 60
            ),
        ));
    }
    if age < -SKEW_SECONDS {
        return Err(Failure::new(
            "SignatureDoesNotMatch",
            403,
            format!(
                "Signature not yet current: {} is still later than {} ({} + 15 min.)",
                signed.stamp,
                stamp(now.as_second() + SKEW_SECONDS),
                stamp(now.as_second())
            ),
        ));
    }
    Ok(())
}

fn mismatch() -> Failure {
    Failure::new(
        "SignatureDoesNotMatch",
        403,
        "The request signature we calculated does not match the signature you provided. Check your \
         AWS Secret Access Key and signing method. Consult the service documentation for details.",
    )
}

/// Compares without telling by its time where the texts differ.
fn same(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len()
        && left
            .iter()
            .zip(right)
            .fold(0, |differ, (one, other)| differ | (one ^ other))
            == 0
}

#[cfg(test)]
mod tests {
    use super::super::{Credentials, presign, sign};
    use super::*;
    use bytes::Bytes;
    use http::Request;

    fn credentials() -> Credentials {
        Credentials {
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned(),
            session_token: None,
        }
    }

    fn at() -> Timestamp {
        "2015-08-30T12:36:00Z".parse().unwrap()
    }

    /// The "get-vanilla-query-order-key" case of AWS's published test suite of signatures.
    #[test]
    fn a_known_signature_is_made_and_accepted() {
        let mut request =
            Request::get("https://example.amazonaws.com/?Param1=value2&Param1=Value1")
                .body(Bytes::new())
                .unwrap();
        sign(&mut request, &credentials(), "us-east-1", "service", at());
        let header = request.headers()["authorization"].to_str().unwrap();
        assert!(
            header.ends_with(
                "Signature=eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1"
            ),
            "{header}"
        );
        let (parts, body) = request.into_parts();
        let signed = authorization(&parts).unwrap().unwrap();
        let keys = SigningKeys::default();
        let secret = credentials().secret_access_key;
        assert_eq!(check(&parts, &body, &signed, &secret, &keys, at()), Ok(()));
        let late = "2015-08-30T13:36:00Z".parse().unwrap();
        let failure = check(&parts, &body, &signed, &secret, &keys, late).unwrap_err();
        assert!(
            failure
                .message
                .starts_with("Signature expired: 20150830T123600Z"),
            "{}",
            failure.message
        );
        let failure = check(&parts, b"other", &signed, &secret, &keys, at()).unwrap_err();
        assert_eq!(failure.code, "SignatureDoesNotMatch");
    }

    #[test]
    fn a_presigned_url_is_accepted_with_its_headers_and_not_without() {
        let url = presign(
            "https://sts.eu-central-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15",
            &[("x-k8s-aws-id", "demo")],
            &credentials(),
            "eu-central-1",
            "sts",
            at(),
            60,
        )
        .unwrap();
        let request = |cluster: &str| {
            let uri: http::Uri = url.parse().unwrap();
            Request::get(&url)
                .header("host", uri.authority().unwrap().as_str())
                .header("x-k8s-aws-id", cluster)
                .body(())
                .unwrap()
                .into_parts()
                .0
        };
        let keys = SigningKeys::default();
        let secret = credentials().secret_access_key;
        for (cluster, good) in [("demo", true), ("other", false)] {
            let parts = request(cluster);
            let signed = authorization(&parts).unwrap().unwrap();
            assert_eq!(
                check(&parts, b"", &signed, &secret, &keys, at()).is_ok(),
                good
            );
        }
    }

    #[test]
    fn a_broken_authorization_header_says_what_is_missing() {
        let read = |value: &str| {
            let request = Request::get("/")
                .header("authorization", value)
                .body(())
                .unwrap();
            authorization(&request.into_parts().0).unwrap_err().message
        };
        assert!(read("Basic abc").contains("AWS4-HMAC-SHA256"));
        assert!(read("AWS4-HMAC-SHA256 SignedHeaders=host").contains("'Credential'"));
        assert!(
            read("AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=x")
                .contains("5 slash-delimited")
        );
    }
}
