//! Who may take which role, and what the session is like.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod harness;

use harness::{ACCOUNT, Reply, aws, credentials, query};
use rolecall_sandbox_aws::Aws;
use rolecall_sandbox_aws::sigv4::Credentials;
use serde_json::{Value, json};

const OTHER: &str = "444455556666";

fn trust(principal: &Value, actions: &Value, condition: &Value) -> String {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": principal, "Action": actions, "Condition": condition}]})
    .to_string()
}

fn role(aws: &Aws, account: &str, path: &str, name: &str, trust: &str, inline: &Value) {
    let row = json!({
        "account": account, "name": name, "path": path, "id": format!("AROAEXAMPLE{name:0<10}"),
        "created": "2026-11-01T00:00:00Z", "trust": trust, "max_session": 7200,
        "inline": inline, "tags": {"team": "platform"},
    });
    let key = format!("{account}/{}", name.to_lowercase());
    aws.write(|state| state.restore("iam.roles", &key, row.to_string().as_bytes()))
        .unwrap();
}

fn assume(aws: &Aws, with: &Credentials, arn: &str, more: &[(&str, &str)]) -> Reply {
    let mut fields = vec![
        ("Action", "AssumeRole"),
        ("RoleArn", arn),
        ("RoleSessionName", "s-1"),
    ];
    fields.extend(more);
    query(aws, with, "sts", &fields)
}

fn session(reply: &Reply) -> Credentials {
    assert_eq!(reply.status, 200, "{}", reply.text);
    let text = |name| reply.element(name).unwrap().to_owned();
    Credentials {
        access_key_id: text("AccessKeyId"),
        secret_access_key: text("SecretAccessKey"),
        session_token: Some(text("SessionToken")),
    }
}

fn last_event(aws: &Aws, name: &str) -> Value {
    let events = aws.events().latest(|event| event.name == name);
    events.first().unwrap().to_json()
}

const NODE: &str = "arn:aws:iam::111122223333:role/platform/eks/NodeRole";

#[test]
fn a_session_loses_the_path_and_keeps_the_roles_id() {
    let aws = aws();
    let root = trust(
        &json!({"AWS": ACCOUNT}),
        &json!("sts:AssumeRole"),
        &json!({}),
    );
    role(
        &aws,
        ACCOUNT,
        "/platform/eks/",
        "NodeRole",
        &root,
        &json!({}),
    );
    let reply = assume(&aws, &credentials(), NODE, &[]);
    let with = session(&reply);
    assert!(with.access_key_id.starts_with("ASIA"));
    assert!(with.session_token.as_ref().unwrap().len() > 300);
    assert_eq!(reply.element("Expiration"), Some("2026-11-01T11:00:00Z"));
    let who = query(&aws, &with, "sts", &[("Action", "GetCallerIdentity")]);
    assert_eq!(
        who.element("Arn"),
        Some("arn:aws:sts::111122223333:assumed-role/NodeRole/s-1")
    );
    assert_eq!(who.element("UserId"), Some("AROAEXAMPLENodeRole00:s-1"));
    let event = last_event(&aws, "AssumeRole");
    assert_eq!(event["readOnly"], true);
    assert_eq!(event["resources"][0]["ARN"], NODE);
    let given = &event["responseElements"]["credentials"];
    assert_eq!(given["accessKeyId"], with.access_key_id.as_str());
    assert_eq!(given["expiration"], "Nov 1, 2026, 11:00:00 AM");
    assert!(given.get("secretAccessKey").is_none());
}

#[test]
fn an_unknown_role_and_a_role_without_its_path_are_refused_alike() {
    let aws = aws();
    let root = trust(
        &json!({"AWS": ACCOUNT}),
        &json!("sts:AssumeRole"),
        &json!({}),
    );
    role(
        &aws,
        ACCOUNT,
        "/platform/eks/",
        "NodeRole",
        &root,
        &json!({}),
    );
    for arn in [
        "arn:aws:iam::111122223333:role/NodeRole",
        "arn:aws:iam::111122223333:role/Nobody",
    ] {
        let reply = assume(&aws, &credentials(), arn, &[]);
        assert_eq!((reply.status, reply.code().as_str()), (403, "AccessDenied"));
        let wanted = format!(
            "User: arn:aws:iam::111122223333:user/administrator is not authorized to perform: \
             sts:AssumeRole on resource: {arn}"
        );
        assert_eq!(reply.element("Message"), Some(wanted.as_str()));
    }
}

