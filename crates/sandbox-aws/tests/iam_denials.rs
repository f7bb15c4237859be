//! Who may do what in IAM, and how a refusal is worded.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod harness;

use harness::{ACCOUNT, Reply, aws, credentials, query};
use rolecall_sandbox_aws::Aws;
use rolecall_sandbox_aws::iam::{InstanceProfile, Role, User};
use rolecall_sandbox_aws::sigv4::Credentials;
use serde_json::{Value, json};

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;
const WITH_PATH: &str = "arn:aws:iam::111122223333:role/platform/eks/NodeRole";
const WITHOUT_PATH: &str = "arn:aws:iam::111122223333:role/NodeRole";

/// A role with a path, an empty profile, and a user that may do what the statements say.
fn world(statements: &Value) -> (Aws, Credentials) {
    let aws = aws();
    let account = ACCOUNT.parse().unwrap();
    let now = aws.clock().now();
    let document = json!({"Version": "2012-10-17", "Statement": statements});
    aws.write(|state| {
        let role = Role {
            path: "/platform/eks/".to_owned(),
            ..Role::new(account, "NodeRole", TRUST)
        };
        state.iam.put_role(aws.ids(), now, role);
        let profile = InstanceProfile::new(account, "eks-demo");
        state.iam.put_instance_profile(aws.ids(), now, profile);
        let mut ann = User::new(account, "ann");
        ann.inline.insert("own".to_owned(), document.to_string());
        state.iam.put_user(aws.ids(), now, ann);
    });
    let fields = [("Action", "CreateAccessKey"), ("UserName", "ann")];
    let reply = query(&aws, &credentials(), "iam", &fields);
    let key = Credentials {
        access_key_id: reply.element("AccessKeyId").unwrap().to_owned(),
        secret_access_key: reply.element("SecretAccessKey").unwrap().to_owned(),
        session_token: None,
    };
    (aws, key)
}

fn denied(reply: &Reply) -> &str {
    assert_eq!((reply.status, reply.code().as_str()), (403, "AccessDenied"));
    reply.element("Message").unwrap()
}

#[test]
fn a_denial_names_the_role_without_its_path_and_decides_with_it() {
    let get = [("Action", "GetRole"), ("RoleName", "NodeRole")];
    let (aws, ann) =
        world(&json!({"Effect": "Allow", "Action": "iam:GetRole", "Resource": WITHOUT_PATH}));
    let reply = query(&aws, &ann, "iam", &get);
    assert_eq!(
        denied(&reply),
        "User: arn:aws:iam::111122223333:user/ann is not authorized to perform: iam:GetRole on \
         resource: role NodeRole because no identity-based policy allows the iam:GetRole action"
    );
    let (aws, ann) =
        world(&json!({"Effect": "Allow", "Action": "iam:GetRole", "Resource": WITH_PATH}));
    assert_eq!(query(&aws, &ann, "iam", &get).status, 200);
}

#[test]
fn adding_a_role_to_a_profile_passes_it_by_its_full_arn_to_ec2() {
    let add = [
        ("Action", "AddRoleToInstanceProfile"),
        ("InstanceProfileName", "eks-demo"),
        ("RoleName", "NodeRole"),
    ];
    let with = |resource: &str, service: &str| {
        world(&json!([
            {"Effect": "Allow", "Action": "iam:AddRoleToInstanceProfile", "Resource": "*"},
            {"Effect": "Allow", "Action": "iam:PassRole", "Resource": resource,
             "Condition": {"StringEquals": {"iam:PassedToService": service}}},
        ]))
    };
    for (resource, service) in [
        (WITHOUT_PATH, "ec2.amazonaws.com"),
        (WITH_PATH, "eks.amazonaws.com"),
    ] {
        let (aws, ann) = with(resource, service);
        let reply = query(&aws, &ann, "iam", &add);
        assert!(denied(&reply).contains(&format!(
            "iam:PassRole on resource: {WITH_PATH} because no identity-based policy allows"
        )));
        let events = aws
            .events()
            .latest(|event| event.name == "AddRoleToInstanceProfile");
        assert_eq!(
            events.first().unwrap().to_json()["errorCode"],
            "AccessDenied"
        );
    }
    let (aws, ann) = with(WITH_PATH, "ec2.amazonaws.com");
    assert_eq!(query(&aws, &ann, "iam", &add).status, 200);
}

#[test]
fn parameters_are_checked_before_permissions_and_these_before_what_there_is() {
    let (aws, ann) = world(&json!({"Effect": "Deny", "Action": "*", "Resource": "*"}));
    let path = [("Action", "GetRole"), ("RoleName", "platform/eks/NodeRole")];
    let reply = query(&aws, &ann, "iam", &path);
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (400, "ValidationError")
    );
    assert_eq!(
        reply.element("Message"),
        Some(
            "The specified value for roleName is invalid. It must contain only alphanumeric \
             characters and/or the following: +=,.@_-"
        )
    );
    let nobody = [("Action", "GetRole"), ("RoleName", "Nobody")];
    let reply = query(&aws, &ann, "iam", &nobody);
    assert!(denied(&reply).ends_with("with an explicit deny in an identity-based policy"));
}

#[test]
fn a_listing_is_asked_about_its_path() {
    let statements = json!({
        "Effect": "Allow",
        "Action": "iam:ListInstanceProfiles",
        "Resource": "arn:aws:iam::111122223333:instance-profile/eks*",
    });
    let (aws, ann) = world(&statements);
    let list = ("Action", "ListInstanceProfiles");
    let below = [list, ("PathPrefix", "/eks/")];
    assert_eq!(query(&aws, &ann, "iam", &below).status, 200);
    let reply = query(&aws, &ann, "iam", &[list]);
    assert!(denied(&reply).contains(
        "iam:ListInstanceProfiles on resource: arn:aws:iam::111122223333:instance-profile/ because"
    ));
}
