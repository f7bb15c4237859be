//! Every way to be refused an access entry, in EKS's words.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod eks_world;
mod harness;

use eks_world::{
    NODE, NODE_WITHOUT_PATH, POLICY, assert_refused, delete, demo, enter, entry_path, get, post,
    refusal, role,
};
use harness::{Reply, aws};
use rolecall_sandbox_aws::Aws;
use serde_json::{Value, json};

const INVALID: &str = "InvalidParameterException";
const LINKED: &str =
    "arn:aws:iam::111122223333:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS";

fn create(aws: &Aws, cluster: &str, body: &Value) -> Reply {
    post(aws, &format!("/clusters/{cluster}/access-entries"), body)
}

fn of(principal: &str, more: &Value) -> Value {
    let mut body = json!({"principalArn": principal});
    let members = body.as_object_mut().unwrap();
    members.extend(more.as_object().unwrap().clone());
    body
}

#[test]
fn what_has_a_wrong_form_is_refused_even_without_a_cluster() {
    let aws = aws();
    role(&aws, "/", "NodeRole", "ec2.amazonaws.com");
    let user = "arn:aws:iam::111122223333:user/me";
    let other = "arn:aws:iam::444455556666:role/NodeRole";
    let types = "[EC2_LINUX, EC2_WINDOWS, FARGATE_LINUX, HYBRID_LINUX, EC2]";
    let form = "The principalArn parameter format is not valid";
    let linked = "The caller is not allowed to modify access entries with a principalArn value of a Service Linked Role";
    let mut cases: Vec<(Value, String)> = vec![
        (of("NodeRole", &json!({})), form.to_owned()),
        (
            of(
                "arn:aws:sts::111122223333:assumed-role/NodeRole/i-1",
                &json!({}),
            ),
            form.to_owned(),
        ),
        (
            of("arn:aws:iam::111122223333:root", &json!({})),
            form.to_owned(),
        ),
        (
            of("arn:aws:iam::111122223333:group/x", &json!({})),
            form.to_owned(),
        ),
        (json!({}), form.to_owned()),
        (of(LINKED, &json!({})), linked.to_owned()),
        (of(LINKED, &json!({"type": "EC2"})), linked.to_owned()),
        (
            of(
                "arn:aws:iam::444455556666:role/aws-service-role/x.amazonaws.com/Any",
                &json!({}),
            ),
            linked.to_owned(),
        ),
        (
            of(
                NODE_WITHOUT_PATH,
                &json!({"kubernetesGroups": ["ok", "system:masters"]}),
            ),
            "The kubernetes group name system:masters is invalid, it cannot start with system:"
                .to_owned(),
        ),
    ];
    for kind in [
        "EC2_LINUX",
        "EC2_WINDOWS",
        "FARGATE_LINUX",
        "HYBRID_LINUX",
        "EC2",
    ] {
        cases.push((
            of(user, &json!({"type": kind})),
            format!("AccessEntry principalArn must be IAM role when using types {types}"),
        ));
        cases.push((
            of(other, &json!({"type": kind})),
            format!(
                "AccessEntry principalArn must be from the same account as the cluster when using types {types}"
            ),
        ));
    }
    for kind in ["EC2_LINUX", "EC2_WINDOWS"] {
        for (what, value) in [("kubernetesGroups", json!(["a"])), ("username", json!("a"))] {
            cases.push((
                of(NODE_WITHOUT_PATH, &json!({"type": kind, what: value})),
                format!(
                    "The specified {what} is invalid: setting {what} is not allowed when the type is \"{kind}\""
                ),
            ));
        }
    }
    for prefix in ["system:", "eks:", "aws:", "amazon:", "iam:"] {
        cases.push((
            of(
                NODE_WITHOUT_PATH,
                &json!({"username": format!("{prefix}x")}),
            ),
            format!("The username must not begin with {prefix}"),
        ));
    }
    for (body, message) in cases {
        assert_refused(&create(&aws, "nowhere", &body), 400, INVALID, &message);
    }
    let reply = create(
        &aws,
        "nowhere",
        &of(NODE_WITHOUT_PATH, &json!({"username": "sts:x"})),
    );
    assert_refused(
        &reply,
        404,
        "ResourceNotFoundException",
        "No cluster found for name: nowhere.",
    );
    assert_eq!(reply.json()["clusterName"], "nowhere");
}

