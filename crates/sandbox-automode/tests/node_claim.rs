//! From a claim to a node, or to its death.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod testbed;

use std::time::Duration;

use rolecall_sandbox_automode::Generation::Current;
use serde_json::{Value, json};
use testbed::{CLAIMS, CLASSES, EC2_TRUST, NODES, POOLS, Testbed};

const READY: &str = "\
Launched=True Launched
Registered=True Registered
Initialized=True Initialized
Ready=True Ready";

const NOT_REGISTERED: &str = "\
Initialized=Unknown AwaitingReconciliation object is awaiting reconciliation
Launched=True Launched
Registered=Unknown NodeNotFound Node not registered with cluster
Ready=Unknown ReconcilingDependents Registered=Unknown, Initialized=Unknown";

/// A class `web` with a node role under a path, of which `prepare` is told the ARN.
fn web(prepare: impl Fn(&Testbed, &str)) -> Testbed {
    let bed = Testbed::new(Current);
    let role = bed.node_role("NodeRole", "/platform/eks/");
    prepare(&bed, &role);
    bed.class("web", &json!({"role": "NodeRole"}));
    bed.settle();
    bed
}

fn names(bed: &Testbed, path: &str) -> Vec<String> {
    let all = bed.get(path);
    let items = all["items"].as_array().unwrap();
    items
        .iter()
        .map(|one| one["metadata"]["name"].as_str().unwrap().to_owned())
        .collect()
}

fn claim(bed: &Testbed, name: &str) -> String {
    bed.conditions(&format!("{CLAIMS}/{name}"))
}

fn recreate_role(bed: &Testbed) {
    for policy in [
        "AmazonEKSWorkerNodeMinimalPolicy",
        "AmazonEC2ContainerRegistryPullOnly",
    ] {
        bed.detach("NodeRole", policy);
    }
    bed.query("iam", "DeleteRole", &[("RoleName", "NodeRole")]);
    bed.node_role("NodeRole", "/platform/eks/");
}

#[test]
fn a_claim_made_by_hand_becomes_a_node() {
    let bed = web(Testbed::whole_entry);
    bed.claim("mine", "web");
    bed.settle();
    assert_eq!(claim(&bed, "mine"), READY);
    let object = bed.get(&format!("{CLAIMS}/mine"));
    let node = object["status"]["nodeName"].as_str().unwrap();
    assert!(node.starts_with("i-"), "{node}");
    let node = bed.get(&format!("{NODES}/{node}"));
    assert_eq!(node["spec"]["providerID"], object["status"]["providerID"]);
    assert_eq!(
        node["metadata"]["labels"]["karpenter.sh/initialized"],
        "true"
    );
    assert_eq!(
        node["spec"]
            .get("taints")
            .and_then(Value::as_array)
            .map_or(0, Vec::len),
        0
    );
}

#[test]
fn static_capacity_is_kept() {
    let bed = web(Testbed::whole_entry);
    bed.pool("web", "web", &json!({"replicas": 2}));
    bed.settle();
    let claims = names(&bed, CLAIMS);
    assert_eq!(claims.len(), 2);
    for name in &claims {
        assert!(name.starts_with("web-"), "{name}");
        assert_eq!(claim(&bed, name), READY);
    }
    assert_eq!(names(&bed, NODES).len(), 2);
    let text = bed.conditions(&format!("{POOLS}/web"));
    assert!(
        text.contains("NodeRegistrationHealthy=True NodeRegistrationHealthy"),
        "{text}"
    );
    bed.merge(&format!("{POOLS}/web"), &json!({"spec": {"replicas": 1}}));
    bed.settle();
    assert_eq!(names(&bed, CLAIMS).len(), 1);
    assert_eq!(names(&bed, NODES).len(), 1);
}

#[test]
fn a_pool_without_replicas_launches_nothing() {
    let bed = web(Testbed::whole_entry);
    bed.pool("web", "web", &json!({}));
    bed.settle();
    assert!(names(&bed, CLAIMS).is_empty());
}

