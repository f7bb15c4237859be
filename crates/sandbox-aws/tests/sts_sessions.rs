//! Sessions of users, of federated users and of pods.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod harness;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use harness::{ACCOUNT, Reply, aws, credentials, query};
use http::Request;
use rolecall_sandbox_aws::Aws;
use rolecall_sandbox_aws::sigv4::Credentials;
use serde_json::{Value, json};

const WHO: &[(&str, &str)] = &[("Action", "GetCallerIdentity")];
const ISSUER: &str = "oidc.eks.eu-central-1.amazonaws.com/id/AAAA";

fn session(reply: &Reply) -> Credentials {
    assert_eq!(reply.status, 200, "{}", reply.text);
    let text = |name| reply.element(name).unwrap().to_owned();
    Credentials {
        access_key_id: text("AccessKeyId"),
        secret_access_key: text("SecretAccessKey"),
        session_token: Some(text("SessionToken")),
    }
}

fn last_event(aws: &Aws) -> Value {
    aws.events().latest(|_| true).first().unwrap().to_json()
}

#[test]
fn a_users_session_is_the_user_but_not_for_iam() {
    let aws = aws();
    let with = session(&query(
        &aws,
        &credentials(),
        "sts",
        &[("Action", "GetSessionToken")],
    ));
    let who = query(&aws, &with, "sts", WHO);
    assert_eq!(
        who.element("Arn"),
        Some("arn:aws:iam::111122223333:user/administrator")
    );
    let identity = &last_event(&aws)["userIdentity"];
    assert_eq!(identity["type"], "IAMUser");
    assert_eq!(
        identity["sessionContext"]["attributes"]["creationDate"],
        "2026-11-01T10:00:00Z"
    );
    let role = [("Action", "GetRole"), ("RoleName", "x")];
    assert_eq!(
        query(&aws, &with, "iam", &role).code(),
        "InvalidClientTokenId"
    );
    let again = query(&aws, &with, "sts", &[("Action", "GetSessionToken")]);
    assert_eq!(again.code(), "AccessDenied");
    aws.clock().step(std::time::Duration::from_secs(43_201));
    assert_eq!(query(&aws, &with, "sts", WHO).code(), "ExpiredToken");
}

#[test]
fn a_federated_user_may_what_the_policy_passed_and_the_user_may() {
    let aws = aws();
    let federate = |policy: &str| {
        let mut fields = vec![("Action", "GetFederationToken"), ("Name", "bob")];
        if !policy.is_empty() {
            fields.push(("Policy", policy));
        }
        session(&query(&aws, &credentials(), "sts", &fields))
    };
    let trails = |with: &Credentials| harness::target(&aws, with, "ListTrails", &json!({})).status;
    let all = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"cloudtrail:*","Resource":"*"}]}"#;
    let bob = federate(all);
    assert_eq!(trails(&bob), 200);
    assert_eq!(last_event(&aws)["userIdentity"]["type"], "FederatedUser");
    let who = query(&aws, &bob, "sts", WHO);
    assert_eq!(
        who.element("Arn"),
        Some("arn:aws:sts::111122223333:federated-user/bob")
    );
    assert_eq!(trails(&federate("")), 403);
}

/// A provider, and a role that trusts one service account of it.
fn with_provider(aws: &Aws) {
    let provider = json!({"account": ACCOUNT, "url": ISSUER, "client_ids": ["sts.amazonaws.com"],
        "created": "2026-11-01T00:00:00Z"});
    let arn = format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}");
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Federated": arn}, "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {
            format!("{ISSUER}:sub"): "system:serviceaccount:kube-system:cni",
            format!("{ISSUER}:aud"): "sts.amazonaws.com"}}}]});
    let role = json!({"account": ACCOUNT, "name": "Pod", "path": "/", "id": "AROAPOD",
        "created": "2026-11-01T00:00:00Z", "trust": trust.to_string(), "max_session": 3600});
    aws.write(|state| {
        let key = format!("{ACCOUNT}/{}", ISSUER.to_lowercase());
        state.restore("iam.oidc-providers", &key, provider.to_string().as_bytes())?;
        state.restore(
            "iam.roles",
            &format!("{ACCOUNT}/pod"),
            role.to_string().as_bytes(),
        )
    })
    .unwrap();
}

fn token(issuer: &str, subject: &str, audience: &str) -> String {
    let claims = json!({"iss": format!("https://{issuer}"), "sub": subject, "aud": [audience],
        "exp": 4_000_000_000_i64});
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.c2ln", part(&json!({"alg": "RS256"})), part(&claims))
}

/// Unsigned, as the SDKs send it.
fn assume(aws: &Aws, token: &str) -> Reply {
    let body = format!(
        "Action=AssumeRoleWithWebIdentity&RoleArn=arn:aws:iam::{ACCOUNT}:role/Pod&RoleSessionName=s-1\
         &WebIdentityToken={token}"
    );
    let request = Request::post("http://127.0.0.1:4580/")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Bytes::from(body))
        .unwrap();
    let response = aws.handle(request).response;
    Reply {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        text: String::from_utf8(response.body().to_vec()).unwrap(),
    }
}

#[test]
fn a_pod_takes_its_role_with_the_clusters_token() {
    let aws = aws();
    with_provider(&aws);
    let subject = "system:serviceaccount:kube-system:cni";
    let reply = assume(&aws, &token(ISSUER, subject, "sts.amazonaws.com"));
    let with = session(&reply);
    assert_eq!(reply.element("SubjectFromWebIdentityToken"), Some(subject));
    let event = last_event(&aws);
    assert_eq!(event["userIdentity"]["type"], "WebIdentityUser");
    assert_eq!(event["userIdentity"]["userName"], subject);
    assert_eq!(event["recipientAccountId"], ACCOUNT);
    assert!(event["requestParameters"].get("webIdentityToken").is_none());
    let who = query(&aws, &with, "sts", WHO);
    assert_eq!(
        who.element("Arn"),
        Some("arn:aws:sts::111122223333:assumed-role/Pod/s-1")
    );
}

#[test]
fn tokens_of_others_are_refused_with_their_reason() {
    let aws = aws();
    with_provider(&aws);
    let subject = "system:serviceaccount:kube-system:cni";
    let unknown = assume(
        &aws,
        &token("oidc.example.com", subject, "sts.amazonaws.com"),
    );
    assert_eq!(unknown.code(), "InvalidIdentityToken");
    assert_eq!(
        unknown.element("Message"),
        Some("No OpenIDConnect provider found in your account for https://oidc.example.com")
    );
    let audience = assume(&aws, &token(ISSUER, subject, "other"));
    assert_eq!(
        audience.element("Message"),
        Some("Incorrect token audience")
    );
    let other = assume(
        &aws,
        &token(ISSUER, "system:serviceaccount:a:b", "sts.amazonaws.com"),
    );
    assert_eq!(other.code(), "AccessDenied");
    assert_eq!(assume(&aws, "nonsense").code(), "InvalidIdentityToken");
    // Nothing else goes without a signature.
    let request = Request::post("https://sts.eu-central-1.amazonaws.com/")
        .header("host", "sts.eu-central-1.amazonaws.com")
        .body(Bytes::from("Action=GetCallerIdentity"))
        .unwrap();
    assert_eq!(aws.handle(request).response.status(), 403);
}
