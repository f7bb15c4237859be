//! Node groups and Fargate profiles: what they register, and whether their nodes join.
#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

mod eks_world;
mod harness;

use std::time::Duration;

use eks_world::{
    NODE, NODE_WITHOUT_PATH, assert_refused, delete, delete_role, demo, enter, entry_path, get,
    post, role,
};
use harness::{Reply, aws, credentials, query};
use rolecall_sandbox_aws::Aws;
use serde_json::{Value, json};

const INVALID: &str = "InvalidParameterException";
const GROUPS: &str = "/clusters/demo/node-groups";

fn group(aws: &Aws, name: &str, node_role: &str) -> Reply {
    let body = json!({
        "nodegroupName": name,
        "nodeRole": node_role,
        "subnets": ["subnet-1"],
        "scalingConfig": {"minSize": 1, "maxSize": 3, "desiredSize": 2},
    });
    post(aws, GROUPS, &body)
}

fn shown(aws: &Aws, name: &str) -> Value {
    get(aws, &format!("{GROUPS}/{name}")).json()["nodegroup"].clone()
}

fn minutes(aws: &Aws, minutes: u64) {
    aws.clock().step(Duration::from_secs(60 * minutes));
}

#[test]
fn a_group_registers_its_role_and_leaves_the_entry_behind() {
    let aws = aws();
    demo(&aws, "API");
    let made = group(&aws, "workers", NODE);
    assert_eq!(
        made.json()["nodegroup"]["status"],
        "CREATING",
        "{}",
        made.text
    );
    let entry = get(&aws, &entry_path(NODE)).json()["accessEntry"].clone();
    assert_eq!(entry["type"], "EC2_LINUX");
    let shown = shown(&aws, "workers");
    assert_eq!(shown["status"], "ACTIVE");
    assert_eq!(shown["health"], json!({"issues": []}));
    assert_eq!(shown["nodeRole"], NODE);
    let arn = shown["nodegroupArn"].as_str().unwrap();
    let prefix = "arn:aws:eks:eu-central-1:111122223333:nodegroup/demo/workers/";
    let id = arn.strip_prefix(prefix).unwrap();
    let profile = format!("eks-{id}");
    let fields = [
        ("Action", "GetInstanceProfile"),
        ("InstanceProfileName", profile.as_str()),
    ];
    let found = query(&aws, &credentials(), "iam", &fields);
    assert_eq!(found.element("Path"), Some("/"), "{}", found.text);
    assert_eq!(found.element("RoleName"), Some("NodeRole"));

    assert_eq!(
        delete(&aws, "/clusters/demo").json()["message"],
        "Cluster has nodegroups attached"
    );
    assert_eq!(delete(&aws, &format!("{GROUPS}/workers")).status, 200);
    assert_eq!(query(&aws, &credentials(), "iam", &fields).status, 404);
    assert_eq!(get(&aws, &entry_path(NODE)).status, 200);
    // A second tool that makes the entry for the same role collides with it.
    assert_eq!(enter(&aws, NODE, "EC2_LINUX").status, 409);
}

#[test]
fn the_trust_policy_is_looked_at_before_anything_is_made() {
    let aws = aws();
    demo(&aws, "API");
    role(&aws, "/x/", "Wrong", "eks.amazonaws.com");
    let wrong = "arn:aws:iam::111122223333:role/x/Wrong";
    assert_refused(
        &group(&aws, "workers", wrong),
        400,
        INVALID,
        &format!(
            "Following required service principals [ec2.amazonaws.com] were not found in the trust relationships of nodeRole {wrong}"
        ),
    );
    assert_refused(
        &group(&aws, "workers", NODE_WITHOUT_PATH),
        400,
        INVALID,
        "The role with name NodeRole cannot be found.",
    );
    assert_eq!(get(&aws, GROUPS).json(), json!({"nodegroups": []}));
    assert_eq!(get(&aws, &entry_path(wrong)).status, 404);
}

#[test]
fn a_dead_entry_shows_as_nodes_that_do_not_join() {
    let aws = aws();
    demo(&aws, "API");
    group(&aws, "first", NODE);
    delete(&aws, &format!("{GROUPS}/first"));
    delete_role(&aws, "NodeRole");
    role(&aws, "/platform/eks/", "NodeRole", "ec2.amazonaws.com");
    group(&aws, "second", NODE);
    minutes(&aws, 14);
    assert_eq!(shown(&aws, "second")["status"], "CREATING");
    minutes(&aws, 1);
    let failed = shown(&aws, "second");
    assert_eq!(failed["status"], "CREATE_FAILED");
    let issue = &failed["health"]["issues"][0];
    assert_eq!(issue["code"], "NodeCreationFailure");
    assert_eq!(
        issue["message"],
        "Instances failed to join the kubernetes cluster"
    );

    // Making the entry again in time lets the nodes of a new group in.
    group(&aws, "third", NODE);
    minutes(&aws, 5);
    assert_eq!(shown(&aws, "third")["status"], "CREATING");
    delete(&aws, &entry_path(NODE));
    enter(&aws, NODE, "EC2_LINUX");
    assert_eq!(shown(&aws, "third")["status"], "ACTIVE");
    assert_eq!(shown(&aws, "second")["status"], "CREATE_FAILED");
}