#[test]
fn a_claim_of_a_class_that_is_not_ready_is_taken_back() {
    let bed = web(|_, _| {});
    bed.claim("mine", "web");
    bed.settle();
    assert!(bed.is_gone(&format!("{CLAIMS}/mine")));
}

#[test]
fn a_node_of_a_recreated_role_dies_at_fifteen_minutes_and_the_next_one_too() {
    let bed = web(Testbed::whole_entry);
    recreate_role_with_class(&bed);
    bed.pool("web", "web", &json!({"replicas": 1}));
    bed.settle();
    let first = names(&bed, CLAIMS).remove(0);
    assert_eq!(claim(&bed, &first), NOT_REGISTERED);
    bed.pass(Duration::from_secs(14 * 60));
    assert_eq!(claim(&bed, &first), NOT_REGISTERED);
    bed.pass(Duration::from_secs(2 * 60));
    assert!(bed.is_gone(&format!("{CLAIMS}/{first}")));
    let text = bed.conditions(&format!("{POOLS}/web"));
    assert!(
        text.contains("NodeRegistrationHealthy=False RegistrationFailed Failed to register node"),
        "{text}"
    );
    let second = names(&bed, CLAIMS).remove(0);
    assert_ne!(first, second);
    assert!(
        bed.conditions(&format!("{CLASSES}/web"))
            .contains("\nReady=True Ready")
    );

    let role = "arn:aws:iam::111122223333:role/platform/eks/NodeRole";
    bed.delete_entry(role);
    bed.whole_entry(role);
    bed.pass(Duration::from_secs(60));
    assert_eq!(claim(&bed, &second), READY);
    let text = bed.conditions(&format!("{POOLS}/web"));
    assert!(text.contains("NodeRegistrationHealthy=True"), "{text}");
}

/// The profile lets go of the role first; the control plane puts the new one in.
fn recreate_role_with_class(bed: &Testbed) {
    let class = bed.get(&format!("{CLASSES}/web"));
    let profile = class["status"]["instanceProfile"].as_str().unwrap();
    let fields = [("InstanceProfileName", profile), ("RoleName", "NodeRole")];
    bed.query("iam", "RemoveRoleFromInstanceProfile", &fields);
    recreate_role(bed);
    let change = json!({"metadata": {"annotations": {"look": "again"}}});
    bed.merge(&format!("{CLASSES}/web"), &change);
    bed.settle();
}

#[test]
fn a_mapping_in_aws_auth_masks_a_dead_entry() {
    let bed = web(Testbed::whole_entry);
    recreate_role_with_class(&bed);
    let groups = vec!["system:bootstrappers".to_owned(), "system:nodes".to_owned()];
    let user = ("system:node:{{SessionName}}".to_owned(), groups);
    bed.gate
        .mapped
        .lock()
        .unwrap()
        .insert("NodeRole".to_owned(), user);
    bed.claim("mine", "web");
    bed.settle();
    let text = claim(&bed, "mine");
    assert!(text.contains("Registered=True"), "{text}");
}

#[test]
fn a_user_name_that_is_not_the_nodes_keeps_it_out() {
    let bed = web(Testbed::whole_entry);
    recreate_role_with_class(&bed);
    let user = (
        "system:node:ip-10-0-0-1".to_owned(),
        vec!["system:nodes".to_owned()],
    );
    bed.gate
        .mapped
        .lock()
        .unwrap()
        .insert("NodeRole".to_owned(), user);
    bed.claim("mine", "web");
    bed.settle();
    assert_eq!(claim(&bed, "mine"), NOT_REGISTERED);
}

