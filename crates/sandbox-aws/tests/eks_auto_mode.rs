//! EKS Auto Mode: which settings fit together, and what EKS registers for its nodes.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod eks_world;
mod harness;

use eks_world::{
    NODE, POLICY, assert_refused, cluster_request, demo, enter, entry_path, get, post, role,
};
use harness::{Reply, aws};
use rolecall_sandbox_aws::Aws;
use serde_json::{Value, json};

const INVALID: &str = "InvalidParameterException";
const ADMINISTRATOR: &str = "arn:aws:iam::111122223333:user/administrator";
const LINKED: &str =
    "arn:aws:iam::111122223333:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS";

fn config(aws: &Aws, body: &Value) -> Reply {
    post(aws, "/clusters/demo/update-config", body)
}

fn auto(enabled: bool, compute: &Value) -> Value {
    let mut compute = compute.clone();
    compute["enabled"] = json!(enabled);
    json!({
        "computeConfig": compute,
        "kubernetesNetworkConfig": {"elasticLoadBalancing": {"enabled": enabled}},
        "storageConfig": {"blockStorage": {"enabled": enabled}},
    })
}

fn entries(aws: &Aws) -> Vec<String> {
    let listed = get(aws, "/clusters/demo/access-entries").json();
    let arns = listed["accessEntries"].as_array().unwrap();
    arns.iter()
        .map(|arn| arn.as_str().unwrap().to_owned())
        .collect()
}

fn policies(aws: &Aws, principal: &str) -> Vec<String> {
    let listed = get(aws, &format!("{}/access-policies", entry_path(principal))).json();
    let policies = listed["associatedAccessPolicies"].as_array().unwrap();
    policies
        .iter()
        .map(|policy| policy["policyArn"].as_str().unwrap().to_owned())
        .collect()
}

fn merged(mut one: Value, other: &Value) -> Value {
    let members = one.as_object_mut().unwrap();
    members.extend(other.as_object().unwrap().clone());
    one
}

#[test]
fn auto_mode_with_built_in_pools_registers_its_node_role() {
    let aws = aws();
    role(&aws, "/platform/eks/", "NodeRole", "ec2.amazonaws.com");
    role(&aws, "/", "ClusterRole", "eks.amazonaws.com");
    let compute = json!({"nodePools": ["general-purpose", "system"], "nodeRoleArn": NODE});
    let request = merged(cluster_request("demo", "API"), &auto(true, &compute));
    let made = post(&aws, "/clusters", &request);
    assert_eq!(made.status, 200, "{}", made.text);
    assert_eq!(entries(&aws), [LINKED, NODE, ADMINISTRATOR]);
    let entry = get(&aws, &entry_path(NODE)).json()["accessEntry"].clone();
    assert_eq!(entry["type"], "EC2");
    assert_eq!(
        policies(&aws, NODE),
        [format!("{POLICY}/AmazonEKSAutoNodePolicy")]
    );
    assert_eq!(policies(&aws, LINKED).len(), 8);
    let shown = get(&aws, "/clusters/demo").json()["cluster"].clone();
    assert_eq!(shown["computeConfig"]["nodeRoleArn"], NODE);
    assert_eq!(shown["storageConfig"]["blockStorage"]["enabled"], true);

    // Emptying the pools takes the entry away, and the role with it.
    let emptied = config(&aws, &auto(true, &json!({"nodePools": []})));
    assert_eq!(
        emptied.json()["update"]["type"],
        "AutoModeUpdate",
        "{}",
        emptied.text
    );
    assert_eq!(entries(&aws), [LINKED, ADMINISTRATOR]);
    let shown = get(&aws, "/clusters/demo").json()["cluster"]["computeConfig"].clone();
    assert_eq!(shown, json!({"enabled": true, "nodePools": []}));
    config(&aws, &auto(false, &json!({})));
    assert_eq!(entries(&aws), [ADMINISTRATOR]);
}

