//! What the tests of this crate share: an endpoint and a client that signs.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses a part")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use jiff::Timestamp;
use rolecall_sandbox_aws::sigv4::{self, Credentials};
use rolecall_sandbox_aws::{Aws, Clock, Settings};
use serde_json::Value;

pub const ACCOUNT: &str = "111122223333";
pub const REGION: &str = "eu-central-1";

pub fn credentials() -> Credentials {
    Credentials {
        access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        secret_access_key: "secret".to_owned(),
        session_token: None,
    }
}

pub fn settings() -> Settings {
    Settings {
        account: ACCOUNT.parse().unwrap(),
        region: REGION.to_owned(),
        seed: 1,
        credentials: credentials(),
        any_credentials: false,
        lag: None,
        journal: None,
    }
}

/// An endpoint whose clock stands still at 2026-11-01.
pub fn aws() -> Aws {
    aws_with(settings())
}

pub fn aws_with(settings: Settings) -> Aws {
    let began = "2026-11-01T10:00:00Z".parse().unwrap();
    Aws::new(settings, Arc::new(Clock::new(began, 0.0)))
}

/// Status and body of an answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub text: String,
    pub headers: http::HeaderMap,
}

impl Reply {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// The text of the first XML element of that name.
    pub fn element(&self, name: &str) -> Option<&str> {
        let (_, rest) = self.text.split_once(&format!("<{name}>"))?;
        let (inner, _) = rest.split_once(&format!("</{name}>"))?;
        Some(inner)
    }

    /// The error code, whatever the protocol.
    pub fn code(&self) -> String {
        match self.headers.get("x-amzn-errortype") {
            Some(code) => code.to_str().unwrap().to_owned(),
            None => self.element("Code").unwrap_or_default().to_owned(),
        }
    }
}

pub fn send(
    aws: &Aws,
    credentials: &Credentials,
    service: &str,
    mut request: Request<Bytes>,
) -> Reply {
    sigv4::sign(&mut request, credentials, REGION, service, Timestamp::now());
    let response = aws.handle(request).response;
    Reply {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        text: String::from_utf8(response.body().to_vec()).unwrap(),
    }
}

/// A call of IAM, STS or EC2 by form fields, such as `[("Action", "GetRole"), ("RoleName", "x")]`.
pub fn query(
    aws: &Aws,
    credentials: &Credentials,
    service: &str,
    fields: &[(&str, &str)],
) -> Reply {
    let body = fields
        .iter()
        .map(|(name, value)| {
            let value =
                percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC);
            format!("{name}={value}")
        })
        .collect::<Vec<_>>()
        .join("&");
    let request = Request::post(format!("https://{service}.{REGION}.amazonaws.com/"))
        .header(
            "content-type",
            "application/x-www-form-urlencoded; charset=utf-8",
        )
        .body(Bytes::from(body))
        .unwrap();
    send(aws, credentials, service, request)
}

/// A call of EKS.
pub fn rest(aws: &Aws, credentials: &Credentials, method: &str, path: &str, body: &Value) -> Reply {
    let text = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let request = Request::builder()
        .method(method)
        .uri(format!("https://eks.{REGION}.amazonaws.com{path}"))
        .header("content-type", "application/json")
        .body(Bytes::from(text))
        .unwrap();
    send(aws, credentials, "eks", request)
}

/// A call of CloudTrail.
pub fn target(aws: &Aws, credentials: &Credentials, operation: &str, body: &Value) -> Reply {
    let name = format!("com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.{operation}");
    let request = Request::post(format!("https://cloudtrail.{REGION}.amazonaws.com/"))
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", name)
        .body(Bytes::from(body.to_string()))
        .unwrap();
    send(aws, credentials, "cloudtrail", request)
}