#[test]
fn without_its_policy_a_node_registers_and_is_not_ready() {
    let bed = web(|bed, role| bed.entry(role, "EC2"));
    bed.claim("mine", "web");
    bed.settle();
    assert_eq!(
        claim(&bed, "mine"),
        "\
Launched=True Launched
Registered=True Registered
Initialized=Unknown NodeNotReady Node status is NotReady
Ready=Unknown ReconcilingDependents Initialized=Unknown"
    );
    bed.auto_node_policy("arn:aws:iam::111122223333:role/platform/eks/NodeRole");
    bed.pass(Duration::from_secs(61));
    assert!(claim(&bed, "mine").ends_with("\nReady=True Ready"));
}

#[test]
fn a_node_role_that_ec2_may_not_assume_brings_no_node() {
    let bed = Testbed::new(Current);
    let trust = EC2_TRUST.replace("ec2.amazonaws.com", "lambda.amazonaws.com");
    let role = bed.role("NodeRole", "/", &trust);
    bed.whole_entry(&role);
    bed.class("web", &json!({"role": "NodeRole"}));
    bed.claim("mine", "web");
    bed.settle();
    assert_eq!(claim(&bed, "mine"), NOT_REGISTERED);
}

#[test]
fn a_deleted_claim_takes_instance_and_node_along() {
    let bed = web(Testbed::whole_entry);
    bed.claim("mine", "web");
    bed.settle();
    let node = names(&bed, NODES).remove(0);
    bed.kube("DELETE", &format!("{CLAIMS}/mine"), &Value::Null);
    bed.settle();
    assert!(bed.is_gone(&format!("{CLAIMS}/mine")));
    assert!(bed.is_gone(&format!("{NODES}/{node}")));
}

#[test]
fn a_deleted_node_takes_its_claim_along() {
    let bed = web(Testbed::whole_entry);
    bed.claim("mine", "web");
    bed.settle();
    let node = names(&bed, NODES).remove(0);
    bed.kube("DELETE", &format!("{NODES}/{node}"), &Value::Null);
    bed.settle();
    assert!(bed.is_gone(&format!("{CLAIMS}/mine")));
    assert!(bed.is_gone(&format!("{NODES}/{node}")));
}

#[test]
fn a_node_whose_entry_goes_is_no_longer_ready() {
    let bed = web(Testbed::whole_entry);
    bed.claim("mine", "web");
    bed.settle();
    let node = format!("{NODES}/{}", names(&bed, NODES).remove(0));
    bed.delete_entry("arn:aws:iam::111122223333:role/platform/eks/NodeRole");
    bed.pass(Duration::from_secs(61));
    assert!(
        bed.conditions(&node)
            .contains("Ready=Unknown NodeStatusUnknown Kubelet stopped posting node status.")
    );
}

#[test]
fn tags_that_the_cluster_role_may_not_set_leave_the_class_ready_and_fail_the_launch() {
    let bed = Testbed::new(Current);
    let role = bed.node_role("NodeRole", "/");
    bed.whole_entry(&role);
    bed.class("web", &json!({"role": "NodeRole", "tags": {"team": "web"}}));
    bed.pool("web", "web", &json!({"replicas": 1}));
    bed.settle();
    assert!(
        bed.conditions(&format!("{CLASSES}/web"))
            .ends_with("\nReady=True Ready")
    );
    let first = names(&bed, CLAIMS).remove(0);
    assert_eq!(
        claim(&bed, &first),
        "\
Registered=Unknown AwaitingReconciliation object is awaiting reconciliation
Initialized=Unknown AwaitingReconciliation object is awaiting reconciliation
Launched=Unknown Unauthorized User is not authorized to perform this operation because no identity-based policy allows it
Ready=Unknown ReconcilingDependents Launched=Unknown, Initialized=Unknown, Registered=Unknown"
    );
    let refused = bed.trail("CreateLaunchTemplate");
    assert_eq!(refused[0]["errorCode"], "Client.UnauthorizedOperation");

    bed.pass(Duration::from_secs(6 * 60));
    let second = names(&bed, CLAIMS).remove(0);
    assert_ne!(first, second, "a launch is given up after five minutes");

    let tagged = json!([{
        "Effect": "Allow",
        "Action": ["ec2:CreateFleet", "ec2:RunInstances", "ec2:CreateLaunchTemplate", "ec2:CreateTags"],
        "Resource": "*",
    }]);
    bed.inline("ClusterRole", &tagged);
    bed.pass(Duration::from_secs(61));
    assert_eq!(claim(&bed, &second), READY);
}

