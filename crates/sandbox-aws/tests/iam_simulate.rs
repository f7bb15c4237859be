//! The simulator and the calls themselves agree: both ask the one engine.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod harness;

use harness::{ACCOUNT, aws, credentials, query};
use proptest::prelude::*;
use rolecall_sandbox_aws::Aws;
use rolecall_sandbox_aws::iam::{ManagedPolicy, Role, User};
use rolecall_sandbox_aws::sigv4::Credentials;
use serde_json::{Value, json};

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;
const ROLES: [&str; 3] = [
    "arn:aws:iam::111122223333:role/NodeRole",
    "arn:aws:iam::111122223333:role/platform/eks/PathRole",
    "arn:aws:iam::111122223333:role/team/Other",
];
const ANN: &str = "arn:aws:iam::111122223333:user/people/ann";

fn world(inline: &[Value], boundary: Option<&[Value]>) -> Aws {
    let document = |statements: &[Value]| json!({"Version": "2012-10-17", "Statement": statements});
    let aws = aws();
    let account = ACCOUNT.parse().unwrap();
    let now = aws.clock().now();
    aws.write(|state| {
        for arn in ROLES {
            let (_, with_path) = arn.split_once(":role").unwrap();
            let (path, name) = with_path.rsplit_once('/').unwrap();
            let mut role = Role {
                path: format!("{path}/"),
                ..Role::new(account, name, TRUST)
            };
            role.tags.insert("team".to_owned(), name.to_owned());
            state.iam.put_role(aws.ids(), now, role);
        }
        let mut ann = User {
            path: "/people/".to_owned(),
            ..User::new(account, "ann")
        };
        ann.inline
            .insert("own".to_owned(), document(inline).to_string());
        if let Some(statements) = boundary {
            let text = document(statements).to_string();
            state
                .iam
                .put_policy(aws.ids(), now, ManagedPolicy::new(account, "Edge", &text));
            ann.boundary = Some("arn:aws:iam::111122223333:policy/Edge".to_owned());
        }
        state.iam.put_user(aws.ids(), now, ann);
    });
    aws
}

fn key_of_ann(aws: &Aws) -> Credentials {
    let fields = [("Action", "CreateAccessKey"), ("UserName", "ann")];
    let reply = query(aws, &credentials(), "iam", &fields);
    Credentials {
        access_key_id: reply.element("AccessKeyId").unwrap().to_owned(),
        secret_access_key: reply.element("SecretAccessKey").unwrap().to_owned(),
        session_token: None,
    }
}

fn simulated(aws: &Aws, role: &str) -> String {
    let name = role.rsplit('/').next().unwrap();
    let reply = query(
        aws,
        &credentials(),
        "iam",
        &[
            ("Action", "SimulatePrincipalPolicy"),
            ("PolicySourceArn", ANN),
            ("ActionNames.member.1", "iam:GetRole"),
            ("ResourceArns.member.1", role),
            (
                "ContextEntries.member.1.ContextKeyName",
                "iam:ResourceTag/team",
            ),
            ("ContextEntries.member.1.ContextKeyType", "string"),
            ("ContextEntries.member.1.ContextKeyValues.member.1", name),
        ],
    );
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.element("EvalDecision").unwrap().to_owned()
}

fn statement() -> impl Strategy<Value = Value> {
    let effect = prop_oneof![4 => Just("Allow"), 1 => Just("Deny")];
    let action = prop::sample::select(vec![
        "*",
        "iam:*",
        "iam:Get*",
        "iam:GetRole",
        "iam:ListRoles",
    ]);
    let resource = prop::sample::select(vec![
        "*",
        ROLES[0],
        "arn:aws:iam::*:role/platform/*",
        "arn:aws:iam::111122223333:role/*",
        "arn:aws:iam::111122223333:role/PathRole",
        "arn:aws:iam::111122223333:role/*Role",
    ]);
    let condition = prop::sample::select(vec![
        Value::Null,
        json!({"StringEquals": {"iam:ResourceTag/team": "PathRole"}}),
        json!({"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/people/*"}}),
        json!({"StringEquals": {"aws:username": "bob"}}),
    ]);
    (effect, action, resource, condition).prop_map(|(effect, action, resource, condition)| {
        let mut statement = json!({"Effect": effect, "Action": action, "Resource": resource});
        if let (false, Some(members)) = (condition.is_null(), statement.as_object_mut()) {
            members.insert("Condition".to_owned(), condition);
        }
        statement
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn a_simulation_decides_as_the_call_does(
        inline in prop::collection::vec(statement(), 1..4),
        boundary in prop::option::of(prop::collection::vec(statement(), 1..3)),
    ) {
        let aws = world(&inline, boundary.as_deref());
        let ann = key_of_ann(&aws);
        for role in ROLES {
            let name = role.rsplit('/').next().unwrap();
            let reply = query(&aws, &ann, "iam", &[("Action", "GetRole"), ("RoleName", name)]);
            let expected = match simulated(&aws, role).as_str() {
                "allowed" => 200,
                _ => 403,
            };
            prop_assert_eq!(reply.status, expected, "{}: {}", role, reply.text);
        }
    }
}

#[test]
fn the_fault_this_project_began_with_shows_in_a_simulation() {
    let aws = aws();
    let account = ACCOUNT.parse().unwrap();
    aws.write(|state| {
        let partition = state.partition.clone();
        let now = aws.clock().now();
        state
            .iam
            .put_service_linked_role(&partition, aws.ids(), now, account, "eks.amazonaws.com")
    });
    let linked = "arn:aws:iam::111122223333:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS";
    let entry =
        "arn:aws:eks:eu-central-1:111122223333:access-entry/demo/role/111122223333/NodeRole/*";
    let mut fields = vec![
        ("Action", "SimulatePrincipalPolicy"),
        ("PolicySourceArn", linked),
        ("ActionNames.member.1", "eks:DescribeAccessEntry"),
        ("ResourceArns.member.1", entry),
    ];
    let reply = query(&aws, &credentials(), "iam", &fields);
    assert_eq!(reply.element("EvalDecision"), Some("implicitDeny"));
    assert_eq!(
        reply.element("MissingContextValues"),
        Some("<member>eks:accessEntryType</member>")
    );
    fields.extend([
        (
            "ContextEntries.member.1.ContextKeyName",
            "eks:accessEntryType",
        ),
        ("ContextEntries.member.1.ContextKeyType", "string"),
        ("ContextEntries.member.1.ContextKeyValues.member.1", "EC2"),
    ]);
    let reply = query(&aws, &credentials(), "iam", &fields);
    assert_eq!(
        reply.element("EvalDecision"),
        Some("allowed"),
        "{}",
        reply.text
    );
    assert_eq!(
        reply.element("SourcePolicyId"),
        Some("AmazonEKSServiceRolePolicy")
    );
}