#[test]
fn a_cluster_role_without_tag_session_refuses_the_session_tag() {
    let aws = aws();
    let eks = json!({"Service": "eks.amazonaws.com"});
    let only = trust(&eks, &json!("sts:AssumeRole"), &json!({}));
    let both = trust(
        &eks,
        &json!(["sts:AssumeRole", "sts:TagSession"]),
        &json!({}),
    );
    role(&aws, ACCOUNT, "/", "Untagged", &only, &json!({}));
    role(&aws, ACCOUNT, "/", "Tagged", &both, &json!({}));
    let service = aws.service_credentials("eks.amazonaws.com", ACCOUNT.parse().unwrap());
    let tags = [
        ("Tags.member.1.Key", "eks:eks-cluster-name"),
        ("Tags.member.1.Value", "demo"),
    ];
    let refused = assume(
        &aws,
        &service,
        "arn:aws:iam::111122223333:role/Untagged",
        &tags,
    );
    assert!(
        refused.text.contains("perform: sts:TagSession on resource"),
        "{}",
        refused.text
    );
    let allowed = assume(
        &aws,
        &service,
        "arn:aws:iam::111122223333:role/Tagged",
        &tags,
    );
    let with = session(&allowed);
    let event = last_event(&aws, "AssumeRole");
    assert_eq!(
        event["userIdentity"],
        json!({"type": "AWSService", "invokedBy": "eks.amazonaws.com"})
    );
    assert_eq!(event["recipientAccountId"], ACCOUNT);
    // What the session does, EKS does with it.
    query(&aws, &with, "sts", &[("Action", "GetCallerIdentity")]);
    let event = last_event(&aws, "GetCallerIdentity");
    assert_eq!(event["userIdentity"]["invokedBy"], "eks.amazonaws.com");
    assert_eq!(event["sourceIPAddress"], "eks.amazonaws.com");
    // A user has no such way in.
    let user = assume(
        &aws,
        &credentials(),
        "arn:aws:iam::111122223333:role/Tagged",
        &[],
    );
    assert_eq!(user.code(), "AccessDenied");
}

#[test]
fn a_role_of_another_account_needs_both_sides_and_leaves_two_events() {
    let aws = aws();
    let mine = trust(
        &json!({"AWS": ACCOUNT}),
        &json!("sts:AssumeRole"),
        &json!({}),
    );
    role(&aws, ACCOUNT, "/", "Poor", &mine, &json!({}));
    role(&aws, OTHER, "/", "Theirs", &mine, &json!({}));
    let theirs = "arn:aws:iam::444455556666:role/Theirs";
    let poor = session(&assume(
        &aws,
        &credentials(),
        "arn:aws:iam::111122223333:role/Poor",
        &[],
    ));
    assert_eq!(assume(&aws, &poor, theirs, &[]).code(), "AccessDenied");
    session(&assume(&aws, &credentials(), theirs, &[]));
    let events: Vec<Value> = aws
        .events()
        .latest(|event| event.name == "AssumeRole")
        .iter()
        .take(2)
        .map(|event| event.to_json())
        .collect();
    assert_eq!(events[0]["recipientAccountId"], OTHER);
    assert_eq!(events[0]["userIdentity"]["type"], "AWSAccount");
    assert_eq!(events[1]["userIdentity"]["type"], "IAMUser");
    assert_eq!(events[0]["sharedEventID"], events[1]["sharedEventID"]);
    assert_ne!(events[0]["eventID"], events[1]["eventID"]);
}