#[test]
fn an_entry_of_another_type_keeps_nodes_out() {
    let aws = aws();
    demo(&aws, "API");
    enter(&aws, NODE, "EC2");
    group(&aws, "workers", NODE);
    assert_eq!(
        get(&aws, &entry_path(NODE)).json()["accessEntry"]["type"],
        "EC2"
    );
    minutes(&aws, 15);
    assert_eq!(shown(&aws, "workers")["status"], "CREATE_FAILED");
}

#[test]
fn in_config_map_mode_a_line_with_the_path_is_wanted_and_lets_nobody_in() {
    let aws = aws();
    demo(&aws, "CONFIG_MAP");
    role(&aws, "/", "Plain", "ec2.amazonaws.com");
    group(&aws, "workers", NODE);
    let lines = aws.write(|state| state.eks.take_aws_auth_lines());
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0].role_arn, NODE);
    assert_eq!(lines[0].username, "system:node:{{EC2PrivateDNSName}}");
    assert_eq!(lines[0].groups, ["system:bootstrappers", "system:nodes"]);
    assert!(
        aws.write(|state| state.eks.take_aws_auth_lines())
            .is_empty()
    );
    group(&aws, "plain", "arn:aws:iam::111122223333:role/Plain");
    assert_eq!(shown(&aws, "plain")["status"], "ACTIVE");
    minutes(&aws, 15);
    assert_eq!(shown(&aws, "workers")["status"], "CREATE_FAILED");
}

#[test]
fn a_group_can_be_changed_and_its_updates_are_its_own() {
    let aws = aws();
    demo(&aws, "API");
    group(&aws, "workers", NODE);
    assert_refused(
        &group(&aws, "workers", NODE),
        409,
        "ResourceInUseException",
        "NodeGroup already exists with name workers and cluster name demo",
    );
    let path = format!("{GROUPS}/workers/update-config");
    let update = post(
        &aws,
        &path,
        &json!({
            "scalingConfig": {"desiredSize": 3},
            "labels": {"addOrUpdateLabels": {"team": "a", "x": "y"}},
            "taints": {"addOrUpdateTaints": [{"key": "gpu", "value": "yes", "effect": "NO_SCHEDULE"}]},
        }),
    );
    assert_eq!(
        update.json()["update"]["type"],
        "ConfigUpdate",
        "{}",
        update.text
    );
    post(&aws, &path, &json!({"labels": {"removeLabels": ["x"]}}));
    let now = shown(&aws, "workers");
    assert_eq!(
        now["scalingConfig"],
        json!({"minSize": 1, "maxSize": 3, "desiredSize": 3})
    );
    assert_eq!(now["labels"], json!({"team": "a"}));
    assert_eq!(now["taints"][0]["key"], "gpu");
    let too_many = json!({"scalingConfig": {"desiredSize": 4}});
    assert_eq!(post(&aws, &path, &too_many).code(), INVALID);
    let newer = post(
        &aws,
        &format!("{GROUPS}/workers/update-version"),
        &json!({"version": "1.34"}),
    );
    assert_eq!(newer.status, 200, "{}", newer.text);
    let of_group = get(&aws, "/clusters/demo/updates?nodegroupName=workers").json();
    assert_eq!(of_group["updateIds"].as_array().unwrap().len(), 3);
    assert_eq!(
        get(&aws, "/clusters/demo/updates").json(),
        json!({"updateIds": []})
    );
    let id = of_group["updateIds"][0].as_str().unwrap();
    let one = format!("/clusters/demo/updates/{id}");
    assert_eq!(
        get(&aws, &format!("{one}?nodegroupName=workers")).status,
        200
    );
    assert_eq!(get(&aws, &one).status, 404);
    assert_refused(
        &get(&aws, &format!("{GROUPS}/nobody")),
        404,
        "ResourceNotFoundException",
        "No node group found for name: nobody.",
    );
}

#[test]
fn a_fargate_profile_registers_its_role() {
    let aws = aws();
    demo(&aws, "API");
    role(&aws, "/", "Pods", "eks-fargate-pods.amazonaws.com");
    let pods = "arn:aws:iam::111122223333:role/Pods";
    let body = |role: &str| {
        json!({
            "fargateProfileName": "fp",
            "podExecutionRoleArn": role,
            "subnets": ["subnet-1"],
            "selectors": [{"namespace": "default"}],
        })
    };
    let path = "/clusters/demo/fargate-profiles";
    assert_refused(
        &post(&aws, path, &body(NODE)),
        400,
        INVALID,
        "Misconfigured PodExecutionRole Trust Policy; Please add the eks-fargate-pods.amazonaws.com Service Principal",
    );
    let made = post(&aws, path, &body(pods));
    assert_eq!(
        made.json()["fargateProfile"]["status"],
        "CREATING",
        "{}",
        made.text
    );
    assert_eq!(
        get(&aws, &entry_path(pods)).json()["accessEntry"]["type"],
        "FARGATE_LINUX"
    );
    assert_eq!(
        get(&aws, path).json(),
        json!({"fargateProfileNames": ["fp"]})
    );
    let one = format!("{path}/fp");
    assert_eq!(get(&aws, &one).json()["fargateProfile"]["status"], "ACTIVE");
    assert_eq!(
        delete(&aws, &one).json()["fargateProfile"]["status"],
        "DELETING"
    );
    assert_eq!(get(&aws, &one).status, 404);
}
