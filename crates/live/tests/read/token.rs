//! The bearer token, as the authenticator takes it apart.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rolecall_live::{Credentials, cluster_token};
use std::time::{Duration, SystemTime};

#[test]
fn a_token_is_a_presigned_question_who_am_i_bound_to_one_cluster() {
    let credentials = Credentials::from_keys(
        "AKIAIOSFODNN7EXAMPLE",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        Some("a+session/token==".to_owned()),
    );
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_763_000_000);
    let url = "https://sts.eu-central-1.amazonaws.com";
    let token = |cluster| cluster_token(&credentials, "eu-central-1", url, cluster, now).unwrap();
    let prod = token("prod");
    let encoded = prod.strip_prefix("k8s-aws-v1.").unwrap();
    let presigned = String::from_utf8(URL_SAFE_NO_PAD.decode(encoded).unwrap()).unwrap();
    insta::assert_snapshot!(presigned.replace('&', "\n  &"), @r"
    https://sts.eu-central-1.amazonaws.com/?Action=GetCallerIdentity
      &Version=2011-06-15
      &X-Amz-Algorithm=AWS4-HMAC-SHA256
      &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20251113%2Feu-central-1%2Fsts%2Faws4_request
      &X-Amz-Date=20251113T021320Z
      &X-Amz-Expires=60
      &X-Amz-SignedHeaders=host%3Bx-k8s-aws-id
      &X-Amz-Signature=b36872708325f93f32553adec3a3b652cfd4f48df60d46110a83f14728f91409
      &X-Amz-Security-Token=a%2Bsession%2Ftoken%3D%3D
    ");
    assert_ne!(prod, token("dev"), "the cluster is part of what is signed");
}