#[test]
fn a_session_policy_narrows_and_transitive_tags_are_carried_on() {
    let aws = aws();
    let all = json!(["sts:AssumeRole", "sts:TagSession"]);
    let root = trust(&json!({"AWS": ACCOUNT}), &all, &json!({}));
    let may = json!({"all": r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#});
    role(&aws, ACCOUNT, "/", "First", &root, &may);
    let second = trust(
        &json!({"AWS": ACCOUNT}),
        &all,
        &json!({"StringEquals": {"aws:PrincipalTag/cluster": "demo"}}),
    );
    role(&aws, ACCOUNT, "/", "Second", &second, &may);
    let first = "arn:aws:iam::111122223333:role/First";
    let tags = [
        ("Tags.member.1.Key", "cluster"),
        ("Tags.member.1.Value", "demo"),
        ("TransitiveTagKeys.member.1", "cluster"),
    ];
    let tagged = session(&assume(&aws, &credentials(), first, &tags));
    let to_second = "arn:aws:iam::111122223333:role/Second";
    session(&assume(&aws, &tagged, to_second, &[]));
    let again = assume(&aws, &tagged, to_second, &tags[..2]);
    assert_eq!(again.code(), "InvalidParameterValue", "{}", again.text);
    let long = assume(&aws, &tagged, to_second, &[("DurationSeconds", "3601")]);
    assert!(long.text.contains("1 hour session limit"), "{}", long.text);
    let narrow = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:GetRole","Resource":"*"}]}"#;
    let reply = assume(&aws, &credentials(), first, &[("Policy", narrow)]);
    assert!(
        reply
            .element("PackedPolicySize")
            .unwrap()
            .parse::<u8>()
            .unwrap()
            > 0
    );
    let narrowed = session(&reply);
    let get = |name| {
        query(
            &aws,
            &narrowed,
            "iam",
            &[("Action", "GetRole"), ("RoleName", name)],
        )
    };
    assert_eq!(get("First").status, 200);
    assert_eq!(
        assume(&aws, &narrowed, to_second, &[]).code(),
        "AccessDenied"
    );
}

#[test]
fn a_service_must_name_the_source_that_the_trust_policy_asks_for() {
    let aws = aws();
    let condition = json!({"StringEquals": {"aws:SourceAccount": ACCOUNT}});
    let eks = json!({"Service": "eks.amazonaws.com"});
    let guarded = trust(&eks, &json!("sts:AssumeRole"), &condition);
    role(&aws, ACCOUNT, "/", "Guarded", &guarded, &json!({}));
    let service = aws.service_credentials("eks.amazonaws.com", ACCOUNT.parse().unwrap());
    let send = |account: Option<&str>| {
        let mut request = http::Request::post("https://sts.eu-central-1.amazonaws.com/")
            .header("content-type", "application/x-www-form-urlencoded");
        if let Some(account) = account {
            request = request.header("x-amz-source-account", account);
        }
        let body =
            "Action=AssumeRole&RoleSessionName=s-1&RoleArn=arn:aws:iam::111122223333:role/Guarded";
        harness::send(&aws, &service, "sts", request.body(body.into()).unwrap()).status
    };
    assert_eq!(send(None), 403);
    assert_eq!(send(Some(OTHER)), 403);
    assert_eq!(send(Some(ACCOUNT)), 200);
}

#[test]
fn parameters_out_of_bounds_are_told_together() {
    let aws = aws();
    let reply = query(
        &aws,
        &credentials(),
        "sts",
        &[
            ("Action", "AssumeRole"),
            ("RoleArn", "arn:aws:iam::111122223333:role/X"),
            ("RoleSessionName", "a b"),
            ("DurationSeconds", "60"),
        ],
    );
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (400, "ValidationError")
    );
    let message = reply.element("Message").unwrap();
    assert!(
        message.starts_with("2 validation errors detected: "),
        "{message}"
    );
    assert!(
        message.contains("greater than or equal to 900"),
        "{message}"
    );
}

#[test]
fn a_session_ends_with_its_time() {
    let aws = aws();
    let root = trust(
        &json!({"AWS": ACCOUNT}),
        &json!("sts:AssumeRole"),
        &json!({}),
    );
    role(
        &aws,
        ACCOUNT,
        "/platform/eks/",
        "NodeRole",
        &root,
        &json!({}),
    );
    let with = session(&assume(
        &aws,
        &credentials(),
        NODE,
        &[("DurationSeconds", "900")],
    ));
    let who = || query(&aws, &with, "sts", &[("Action", "GetCallerIdentity")]);
    assert_eq!(who().status, 200);
    aws.clock().step(std::time::Duration::from_secs(901));
    assert_eq!(who().code(), "ExpiredToken");
}

#[test]
fn a_key_tells_its_account() {
    let aws = aws();
    let info = |key: &str| {
        let fields = [("Action", "GetAccessKeyInfo"), ("AccessKeyId", key)];
        query(&aws, &credentials(), "sts", &fields)
    };
    let known = info("AKIAIOSFODNN7EXAMPLE");
    assert_eq!(known.element("Account"), Some(ACCOUNT), "{}", known.text);
    let made = aws.ids().unique("ASIA", OTHER.parse().unwrap());
    assert_eq!(info(&made).element("Account"), Some(OTHER));
    assert_eq!(info("short").code(), "ValidationError");
}

#[test]
fn a_made_up_authorization_message_is_refused() {
    let fields = [
        ("Action", "DecodeAuthorizationMessage"),
        ("EncodedMessage", "bm90aGluZw"),
    ];
    let reply = query(&aws(), &credentials(), "sts", &fields);
    assert_eq!(reply.code(), "InvalidAuthorizationMessageException");
}
