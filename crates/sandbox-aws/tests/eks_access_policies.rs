//! Access policies: which may be associated with what.

mod eks_world;
mod harness;

use eks_world::{
    CLUSTER_ROLE, NODE, POLICY, assert_refused, delete, demo, enter, entry_path, get, post,
    segment, service_linked,
};
use harness::{Reply, aws, rest};
use rolecall_sandbox_aws::Aws;
use serde_json::{Value, json};

const INVALID: &str = "InvalidParameterException";
const ONLY_STANDARD: &str =
    "This operation can only be performed on Access Entries with a type of \"STANDARD\".";

fn associate(aws: &Aws, principal: &str, policy: &str, scope: &Value) -> Reply {
    let body = json!({"policyArn": policy, "accessScope": scope});
    post(
        aws,
        &format!("{}/access-policies", entry_path(principal)),
        &body,
    )
}

fn named(name: &str) -> String {
    format!("{POLICY}/{name}")
}

fn everywhere() -> Value {
    json!({"type": "cluster"})
}

#[test]
fn all_known_policies_are_listed() {
    let aws = aws();
    let listed = get(&aws, "/access-policies").json();
    let policies = listed["accessPolicies"].as_array().unwrap();
    assert_eq!(policies.len(), 22);
    assert!(policies.contains(&json!({
        "name": "AmazonEKSAutoNodePolicy",
        "arn": named("AmazonEKSAutoNodePolicy"),
    })));
    let page = get(&aws, "/access-policies?maxResults=20").json();
    let token = page["nextToken"].as_str().unwrap();
    let rest = get(&aws, &format!("/access-policies?nextToken={token}")).json();
    assert_eq!(rest["accessPolicies"].as_array().unwrap().len(), 2);
}

#[test]
fn associating_again_replaces_the_scope_and_keeps_the_time_it_began() {
    let aws = aws();
    demo(&aws, "API");
    enter(&aws, NODE, "STANDARD");
    let view = named("AmazonEKSViewPolicy");
    let first = associate(&aws, NODE, &view, &everywhere());
    assert_eq!(
        first.json(),
        json!({
            "clusterName": "demo",
            "principalArn": NODE,
            "associatedAccessPolicy": {
                "policyArn": view,
                "accessScope": {"type": "cluster", "namespaces": []},
                "associatedAt": 1_793_527_200.0,
                "modifiedAt": 1_793_527_200.0,
            },
        })
    );
    aws.clock().step(std::time::Duration::from_secs(60));
    associate(
        &aws,
        NODE,
        &view,
        &json!({"type": "namespace", "namespaces": ["dev-*", "prod"]}),
    );
    let listed = get(&aws, &format!("{}/access-policies", entry_path(NODE))).json();
    assert_eq!(
        listed,
        json!({
            "clusterName": "demo",
            "principalArn": NODE,
            "associatedAccessPolicies": [{
                "policyArn": view,
                "accessScope": {"type": "namespace", "namespaces": ["dev-*", "prod"]},
                "associatedAt": 1_793_527_200.0,
                "modifiedAt": 1_793_527_260.0,
            }],
        })
    );
    let path = format!("{}/access-policies/{}", entry_path(NODE), segment(&view));
    let gone = delete(&aws, &path);
    assert_eq!((gone.status, gone.text.as_str()), (200, "{}"));
    assert_refused(
        &delete(&aws, &path),
        404,
        "ResourceNotFoundException",
        "The specified policyArn could not be found.",
    );
}

#[test]
fn policies_and_scopes_of_a_wrong_form_are_refused_even_without_a_cluster() {
    let aws = aws();
    for (policy, scope, message) in [
        (
            "arn:aws:iam::aws:policy/AdministratorAccess".to_owned(),
            everywhere(),
            "The policyArn parameter format is not valid",
        ),
        (
            "AmazonEKSViewPolicy".to_owned(),
            everywhere(),
            "The policyArn parameter format is not valid",
        ),
        (
            named("AmazonEKSViewPolicy"),
            json!({"type": "namespace"}),
            "At least 1 namespace must be provided if the type is set as namespace",
        ),
        (
            named("AmazonEKSViewPolicy"),
            json!({"type": "cluster", "namespaces": ["a"]}),
            "accessScope should not include namespaces if the type is not set as namespace",
        ),
    ] {
        assert_refused(
            &associate(&aws, NODE, &policy, &scope),
            400,
            INVALID,
            message,
        );
    }
}

