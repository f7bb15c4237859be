//! What may not be read is unknown, never absent; what ends the reading says what to do next.

use rolecall_chain::{Options, Verdict, trace};
use rolecall_facts::Snapshot;
use rolecall_live::LiveError;

use crate::cluster::{ENTRY, ROLE, prod};
use crate::server::Script;

const ENTRY_RESOURCE: &str =
    "arn:aws:eks:eu-central-1:111122223333:access-entry/prod/role/111122223333/BatchNodeRole/*";

async fn snapshot(script: Script) -> Snapshot {
    script.read().await.0.unwrap().snapshot
}

/// The links of the only pool, with what could not be read below.
fn links(snapshot: &Snapshot) -> String {
    let traced = trace(snapshot, &Options::default());
    let mut lines: Vec<String> = traced.chains[0]
        .links
        .iter()
        .filter(|state| state.verdict != Verdict::Pass)
        .map(|state| format!("{} {}: {}", state.verdict, state.link, state.detail))
        .collect();
    lines.extend(
        snapshot
            .unread
            .iter()
            .map(|unread| format!("unread {}: {}", unread.origin, unread.why)),
    );
    lines.join("\n")
}

#[tokio::test]
async fn an_entry_that_may_not_be_described_is_there_and_of_unknown_type() {
    let script = prod(true).deny(ENTRY, "eks:DescribeAccessEntry", ENTRY_RESOURCE);
    insta::assert_snapshot!(links(&snapshot(script).await), @r"
    unknown access-entry: eks:DescribeAccessEntry on arn:aws:eks:eu-central-1:111122223333:access-entry/prod/role/111122223333/BatchNodeRole/* was not permitted
    unknown access-policy: eks:DescribeAccessEntry on arn:aws:eks:eu-central-1:111122223333:access-entry/prod/role/111122223333/BatchNodeRole/* was not permitted
    unknown join: it follows from access-entry
    unread eks:DescribeAccessEntry arn:aws:iam::111122223333:role/platform/eks/BatchNodeRole: eks:DescribeAccessEntry on arn:aws:eks:eu-central-1:111122223333:access-entry/prod/role/111122223333/BatchNodeRole/* was not permitted
    ");
}

#[tokio::test]
async fn without_the_list_the_roles_own_entry_is_asked_for() {
    let script = prod(true).deny(
        "eks GET /clusters/prod/access-entries",
        "eks:ListAccessEntries",
        "arn:aws:eks:eu-central-1:111122223333:cluster/prod",
    );
    insta::assert_snapshot!(links(&snapshot(script).await), @"unread eks:ListAccessEntries prod: eks:ListAccessEntries on arn:aws:eks:eu-central-1:111122223333:cluster/prod was not permitted");
}

#[tokio::test]
async fn without_list_and_entry_nothing_is_said_to_be_missing() {
    let script = prod(true)
        .deny(
            "eks GET /clusters/prod/access-entries",
            "eks:ListAccessEntries",
            "arn:aws:eks:eu-central-1:111122223333:cluster/prod",
        )
        .deny(ENTRY, "eks:DescribeAccessEntry", ENTRY_RESOURCE);
    insta::assert_snapshot!(links(&snapshot(script).await), @r"
    unknown access-entry: eks:DescribeAccessEntry on arn:aws:eks:eu-central-1:111122223333:access-entry/prod/role/111122223333/BatchNodeRole/* was not permitted
    unknown access-policy: there is no entry to look at
    unknown join: it follows from access-entry
    unread eks:DescribeAccessEntry arn:aws:iam::111122223333:role/platform/eks/BatchNodeRole: eks:DescribeAccessEntry on arn:aws:eks:eu-central-1:111122223333:access-entry/prod/role/111122223333/BatchNodeRole/* was not permitted
    unread eks:ListAccessEntries prod: eks:ListAccessEntries on arn:aws:eks:eu-central-1:111122223333:cluster/prod was not permitted
    ");
}

#[tokio::test]
async fn an_entry_that_is_not_there_is_absent() {
    let script = prod(true).on(
        "eks GET /clusters/prod/access-entries",
        200,
        r#"{"accessEntries": []}"#,
    );
    insta::assert_snapshot!(links(&snapshot(script).await), @r"
    fail access-entry: cluster `prod` has no access entry for role `BatchNodeRole`
    unknown access-policy: there is no entry to look at
    unknown join: not reached: access-entry does not hold
    ");
}

#[tokio::test]
async fn a_role_that_may_not_be_read_has_an_unknown_path() {
    let script = prod(true).deny_iam("iam GetRole BatchNodeRole", "iam:GetRole", ROLE);
    insta::assert_snapshot!(links(&snapshot(script).await), @r"
    unknown role: iam:GetRole on arn:aws:iam::111122223333:role/platform/eks/BatchNodeRole was not permitted
    unknown trust: sts:AssumeRole: iam:GetRole on arn:aws:iam::111122223333:role/platform/eks/BatchNodeRole was not permitted
    unknown node-permissions: eks-auth:AssumeRoleForPodIdentity: iam:GetRole on arn:aws:iam::111122223333:role/platform/eks/BatchNodeRole was not permitted
    unknown pass-role: the path of the role is not known: iam:GetRole on arn:aws:iam::111122223333:role/platform/eks/BatchNodeRole was not permitted
    unknown access-entry: the role's path is not known
    unknown access-policy: there is no entry to look at
    unknown join: it follows from access-entry
    unread iam:GetRole BatchNodeRole: iam:GetRole on arn:aws:iam::111122223333:role/platform/eks/BatchNodeRole was not permitted
    ");
}

#[tokio::test]
async fn a_role_that_is_not_there_is_said_not_to_exist() {
    let script = prod(true).without("iam GetRole BatchNodeRole");
    insta::assert_snapshot!(links(&snapshot(script).await), @r"
    fail role: role `BatchNodeRole`, which NodeClass `batch` names, does not exist
    unknown trust: the role is not known
    unknown node-permissions: the role is not known
    unknown pass-role: the role is not known
    unknown access-entry: there is no such role to let in
    unknown access-policy: there is no entry to look at
    unknown join: it follows from access-entry
    ");
}

#[tokio::test]
async fn policies_that_may_not_be_read_leave_permissions_unknown() {
    let script = prod(true).deny_iam(
        "iam ListAttachedRolePolicies BatchNodeRole",
        "iam:ListAttachedRolePolicies",
        ROLE,
    );
    insta::assert_snapshot!(links(&snapshot(script).await), @r"
    unknown node-permissions: eks-auth:AssumeRoleForPodIdentity: iam:ListAttachedRolePolicies on arn:aws:iam::111122223333:role/platform/eks/BatchNodeRole was not permitted
    unread iam:ListAttachedRolePolicies BatchNodeRole: iam:ListAttachedRolePolicies on arn:aws:iam::111122223333:role/platform/eks/BatchNodeRole was not permitted
    ");
}

#[tokio::test]
async fn classes_that_may_not_be_listed_are_not_missing() {
    let script = prod(true).on(
        "kube /apis/eks.amazonaws.com/v1/nodeclasses",
        403,
        r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"nodeclasses.eks.amazonaws.com is forbidden: User \"me\" cannot list resource","reason":"Forbidden","code":403}"#,
    );
    insta::assert_snapshot!(links(&snapshot(script).await), @r"
    unknown node-class: kubernetes:list on nodeclasses.eks.amazonaws.com was not permitted
    unknown role-reference: kubernetes:list on nodeclasses.eks.amazonaws.com was not permitted
    unknown role: kubernetes:list on nodeclasses.eks.amazonaws.com was not permitted
    unknown trust: the role is not known
    unknown node-permissions: the role is not known
    unknown pass-role: the role is not known
    unknown access-entry: the role is not known
    unknown access-policy: there is no entry to look at
    unknown join: it follows from access-entry
    unread kubernetes:list nodeclasses.eks.amazonaws.com: kubernetes:list on nodeclasses.eks.amazonaws.com was not permitted
    ");
}

#[tokio::test]
async fn a_cluster_that_is_not_there_names_those_that_are() {
    let script = Script::default().on(
        "eks GET /clusters",
        200,
        r#"{"clusters": ["staging", "dev"]}"#,
    );
    let error = script.read().await.0.unwrap_err();
    insta::assert_snapshot!(format!("{error}\n{}", error.help()), @r"
    there is no cluster `prod` in `eu-central-1`
    there: dev, staging; or name another region
    ");
}

#[tokio::test]
async fn expired_credentials_say_how_to_renew_them() {
    let script = Script::default().on(
        "eks GET /clusters/prod",
        403,
        r#"{"__type": "ExpiredTokenException", "message": "The security token included in the request is expired"}"#,
    );
    let error = script.read().await.0.unwrap_err();
    insta::assert_snapshot!(format!("{error}\n{}", error.help()), @r"
    the AWS credentials have run out: ExpiredTokenException: The security token included in the request is expired
    sign in again, for example with `aws sso login`, and try again
    ");
}

#[tokio::test]
async fn an_endpoint_that_does_not_answer_is_named() {
    use crate::server::credentials;
    use rolecall_live::{Connection, Kubernetes, Question, Settings, read};
    let connection = Connection::new(Settings {
        region: "eu-central-1".to_owned(),
        // Nothing listens on a port that was just given back.
        endpoint_url: Some(format!("http://127.0.0.1:{}", free_port())),
        credentials: credentials(),
        kubernetes: Kubernetes::None,
    });
    let question = Question {
        cluster: "prod".to_owned(),
        ..Question::default()
    };
    let error = read(&connection, &question).await.unwrap_err();
    assert!(matches!(&error, LiveError::Unreachable { .. }), "{error:?}");
}

#[tokio::test]
async fn an_identity_that_the_cluster_does_not_know_is_told_once() {
    let refused = r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}"#;
    let mut script = prod(true);
    for path in [
        "/apis/karpenter.sh/v1/nodepools",
        "/apis/karpenter.sh/v1/nodeclaims",
        "/apis/eks.amazonaws.com/v1/nodeclasses",
        "/apis/karpenter.k8s.aws/v1/ec2nodeclasses",
        "/api/v1/nodes",
        "/api/v1/namespaces/default/events",
    ] {
        script = script.on(&format!("kube {path}"), 401, refused);
    }
    let unread = snapshot(script).await.unread;
    assert_eq!(unread.len(), 1, "{unread:?}");
    insta::assert_snapshot!(unread[0].why, @"the cluster's objects, or what AWS knows of them (the API server answers 401 Unauthorized: nothing in the cluster maps this identity), could not be read");
    insta::assert_snapshot!(unread[0].help.as_deref().unwrap_or_default(), @"give this identity an access entry with `aws eks create-access-entry` and associate AmazonEKSAdminViewPolicy, or use one that has one");
}

#[tokio::test]
async fn throttled_calls_are_made_again_and_what_stays_refused_is_unknown() {
    let slow = r#"{"__type": "ThrottlingException", "message": "Rate exceeded"}"#;
    let script = prod(false).on("trail DescribeAccessEntry", 400, slow);
    let (reading, asked) = script.read().await;
    let unread = reading.unwrap().snapshot.unread;
    assert!(
        asked
            .iter()
            .filter(|call| call.starts_with("trail"))
            .count()
            > 1
    );
    insta::assert_snapshot!(unread[0].why, @"the answer to cloudtrail:LookupEvents (ThrottlingException: Rate exceeded) could not be read");
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}
