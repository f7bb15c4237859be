//! Access entries: what each type is like, how they change, and what they are bound to.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod eks_world;
mod harness;

use eks_world::{
    CLUSTER_ROLE, NODE, POLICY, assert_refused, cluster_request, delete, delete_role, demo, enter,
    entry_path, event, get, post, role,
};
use harness::{ACCOUNT, REGION, Reply, aws, aws_with, credentials, query, settings};
use rolecall_sandbox_aws::Aws;
use rolecall_sandbox_aws::eks::ClusterKey;
use serde_json::{Value, json};

const INVALID: &str = "InvalidParameterException";
fn create(aws: &Aws, cluster: &str, body: &Value) -> Reply {
    post(aws, &format!("/clusters/{cluster}/access-entries"), body)
}

fn of(principal: &str, more: &Value) -> Value {
    let mut body = json!({"principalArn": principal});
    let members = body.as_object_mut().unwrap();
    members.extend(more.as_object().unwrap().clone());
    body
}

fn demo_key() -> ClusterKey {
    ClusterKey {
        account: ACCOUNT.parse().unwrap(),
        region: REGION.to_owned(),
        name: "demo".to_owned(),
    }
}

#[test]
fn an_entry_has_every_member_and_an_arn_without_the_path() {
    let aws = aws();
    demo(&aws, "API");
    let reply = create(
        &aws,
        "demo",
        &of(NODE, &json!({"tags": {"team": "a"}, "type": "EC2_LINUX"})),
    );
    assert_eq!(reply.status, 200, "{}", reply.text);
    let entry = reply.json()["accessEntry"].clone();
    let arn = entry["accessEntryArn"].as_str().unwrap();
    assert!(
        arn.starts_with(
            "arn:aws:eks:eu-central-1:111122223333:access-entry/demo/role/111122223333/NodeRole/"
        ),
        "{arn}"
    );
    assert_eq!(
        entry,
        json!({
            "clusterName": "demo",
            "principalArn": NODE,
            "kubernetesGroups": ["system:nodes"],
            "accessEntryArn": arn,
            "createdAt": 1_793_527_200.0,
            "modifiedAt": 1_793_527_200.0,
            "tags": {"team": "a"},
            "username": "system:node:{{EC2PrivateDNSName}}",
            "type": "EC2_LINUX",
        })
    );
    assert_eq!(get(&aws, &entry_path(NODE)).json()["accessEntry"], entry);
}

#[test]
fn each_type_has_its_own_user_name() {
    let aws = aws();
    demo(&aws, "API");
    for (kind, username) in [
        (
            "STANDARD",
            "arn:aws:sts::111122223333:assumed-role/NodeRole/{{SessionName}}",
        ),
        ("EC2_LINUX", "system:node:{{EC2PrivateDNSName}}"),
        ("EC2_WINDOWS", "system:node:{{EC2PrivateDNSName}}"),
        ("FARGATE_LINUX", "system:node:{{SessionName}}"),
        ("HYBRID_LINUX", "system:node:{{SessionName}}"),
        ("HYPERPOD_LINUX", "system:node:{{SessionName}}"),
        ("EC2", "system:node:{{SessionName}}"),
    ] {
        let entry = enter(&aws, NODE, kind).json()["accessEntry"].clone();
        assert_eq!(entry["type"], kind);
        assert_eq!(entry["username"], username, "{kind}");
        assert_eq!(delete(&aws, &entry_path(NODE)).status, 200);
    }
    let user = "arn:aws:iam::111122223333:user/administrator";
    let entry = get(&aws, &entry_path(user)).json()["accessEntry"].clone();
    assert_eq!(
        (&entry["username"], &entry["type"]),
        (&json!(user), &json!("STANDARD"))
    );
    assert_eq!(entry["kubernetesGroups"], json!([]));
}

#[test]
fn repeating_a_request_with_its_token_makes_nothing_twice() {
    let aws = aws();
    demo(&aws, "API");
    let body = of(NODE, &json!({"clientRequestToken": "t-1"}));
    let first = create(&aws, "demo", &body);
    assert_eq!(first.status, 200, "{}", first.text);
    assert_eq!(create(&aws, "demo", &body).json(), first.json());
    let other = of(NODE, &json!({"clientRequestToken": "t-1", "type": "EC2"}));
    assert_eq!(create(&aws, "demo", &other).status, 409);
}