#[test]
fn unknown_policies_and_those_of_another_partition_are_not_found() {
    let aws = aws();
    demo(&aws, "API");
    enter(&aws, NODE, "STANDARD");
    for policy in [
        named("AmazonEKSNoSuchPolicy"),
        "arn:aws-cn:eks::aws:cluster-access-policy/AmazonEKSViewPolicy".to_owned(),
    ] {
        assert_refused(
            &associate(&aws, NODE, &policy, &everywhere()),
            404,
            "ResourceNotFoundException",
            "The specified policyArn could not be found.",
        );
    }
}

#[test]
fn entries_of_nodes_take_no_policies_but_those_of_auto_mode_take_theirs() {
    let aws = aws();
    demo(&aws, "API");
    for kind in ["EC2_LINUX", "EC2_WINDOWS"] {
        enter(&aws, NODE, kind);
        let policy = named("AmazonEKSViewPolicy");
        assert_refused(
            &associate(&aws, NODE, &policy, &everywhere()),
            400,
            INVALID,
            ONLY_STANDARD,
        );
        let listed = get(&aws, &format!("{}/access-policies", entry_path(NODE)));
        assert_refused(&listed, 400, INVALID, ONLY_STANDARD);
        delete(&aws, &entry_path(NODE));
    }
    enter(&aws, NODE, "EC2");
    let auto = named("AmazonEKSAutoNodePolicy");
    assert_eq!(associate(&aws, NODE, &auto, &everywhere()).status, 200);
    let listed = get(&aws, &format!("{}/access-policies", entry_path(NODE))).json();
    assert_eq!(listed["associatedAccessPolicies"][0]["policyArn"], auto);
    // Deleting the entry drops its policies with it.
    delete(&aws, &entry_path(NODE));
    enter(&aws, NODE, "EC2");
    let listed = get(&aws, &format!("{}/access-policies", entry_path(NODE))).json();
    assert_eq!(listed["associatedAccessPolicies"], json!([]));
}

#[test]
fn policies_of_the_service_are_for_its_own_role() {
    let aws = aws();
    demo(&aws, "API");
    enter(&aws, CLUSTER_ROLE, "STANDARD");
    let compute = named("AmazonEKSComputePolicy");
    let reply = associate(&aws, CLUSTER_ROLE, &compute, &everywhere());
    assert_eq!((reply.status, reply.code().as_str()), (400, INVALID));

    let linked = "arn:aws:iam::111122223333:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS";
    let eks = service_linked(&aws);
    let call = |method: &str, path: &str, body: &Value| rest(&aws, &eks, method, path, body);
    let made = call(
        "POST",
        "/clusters/demo/access-entries",
        &json!({"principalArn": linked, "type": "STANDARD"}),
    );
    assert_eq!(made.status, 200, "{}", made.text);
    let policies = format!("{}/access-policies", entry_path(linked));
    let body = json!({"policyArn": compute, "accessScope": {"type": "cluster"}});
    let associated = call("POST", &policies, &body);
    assert_eq!(associated.status, 200, "{}", associated.text);
    // Users see the entry and cannot change it.
    assert_eq!(get(&aws, &entry_path(linked)).status, 200);
    let message = "The caller is not allowed to modify access entries with a principalArn value of a Service Linked Role";
    assert_refused(&delete(&aws, &entry_path(linked)), 400, INVALID, message);
    assert_refused(
        &associate(&aws, linked, &compute, &everywhere()),
        400,
        INVALID,
        message,
    );
    // The service-linked role may do so for itself alone.
    let other = call(
        "POST",
        "/clusters/demo/access-entries",
        &json!({"principalArn": NODE, "type": "STANDARD"}),
    );
    assert_eq!(other.status, 403);
}