#[test]
fn a_boundary_that_forbids_launches_is_named() {
    let bed = web(Testbed::whole_entry);
    let document = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "ec2:CreateFleet", "Resource": "*"},
    ]});
    let document = document.to_string();
    let fields = [
        ("PolicyName", "bound"),
        ("PolicyDocument", document.as_str()),
    ];
    let arn = bed.query("iam", "CreatePolicy", &fields).element("Arn");
    let fields = [
        ("RoleName", "ClusterRole"),
        ("PermissionsBoundary", arn.as_str()),
    ];
    bed.query("iam", "PutRolePermissionsBoundary", &fields);
    bed.claim("mine", "web");
    bed.settle();
    let text = claim(&bed, "mine");
    assert!(
        text.contains(
            "Launched=Unknown Unauthorized User is not authorized to perform this operation due to a \
             permission boundary"
        ),
        "{text}"
    );
}

#[test]
fn an_instance_carries_the_tags_and_the_profile_of_its_class() {
    let bed = web(Testbed::whole_entry);
    bed.pool("web", "web", &json!({"replicas": 1}));
    bed.settle();
    let reply = bed.query("ec2", "DescribeInstances", &[]);
    for (key, value) in [
        ("eks:eks-cluster-name", "prod"),
        ("eks:kubernetes-node-class-name", "web"),
        ("eks:kubernetes-node-pool-name", "web"),
    ] {
        let tag = format!("<key>{key}</key><value>{value}</value>");
        assert!(reply.text.contains(&tag), "{tag} in {}", reply.text);
    }
    let class = bed.get(&format!("{CLASSES}/web"));
    let profile = class["status"]["instanceProfile"].as_str().unwrap();
    assert!(reply.text.contains(&format!("instance-profile/{profile}")));
    let node = names(&bed, NODES).remove(0);
    assert_eq!(reply.element("instanceId"), node);

    let assumed = bed.trail("AssumeRole");
    let by_ec2 = assumed
        .iter()
        .find(|event| event["userIdentity"]["invokedBy"] == "ec2.amazonaws.com")
        .unwrap();
    assert_eq!(by_ec2["userIdentity"]["type"], "AWSService");
    assert_eq!(
        by_ec2["requestParameters"]["roleSessionName"],
        node.as_str()
    );
}

#[test]
fn a_terminated_claim_terminates_its_instance_as_the_service_linked_role() {
    let bed = web(Testbed::whole_entry);
    bed.claim("mine", "web");
    bed.settle();
    bed.kube("DELETE", &format!("{CLAIMS}/mine"), &Value::Null);
    bed.settle();
    let event = bed.trail("TerminateInstances").remove(0);
    assert!(event.get("errorCode").is_none(), "{event:#}");
    let issuer = &event["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"];
    assert_eq!(*issuer, "AWSServiceRoleForAmazonEKS");
}

#[test]
fn an_instance_that_somebody_terminates_takes_its_claim_along() {
    let bed = web(Testbed::whole_entry);
    bed.claim("mine", "web");
    bed.settle();
    let node = names(&bed, NODES).remove(0);
    bed.query("ec2", "TerminateInstances", &[("InstanceId.1", &node)]);
    bed.pass(Duration::from_secs(61));
    assert!(bed.is_gone(&format!("{CLAIMS}/mine")));
    assert!(bed.is_gone(&format!("{NODES}/{node}")));
}