#[test]
fn an_update_changes_name_and_groups_of_standard_entries_alone() {
    let aws = aws();
    demo(&aws, "API");
    enter(&aws, NODE, "STANDARD");
    aws.clock().step(std::time::Duration::from_millis(1500));
    let body = json!({"username": "node:{{SessionName}}", "kubernetesGroups": ["a", "b"]});
    let entry = post(&aws, &entry_path(NODE), &body).json()["accessEntry"].clone();
    assert_eq!(entry["username"], "node:{{SessionName}}");
    assert_eq!(entry["kubernetesGroups"], json!(["a", "b"]));
    assert_eq!(entry["createdAt"], 1_793_527_200.0);
    assert_eq!(entry["modifiedAt"], 1_793_527_201.5);
    let entry = post(&aws, &entry_path(NODE), &json!({"kubernetesGroups": []})).json();
    assert_eq!(entry["accessEntry"]["kubernetesGroups"], json!([]));
    assert_eq!(entry["accessEntry"]["username"], "node:{{SessionName}}");

    enter(&aws, CLUSTER_ROLE, "EC2_LINUX");
    let update = |body: &Value| post(&aws, &entry_path(CLUSTER_ROLE), body);
    assert_refused(
        &update(&json!({"username": "system:node:{{EC2PrivateDNSName}}"})),
        400,
        INVALID,
        "The username must not begin with system:",
    );
    assert_refused(
        &update(&json!({"kubernetesGroups": ["a"]})),
        400,
        INVALID,
        "The specified kubernetesGroups is invalid: setting kubernetesGroups is not allowed when the type is \"EC2_LINUX\"",
    );
}

#[test]
fn lists_are_sorted_paged_and_can_ask_for_a_policy() {
    let aws = aws();
    demo(&aws, "API");
    for name in ["c", "a", "b"] {
        role(&aws, "/team/", name, "ec2.amazonaws.com");
        enter(
            &aws,
            &format!("arn:aws:iam::111122223333:role/team/{name}"),
            "STANDARD",
        );
    }
    let mut found = Vec::new();
    let mut next = String::new();
    loop {
        let page = get(
            &aws,
            &format!("/clusters/demo/access-entries?maxResults=2&nextToken={next}"),
        )
        .json();
        found.extend(page["accessEntries"].as_array().unwrap().clone());
        match page["nextToken"].as_str() {
            Some(token) => token.clone_into(&mut next),
            None => break,
        }
    }
    assert_eq!(
        found,
        [
            "arn:aws:iam::111122223333:role/team/a",
            "arn:aws:iam::111122223333:role/team/b",
            "arn:aws:iam::111122223333:role/team/c",
            "arn:aws:iam::111122223333:user/administrator",
        ]
    );
    let admins = get(
        &aws,
        "/clusters/demo/access-entries?associatedPolicyArn=arn%3Aaws%3Aeks%3A%3Aaws%3Acluster-access-policy%2FAmazonEKSClusterAdminPolicy",
    )
    .json();
    assert_eq!(
        admins,
        json!({"accessEntries": ["arn:aws:iam::111122223333:user/administrator"]})
    );
    for bad in ["maxResults=0", "maxResults=101", "nextToken=%21"] {
        assert_eq!(
            get(&aws, &format!("/clusters/demo/access-entries?{bad}")).status,
            400
        );
    }
}

#[test]
fn an_entry_stays_bound_to_the_role_that_was() {
    let aws = aws();
    demo(&aws, "API");
    enter(&aws, NODE, "EC2");
    let id = |aws: &Aws| {
        let fields = [("Action", "GetRole"), ("RoleName", "NodeRole")];
        query(aws, &credentials(), "iam", &fields)
            .element("RoleId")
            .unwrap()
            .to_owned()
    };
    let bound = |id: &str| {
        aws.read(|state| {
            state
                .eks
                .entry_for_principal_id(&demo_key(), id)
                .map(|e| e.kind)
        })
    };
    let before = id(&aws);
    assert!(bound(&before).is_some());
    delete_role(&aws, "NodeRole");
    role(&aws, "/platform/eks/", "NodeRole", "ec2.amazonaws.com");
    let after = id(&aws);
    assert_ne!(before, after);
    // Listed and described as before, and nobody's.
    assert_eq!(
        get(&aws, &entry_path(NODE)).json()["accessEntry"]["type"],
        "EC2"
    );
    assert!(bound(&after).is_none());
    post(&aws, &entry_path(NODE), &json!({"kubernetesGroups": []}));
    assert!(bound(&after).is_none());
    delete(&aws, &entry_path(NODE));
    enter(&aws, NODE, "EC2");
    assert!(bound(&after).is_some());
    let compared = aws.read(|state| {
        let entry = state.eks.entry(&demo_key(), NODE).unwrap();
        entry.principal_arn_without_path()
    });
    assert_eq!(compared, "arn:aws:iam::111122223333:role/noderole");
}

