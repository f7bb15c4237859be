use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use rolecall_sandbox_aws::sigv4::{self, Credentials};

/// How long the signature inside a token is good for, in seconds.
const SIGNED_FOR: u32 = 60;

/// The token that `aws eks get-token` makes: a presigned `sts:GetCallerIdentity` for one cluster
/// (kubernetes-sigs/aws-iam-authenticator, "API Authorization from Outside a Cluster").
pub(crate) fn cluster_token(
    credentials: &Credentials,
    cluster: &str,
    region: &str,
    suffix: &str,
    at: Timestamp,
) -> Option<String> {
    let url = format!("https://sts.{region}.{suffix}/?Action=GetCallerIdentity&Version=2011-06-15");
    let headers = [("x-k8s-aws-id", cluster)];
    let signed = sigv4::presign(&url, &headers, credentials, region, "sts", at, SIGNED_FOR)?;
    Some(format!("k8s-aws-v1.{}", URL_SAFE_NO_PAD.encode(signed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_a_presigned_url_for_one_cluster() {
        let credentials = Credentials {
            access_key_id: "ASIAEXAMPLE".to_owned(),
            secret_access_key: "secret".to_owned(),
            session_token: Some("session/token=".to_owned()),
        };
        let at = "2026-11-01T10:00:00Z".parse().unwrap();
        let token =
            cluster_token(&credentials, "prod", "eu-central-1", "amazonaws.com", at).unwrap();
        let text = token.strip_prefix("k8s-aws-v1.").unwrap();
        let url = String::from_utf8(URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap();
        assert!(url.starts_with(
            "https://sts.eu-central-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15&"
        ));
        assert!(url.contains("X-Amz-SignedHeaders=host%3Bx-k8s-aws-id"));
        assert!(url.contains("X-Amz-Expires=60"));
        assert!(url.contains("X-Amz-Security-Token=session%2Ftoken%3D"));
    }
}
