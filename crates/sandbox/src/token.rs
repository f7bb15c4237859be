use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use rolecall_sandbox_aws::sigv4::{Credentials, presign};
use serde_json::json;

/// How long the signature in a token is good for, in seconds; the authenticator takes it for a
/// quarter of an hour (kubernetes-sigs/aws-iam-authenticator, `pkg/token`).
const EXPIRES: u32 = 60;

/// A token for a cluster, as `aws eks get-token` makes it: a presigned `sts:GetCallerIdentity`.
/// `None` when `endpoint_url` is not an absolute URL.
#[must_use]
pub fn token(
    cluster: &str,
    endpoint_url: &str,
    region: &str,
    credentials: &Credentials,
) -> Option<String> {
    let base = endpoint_url.trim_end_matches('/');
    let url = format!("{base}/?Action=GetCallerIdentity&Version=2011-06-15");
    let headers = [("x-k8s-aws-id", cluster)];
    let now = Timestamp::now();
    let signed = presign(&url, &headers, credentials, region, "sts", now, EXPIRES)?;
    Some(format!("k8s-aws-v1.{}", URL_SAFE_NO_PAD.encode(signed)))
}

/// What a kubeconfig's exec plugin prints.
#[must_use]
pub fn exec_credential(token: &str) -> String {
    let expires = Timestamp::now() + jiff::SignedDuration::from_mins(14);
    json!({
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "kind": "ExecCredential",
        "spec": {},
        "status": {
            "expirationTimestamp": expires.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "token": token,
        },
    })
    .to_string()
}
