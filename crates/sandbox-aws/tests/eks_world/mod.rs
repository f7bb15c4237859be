//! A small world for the tests of EKS: roles, a cluster, and short ways to call.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses a part")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rolecall_sandbox_aws::Aws;
use rolecall_sandbox_aws::sigv4::Credentials;
use serde_json::{Value, json};

use crate::harness::{ACCOUNT, Reply, credentials, query, rest};

pub const NODE: &str = "arn:aws:iam::111122223333:role/platform/eks/NodeRole";
pub const NODE_WITHOUT_PATH: &str = "arn:aws:iam::111122223333:role/NodeRole";
pub const CLUSTER_ROLE: &str = "arn:aws:iam::111122223333:role/ClusterRole";
pub const POLICY: &str = "arn:aws:eks::aws:cluster-access-policy";

/// Makes a role that trusts a service.
pub fn role(aws: &Aws, path: &str, name: &str, service: &str) {
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    }]});
    let reply = query(
        aws,
        &credentials(),
        "iam",
        &[
            ("Action", "CreateRole"),
            ("Path", path),
            ("RoleName", name),
            ("AssumeRolePolicyDocument", &trust.to_string()),
        ],
    );
    assert_eq!(reply.status, 200, "{}", reply.text);
}

/// Deletes a role.
pub fn delete_role(aws: &Aws, name: &str) {
    let fields = [("Action", "DeleteRole"), ("RoleName", name)];
    let reply = query(aws, &credentials(), "iam", &fields);
    assert_eq!(reply.status, 200, "{}", reply.text);
}

/// The roles of the node role and cluster role, and a cluster `demo` in a mode.
pub fn demo(aws: &Aws, mode: &str) {
    role(aws, "/platform/eks/", "NodeRole", "ec2.amazonaws.com");
    role(aws, "/", "ClusterRole", "eks.amazonaws.com");
    let reply = post(aws, "/clusters", &cluster_request("demo", mode));
    assert_eq!(reply.status, 200, "{}", reply.text);
}

pub fn cluster_request(name: &str, mode: &str) -> Value {
    json!({
        "name": name,
        "roleArn": CLUSTER_ROLE,
        "resourcesVpcConfig": {"subnetIds": []},
        "accessConfig": {"authenticationMode": mode},
    })
}

pub fn get(aws: &Aws, path: &str) -> Reply {
    rest(aws, &credentials(), "GET", path, &Value::Null)
}

pub fn post(aws: &Aws, path: &str, body: &Value) -> Reply {
    rest(aws, &credentials(), "POST", path, body)
}

pub fn delete(aws: &Aws, path: &str) -> Reply {
    rest(aws, &credentials(), "DELETE", path, &Value::Null)
}

/// An ARN as a segment of a path.
pub fn segment(arn: &str) -> String {
    utf8_percent_encode(arn, NON_ALPHANUMERIC).to_string()
}

pub fn entry_path(principal: &str) -> String {
    format!("/clusters/demo/access-entries/{}", segment(principal))
}

/// Makes an entry in `demo`.
pub fn enter(aws: &Aws, principal: &str, kind: &str) -> Reply {
    let body = json!({"principalArn": principal, "type": kind});
    post(aws, "/clusters/demo/access-entries", &body)
}

/// Code and message of an error.
pub fn refusal(reply: &Reply) -> (u16, String, String) {
    let message = reply.json()["message"].as_str().unwrap().to_owned();
    (reply.status, reply.code(), message)
}

pub fn assert_refused(reply: &Reply, status: u16, code: &str, message: &str) {
    assert_eq!(
        refusal(reply),
        (status, code.to_owned(), message.to_owned())
    );
}

/// A session of EKS's service-linked role, as EKS itself has.
pub fn service_linked(aws: &Aws) -> Credentials {
    let service = aws.service_credentials("eks.amazonaws.com", ACCOUNT.parse().unwrap());
    let reply = query(
        aws,
        &service,
        "sts",
        &[
            ("Action", "AssumeRole"),
            (
                "RoleArn",
                "arn:aws:iam::111122223333:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS",
            ),
            ("RoleSessionName", "AmazonEKS"),
        ],
    );
    assert_eq!(reply.status, 200, "{}", reply.text);
    let text = |name| reply.element(name).unwrap().to_owned();
    Credentials {
        access_key_id: text("AccessKeyId"),
        secret_access_key: text("SecretAccessKey"),
        session_token: Some(text("SessionToken")),
    }
}

/// A user with one inline policy, and its key.
pub fn user(aws: &Aws, name: &str, policy: &Value) -> Credentials {
    let call = |fields: &[(&str, &str)]| {
        let reply = query(aws, &credentials(), "iam", fields);
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply
    };
    call(&[("Action", "CreateUser"), ("UserName", name)]);
    call(&[
        ("Action", "PutUserPolicy"),
        ("UserName", name),
        ("PolicyName", "p"),
        ("PolicyDocument", &policy.to_string()),
    ]);
    let reply = call(&[("Action", "CreateAccessKey"), ("UserName", name)]);
    Credentials {
        access_key_id: reply.element("AccessKeyId").unwrap().to_owned(),
        secret_access_key: reply.element("SecretAccessKey").unwrap().to_owned(),
        session_token: None,
    }
}

/// A policy that allows actions on a resource.
pub fn allow(actions: &Value, resource: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": actions, "Resource": resource}]})
}

/// The latest event of an operation.
pub fn event(aws: &Aws, name: &str) -> Value {
    let events = aws.events().latest(|event| event.name == name);
    events.first().unwrap().to_json()
}