#[test]
fn auto_mode_without_pools_registers_nothing() {
    let aws = aws();
    role(&aws, "/", "ClusterRole", "eks.amazonaws.com");
    let request = merged(cluster_request("demo", "API"), &auto(true, &json!({})));
    assert_eq!(post(&aws, "/clusters", &request).status, 200);
    assert_eq!(entries(&aws), [LINKED, ADMINISTRATOR]);
}

#[test]
fn an_entry_somebody_made_stays_when_the_pools_go() {
    let aws = aws();
    demo(&aws, "API");
    enter(&aws, NODE, "EC2");
    let on = auto(true, &json!({"nodePools": ["system"], "nodeRoleArn": NODE}));
    assert_eq!(config(&aws, &on).status, 200);
    assert_eq!(
        policies(&aws, NODE),
        [format!("{POLICY}/AmazonEKSAutoNodePolicy")]
    );
    config(&aws, &auto(true, &json!({"nodePools": []})));
    assert!(entries(&aws).contains(&NODE.to_owned()));
}

#[test]
fn auto_modes_settings_must_fit_together() {
    let aws = aws();
    demo(&aws, "API");
    role(&aws, "/", "OtherRole", "ec2.amazonaws.com");
    let together = "For EKS Auto Mode, please ensure that all required configs, including computeConfig, kubernetesNetworkConfig, and blockStorage are all either fully enabled or fully disabled.";
    for body in [
        json!({"computeConfig": {"enabled": true}}),
        json!({"storageConfig": {"blockStorage": {"enabled": true}}}),
        json!({
            "computeConfig": {"enabled": true},
            "kubernetesNetworkConfig": {"elasticLoadBalancing": {"enabled": true}},
        }),
    ] {
        assert_refused(&config(&aws, &body), 400, INVALID, together);
    }
    assert_refused(
        &config(&aws, &auto(true, &json!({"nodePools": ["system"]}))),
        400,
        INVALID,
        "When Compute Config nodeRoleArn is null or empty, nodePool list cannot be populated.",
    );
    for compute in [
        json!({"nodeRoleArn": NODE}),
        json!({"nodeRoleArn": NODE, "nodePools": []}),
    ] {
        assert_refused(
            &config(&aws, &auto(true, &compute)),
            400,
            INVALID,
            "When Compute Config nodeRoleArn is not null or empty, nodePool value(s) must be provided.",
        );
    }
    let unknown = auto(true, &json!({"nodePools": ["mine"], "nodeRoleArn": NODE}));
    assert_eq!(config(&aws, &unknown).status, 400);
    let on = auto(true, &json!({"nodePools": ["system"], "nodeRoleArn": NODE}));
    assert_eq!(config(&aws, &on).status, 200);
    let other = "arn:aws:iam::111122223333:role/OtherRole";
    let moved = auto(
        true,
        &json!({"nodePools": ["system"], "nodeRoleArn": other}),
    );
    assert_eq!(config(&aws, &moved).status, 400);
    let more = auto(
        true,
        &json!({"nodePools": ["system", "general-purpose"], "nodeRoleArn": NODE}),
    );
    assert_eq!(config(&aws, &more).status, 200);
}

#[test]
fn auto_mode_needs_access_entries() {
    let aws = aws();
    role(&aws, "/", "ClusterRole", "eks.amazonaws.com");
    let message = "When EKS Auto Mode is enabled, you must use an EKS access config authentication mode of API_AND_CONFIG_MAP or API";
    let request = merged(
        cluster_request("demo", "CONFIG_MAP"),
        &auto(true, &json!({})),
    );
    assert_refused(&post(&aws, "/clusters", &request), 400, INVALID, message);
    post(&aws, "/clusters", &cluster_request("demo", "CONFIG_MAP"));
    assert_refused(
        &config(&aws, &auto(true, &json!({}))),
        400,
        INVALID,
        message,
    );
}