#[test]
fn a_role_is_compared_without_its_path_and_a_user_with_it() {
    let compared = rolecall_sandbox_aws::eks::compared_arn;
    assert_eq!(compared(NODE), "arn:aws:iam::111122223333:role/noderole");
    assert_eq!(
        compared("arn:aws:iam::111122223333:user/staff/Ann"),
        "arn:aws:iam::111122223333:user/staff/ann"
    );
}

#[test]
fn an_entry_is_not_seen_for_a_while_when_writes_take_time() {
    let aws = aws_with(rolecall_sandbox_aws::Settings {
        lag: Some(10_000),
        ..settings()
    });
    role(&aws, "/", "ClusterRole", "eks.amazonaws.com");
    let soon = enter(&aws, CLUSTER_ROLE, "STANDARD");
    assert_eq!(soon.status, 404, "{}", soon.text);
    let hour = std::time::Duration::from_secs(3600);
    aws.clock().step(hour);
    assert_eq!(
        post(&aws, "/clusters", &cluster_request("demo", "API")).status,
        200
    );
    aws.clock().step(hour);
    role(&aws, "/new/", "Fresh", "ec2.amazonaws.com");
    let fresh = "arn:aws:iam::111122223333:role/new/Fresh";
    assert_refused(
        &enter(&aws, fresh, "STANDARD"),
        400,
        INVALID,
        "The specified principalArn is invalid: invalid principal.",
    );
    aws.clock().step(hour);
    assert_eq!(enter(&aws, fresh, "STANDARD").status, 200);
    assert_eq!(get(&aws, &entry_path(fresh)).status, 404);
    aws.clock().step(hour);
    assert_eq!(get(&aws, &entry_path(fresh)).status, 200);
}

#[test]
fn cloudtrail_sees_the_arn_plain_in_a_body_and_encoded_in_a_path() {
    let aws = aws();
    demo(&aws, "API");
    enter(&aws, NODE, "EC2");
    let made = event(&aws, "CreateAccessEntry");
    assert_eq!(made["requestParameters"]["name"], "demo");
    assert_eq!(made["requestParameters"]["principalArn"], NODE);
    assert_eq!(made["responseElements"]["accessEntry"]["type"], "EC2");
    post(
        &aws,
        &format!("{}/access-policies", entry_path(NODE)),
        &json!({
            "policyArn": format!("{POLICY}/AmazonEKSAutoNodePolicy"),
            "accessScope": {"type": "cluster"},
        }),
    );
    let encoded = "arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fplatform%2Feks%2FNodeRole";
    let associated = event(&aws, "AssociateAccessPolicy");
    assert_eq!(
        associated["requestParameters"],
        json!({
            "name": "demo",
            "principalArn": encoded,
            "policyArn": format!("{POLICY}/AmazonEKSAutoNodePolicy"),
            "accessScope": {"type": "cluster"},
        })
    );
    get(&aws, "/clusters/demo/access-entries");
    assert_eq!(
        event(&aws, "ListAccessEntries")["responseElements"],
        Value::Null
    );
    delete(&aws, &entry_path(NODE));
    let gone = event(&aws, "DeleteAccessEntry");
    assert_eq!(gone["requestParameters"]["principalArn"], encoded);
    assert_eq!(gone["readOnly"], false);
    enter(&aws, "arn:aws:iam::111122223333:role/Nobody", "EC2");
    assert_eq!(event(&aws, "CreateAccessEntry")["errorCode"], INVALID);
}