#[test]
fn a_type_nobody_knows_is_refused() {
    let aws = aws();
    demo(&aws, "API");
    for kind in ["EC2_Linux", "Standard", "NODE", ""] {
        let (status, code, _) = refusal(&enter(&aws, NODE, kind));
        assert_eq!((status, code.as_str()), (400, INVALID), "{kind}");
    }
}

#[test]
fn the_session_name_in_a_user_name_needs_a_colon_before_it() {
    let aws = aws();
    demo(&aws, "API");
    let with = |name: &str| create(&aws, "demo", &of(NODE, &json!({"username": name})));
    assert_eq!(with("{{SessionName}}").status, 400);
    let reply = with("team:{{SessionName}}");
    assert_eq!(
        reply.json()["accessEntry"]["username"],
        "team:{{SessionName}}"
    );
}

#[test]
fn clusters_without_the_api_refuse_before_they_look_for_the_principal() {
    let aws = aws();
    demo(&aws, "CONFIG_MAP");
    let message = "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation.";
    let nobody = "arn:aws:iam::111122223333:role/Nobody";
    for reply in [
        enter(&aws, nobody, "STANDARD"),
        get(&aws, &entry_path(nobody)),
        get(&aws, "/clusters/demo/access-entries"),
        delete(&aws, &entry_path(nobody)),
        get(&aws, &format!("{}/access-policies", entry_path(nobody))),
    ] {
        assert_refused(&reply, 400, "InvalidRequestException", message);
    }
}

#[test]
fn principals_must_exist_with_exactly_their_path() {
    let aws = aws();
    demo(&aws, "API");
    let message = "The specified principalArn is invalid: invalid principal.";
    for principal in [
        "arn:aws:iam::111122223333:role/Nobody",
        NODE_WITHOUT_PATH,
        "arn:aws:iam::111122223333:role/other/NodeRole",
        "arn:aws:iam::111122223333:user/NodeRole",
        "arn:aws:iam::444455556666:role/NodeRole",
    ] {
        assert_refused(&enter(&aws, principal, "STANDARD"), 400, INVALID, message);
    }
    assert_eq!(enter(&aws, NODE, "STANDARD").status, 200);
    assert_refused(
        &enter(&aws, NODE, "EC2"),
        409,
        "ResourceInUseException",
        "The specified access entry resource is already in use on this cluster.",
    );
}

#[test]
fn principals_without_an_entry_are_not_found() {
    let aws = aws();
    demo(&aws, "API");
    let message = "The specified principalArn could not be found. You can view your available access entries with 'list-access-entries'.";
    let associate = json!({
        "policyArn": format!("{POLICY}/AmazonEKSViewPolicy"),
        "accessScope": {"type": "cluster"},
    });
    let policies = format!("{}/access-policies", entry_path(NODE));
    for reply in [
        get(&aws, &entry_path(NODE)),
        delete(&aws, &entry_path(NODE)),
        post(&aws, &entry_path(NODE), &json!({"username": "x"})),
        post(&aws, &policies, &associate),
        get(&aws, &policies),
    ] {
        assert_refused(&reply, 404, "ResourceNotFoundException", message);
    }
    assert_refused(
        &get(&aws, &entry_path("NodeRole")),
        400,
        INVALID,
        "The principalArn parameter format is not valid",
    );
}

#[test]
fn an_arn_with_bare_slashes_in_the_path_is_no_operation() {
    let aws = aws();
    demo(&aws, "API");
    let reply = get(&aws, &format!("/clusters/demo/access-entries/{NODE}"));
    assert_eq!(reply.status, 404);
    assert_eq!(reply.code(), "UnknownOperationException");
}
