//! The fault this project began with: the service-linked role asks for a role without its path.

mod eks_world;
mod harness;

use eks_world::{
    NODE, NODE_WITHOUT_PATH, assert_refused, demo, enter, entry_path, event, service_linked,
};
use harness::{aws, rest};
use serde_json::{Value, json};

const DENIED: &str = "User: arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForAmazonEKS/AmazonEKS \
     is not authorized to perform: eks:DescribeAccessEntry on resource: \
     arn:aws:eks:eu-central-1:111122223333:access-entry/demo/role/111122223333/NodeRole/* because no \
     identity-based policy allows the eks:DescribeAccessEntry action";

#[test]
fn an_entry_asked_for_without_the_path_is_denied_and_not_missing() {
    let aws = aws();
    demo(&aws, "API");
    assert_eq!(enter(&aws, NODE, "EC2").status, 200);
    let eks = service_linked(&aws);
    let reply = rest(
        &aws,
        &eks,
        "GET",
        &entry_path(NODE_WITHOUT_PATH),
        &Value::Null,
    );
    assert_refused(&reply, 403, "AccessDeniedException", DENIED);

    let event = event(&aws, "DescribeAccessEntry");
    assert_eq!(event["errorCode"], "AccessDenied");
    assert_eq!(event["errorMessage"], DENIED);
    assert_eq!(
        event["requestParameters"],
        json!({"name": "demo", "principalArn": "arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2FNodeRole"})
    );
    assert_eq!(event["responseElements"], Value::Null);
    assert_eq!(event["readOnly"], true);
    assert_eq!(event["awsRegion"], "eu-central-1");
    assert_eq!(event["sourceIPAddress"], "eks.amazonaws.com");
    assert_eq!(event["userAgent"], "eks.amazonaws.com");
    assert_eq!(event["userIdentity"]["invokedBy"], "eks.amazonaws.com");
    assert_eq!(
        event["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"],
        "arn:aws:iam::111122223333:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS"
    );
}

#[test]
fn the_service_linked_role_sees_entries_of_type_ec2_alone() {
    let aws = aws();
    demo(&aws, "API");
    let eks = service_linked(&aws);
    let asked = || rest(&aws, &eks, "GET", &entry_path(NODE), &Value::Null);
    assert_eq!(asked().status, 403);
    for kind in ["EC2_LINUX", "STANDARD", "EC2"] {
        assert_eq!(enter(&aws, NODE, kind).status, 200);
        let reply = asked();
        assert_eq!(
            reply.status,
            if kind == "EC2" { 200 } else { 403 },
            "{kind}"
        );
        if kind != "EC2" {
            // A denial of an entry that exists names it in full.
            let message = reply.json()["message"].as_str().unwrap().to_owned();
            assert!(
                message.contains("/NodeRole/") && !message.contains("/NodeRole/*"),
                "{message}"
            );
        }
        assert_eq!(eks_world::delete(&aws, &entry_path(NODE)).status, 200);
    }
}

#[test]
fn a_principal_that_is_no_arn_leaves_the_parts_of_the_resource_empty() {
    let aws = aws();
    demo(&aws, "API");
    let eks = service_linked(&aws);
    let reply = rest(&aws, &eks, "GET", &entry_path("NodeRole"), &Value::Null);
    assert_eq!(reply.status, 403);
    assert!(
        reply.text.contains(
            "on resource: arn:aws:eks:eu-central-1:111122223333:access-entry/demo////* because"
        ),
        "{}",
        reply.text
    );
}
