//! What CloudTrail records of calls to IAM, with its quirks.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod harness;

use harness::{aws, credentials, query};
use rolecall_sandbox_aws::Aws;
use serde_json::{Value, json};

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;

fn call(aws: &Aws, fields: &[(&str, &str)]) {
    let reply = query(aws, &credentials(), "iam", fields);
    assert_eq!(reply.status, 200, "{}", reply.text);
}

fn event(aws: &Aws, name: &str) -> Value {
    let events = aws.events().latest(|event| event.name == name);
    events.first().unwrap().to_json()
}

fn create(aws: &Aws) {
    call(
        aws,
        &[
            ("Action", "CreateRole"),
            ("RoleName", "NodeRole"),
            ("Path", "/platform/eks/"),
            ("AssumeRolePolicyDocument", TRUST),
            ("Tags.member.1.Key", "team"),
            ("Tags.member.1.Value", "platform"),
        ],
    );
}

#[test]
fn create_role_records_the_role_with_an_encoded_document_and_a_date_in_words() {
    let aws = aws();
    create(&aws);
    let event = event(&aws, "CreateRole");
    assert_eq!(
        event["requestParameters"],
        json!({
            "roleName": "NodeRole",
            "path": "/platform/eks/",
            "assumeRolePolicyDocument": TRUST,
            "tags": [{"key": "team", "value": "platform"}],
        })
    );
    let role = &event["responseElements"]["role"];
    assert_eq!(role["createDate"], "Nov 1, 2026 10:00:00 AM");
    assert_eq!(
        role["arn"],
        "arn:aws:iam::111122223333:role/platform/eks/NodeRole"
    );
    assert_eq!(role["path"], "/platform/eks/");
    assert!(role["roleId"].as_str().unwrap().starts_with("AROA"));
    let document = role["assumeRolePolicyDocument"].as_str().unwrap();
    assert!(document.starts_with("%7B%22Version%22%3A%222012-10-17%22"));
    assert_eq!(event["eventSource"], "iam.amazonaws.com");
    assert_eq!(event["awsRegion"], "us-east-1");
    assert_eq!(event["readOnly"], false);
}

#[test]
fn a_path_that_was_not_sent_is_in_the_answer_only() {
    let aws = aws();
    call(
        &aws,
        &[
            ("Action", "CreateRole"),
            ("RoleName", "Plain"),
            ("AssumeRolePolicyDocument", TRUST),
        ],
    );
    let event = event(&aws, "CreateRole");
    assert_eq!(event["requestParameters"].get("path"), None);
    assert_eq!(event["responseElements"]["role"]["path"], "/");
}

#[test]
fn calls_that_send_only_names_answer_nothing() {
    let aws = aws();
    create(&aws);
    call(
        &aws,
        &[
            ("Action", "CreateInstanceProfile"),
            ("InstanceProfileName", "eks-demo"),
        ],
    );
    let both = [
        ("InstanceProfileName", "eks-demo"),
        ("RoleName", "NodeRole"),
    ];
    let profile = event(&aws, "CreateInstanceProfile");
    let shown = &profile["responseElements"]["instanceProfile"];
    assert_eq!(shown["roles"], json!([]));
    assert!(
        shown["instanceProfileId"]
            .as_str()
            .unwrap()
            .starts_with("AIPA")
    );
    for action in ["AddRoleToInstanceProfile", "RemoveRoleFromInstanceProfile"] {
        call(&aws, &[&[("Action", action)], &both[..]].concat());
        let event = event(&aws, action);
        assert_eq!(event["responseElements"], Value::Null, "{action}");
        assert_eq!(
            event["requestParameters"],
            json!({"instanceProfileName": "eks-demo", "roleName": "NodeRole"})
        );
    }
    for action in ["GetRole", "UpdateRole", "DeleteRole"] {
        call(&aws, &[("Action", action), ("RoleName", "NodeRole")]);
        let event = event(&aws, action);
        assert_eq!(event["responseElements"], Value::Null, "{action}");
        assert_eq!(event["requestParameters"], json!({"roleName": "NodeRole"}));
        assert_eq!(event["readOnly"], action == "GetRole");
    }
}

#[test]
fn error_codes_have_the_suffix_and_denials_have_none() {
    let aws = aws();
    create(&aws);
    let get = [("Action", "GetRole"), ("RoleName", "Nobody")];
    assert_eq!(query(&aws, &credentials(), "iam", &get).status, 404);
    assert_eq!(event(&aws, "GetRole")["errorCode"], "NoSuchEntityException");
    let again = [
        ("Action", "CreateRole"),
        ("RoleName", "NODEROLE"),
        ("AssumeRolePolicyDocument", TRUST),
    ];
    assert_eq!(query(&aws, &credentials(), "iam", &again).status, 409);
    let twice = event(&aws, "CreateRole");
    assert_eq!(twice["errorCode"], "EntityAlreadyExistsException");
    assert_eq!(
        twice["errorMessage"],
        "Role with name NODEROLE already exists."
    );
    assert_eq!(twice["responseElements"], Value::Null);
}

#[test]
fn a_secret_key_is_given_out_and_not_recorded() {
    let aws = aws();
    let fields = [("Action", "CreateAccessKey")];
    let reply = query(&aws, &credentials(), "iam", &fields);
    let secret = reply.element("SecretAccessKey").unwrap();
    assert_eq!(secret.len(), 40);
    let event = event(&aws, "CreateAccessKey");
    assert!(!event.to_string().contains(secret));
    assert_eq!(event["requestParameters"], Value::Null);
    let key = &event["responseElements"]["accessKey"];
    assert_eq!(key["userName"], "administrator");
    assert_eq!(key["status"], "Active");
    assert_eq!(key["createDate"], "Nov 1, 2026 10:00:00 AM");
}

#[test]
fn a_service_linked_role_is_recorded_under_the_odd_name_of_its_parameter() {
    let aws = aws();
    call(
        &aws,
        &[
            ("Action", "CreateServiceLinkedRole"),
            ("AWSServiceName", "eks.amazonaws.com"),
        ],
    );
    let event = event(&aws, "CreateServiceLinkedRole");
    assert_eq!(
        event["requestParameters"],
        json!({"aWSServiceName": "eks.amazonaws.com"})
    );
    assert_eq!(
        event["responseElements"]["role"]["arn"],
        "arn:aws:iam::111122223333:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS"
    );
}
