//! The organisation that the sandbox's accounts are members of.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod harness;

use bytes::Bytes;
use harness::{ACCOUNT, Reply, aws_with, query, send, settings};
use http::Request;
use rolecall_sandbox_aws::sigv4::Credentials;
use rolecall_sandbox_aws::{Aws, Settings};
use serde_json::{Value, json};

/// An endpoint where a key of twelve digits is the administrator of that account.
fn aws() -> Aws {
    aws_with(Settings {
        any_credentials: true,
        ..settings()
    })
}

fn of(account: &str) -> Credentials {
    Credentials {
        access_key_id: account.to_owned(),
        secret_access_key: "x".to_owned(),
        session_token: None,
    }
}

fn call(aws: &Aws, account: &str, operation: &str, body: &Value) -> Reply {
    let request = Request::post("https://organizations.us-east-1.amazonaws.com/")
        .header("content-type", "application/x-amz-json-1.1")
        .header(
            "x-amz-target",
            format!("AWSOrganizationsV20161128.{operation}"),
        )
        .body(Bytes::from(body.to_string()))
        .unwrap();
    send(aws, &of(account), "organizations", request)
}

/// Makes a role, and so an account that the sandbox knows.
fn make_role(aws: &Aws, account: &str, name: &str) {
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let made = query(
        aws,
        &of(account),
        "iam",
        &[
            ("Action", "CreateRole"),
            ("Version", "2010-05-08"),
            ("RoleName", name),
            ("AssumeRolePolicyDocument", trust),
        ],
    );
    assert_eq!(made.status, 200, "{}", made.text);
}

fn ids(reply: &Reply) -> Vec<String> {
    let accounts = reply.json()["Accounts"].clone();
    let accounts = accounts.as_array().unwrap();
    accounts
        .iter()
        .map(|account| account["Id"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_accounts_that_hold_something_are_its_members() {
    let aws = aws();
    make_role(&aws, "222233334444", "A");
    let reply = call(&aws, ACCOUNT, "ListAccounts", &json!({}));
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(ids(&reply), [ACCOUNT, "222233334444"]);
    let first = &reply.json()["Accounts"][0];
    assert_eq!(first["Status"], "ACTIVE");
    assert_eq!(
        first["Arn"],
        format!("arn:aws:organizations::{ACCOUNT}:account/o-{ACCOUNT}/{ACCOUNT}")
    );
}

#[test]
fn the_list_comes_in_pages_of_at_most_twenty() {
    let aws = aws();
    for nth in 0..45 {
        make_role(&aws, &format!("2222333344{nth:02}"), "A");
    }
    let mut all = Vec::new();
    let mut body = json!({});
    let mut pages = 0;
    loop {
        let reply = call(&aws, ACCOUNT, "ListAccounts", &body);
        all.extend(ids(&reply));
        pages += 1;
        match reply.json().get("NextToken") {
            Some(token) => body = json!({ "NextToken": token }),
            None => break,
        }
    }
    assert_eq!((pages, all.len()), (3, 46));
    for wrong in [json!({"MaxResults": 21}), json!({"NextToken": "?"})] {
        let reply = call(&aws, ACCOUNT, "ListAccounts", &wrong);
        assert_eq!(
            (reply.status, &*reply.code()),
            (400, "InvalidInputException")
        );
    }
}

#[test]
fn a_member_may_describe_it_and_not_list_its_accounts() {
    let aws = aws();
    let described = call(&aws, "222233334444", "DescribeOrganization", &json!({}));
    let organisation = &described.json()["Organization"];
    assert_eq!(organisation["MasterAccountId"], ACCOUNT);
    let refused = call(&aws, "222233334444", "ListAccounts", &json!({}));
    assert_eq!(
        (refused.status, &*refused.code()),
        (400, "AccessDeniedException")
    );
    let unknown = call(&aws, ACCOUNT, "CloseAccount", &json!({}));
    assert_eq!(&*unknown.code(), "UnknownOperationException");
}

#[test]
fn each_call_is_recorded_in_us_east_1() {
    let aws = aws();
    call(&aws, ACCOUNT, "ListAccounts", &json!({}));
    let lookup = Request::post("https://cloudtrail.us-east-1.amazonaws.com/")
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", "CloudTrail_20131101.LookupEvents")
        .body(Bytes::from("{}"))
        .unwrap();
    let mut request = lookup;
    rolecall_sandbox_aws::sigv4::sign(
        &mut request,
        &of(ACCOUNT),
        "us-east-1",
        "cloudtrail",
        "2026-11-01T10:00:00Z".parse().unwrap(),
    );
    let answer = aws.handle(request).response;
    let events: Value = serde_json::from_slice(answer.body()).unwrap();
    let event = events["Events"][0]["CloudTrailEvent"].as_str().unwrap();
    let event: Value = serde_json::from_str(event).unwrap();
    assert_eq!(event["eventName"], "ListAccounts");
    assert_eq!(event["eventSource"], "organizations.amazonaws.com");
    assert_eq!(event["awsRegion"], "us-east-1");
    assert_eq!(event["readOnly"], true);
}
