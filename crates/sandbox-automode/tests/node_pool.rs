//! Node pools: what is said of them, and the built-in ones.

mod testbed;

use rolecall_sandbox_automode::Generation::Current;
use serde_json::{Value, json};
use testbed::{CLASSES, CLUSTER_TRUST, POOLS, Testbed};

fn pool(bed: &Testbed, name: &str) -> String {
    bed.conditions(&format!("{POOLS}/{name}"))
}

#[test]
fn a_pool_without_its_class_says_so() {
    let bed = Testbed::new(Current);
    bed.pool("web", "web", &json!({}));
    bed.settle();
    assert_eq!(
        pool(&bed, "web"),
        "NodeRegistrationHealthy=Unknown AwaitingReconciliation object is awaiting reconciliation
ValidationSucceeded=True ValidationSucceeded
NodeClassReady=False NodeClassNotFound NodeClass not found on cluster
Ready=False UnhealthyDependents NodeClassReady=False"
    );
}

#[test]
fn a_pool_of_karpenter_is_nobodys() {
    let bed = Testbed::new(Current);
    let template = json!({"template": {"spec": {
        "nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "web"},
        "requirements": [],
    }}});
    bed.pool("web", "web", &template);
    bed.settle();
    assert_eq!(pool(&bed, "web"), "");
}

#[test]
fn a_label_of_karpenter_is_restricted() {
    let bed = Testbed::new(Current);
    let template = json!({"template": {"spec": {
        "nodeClassRef": {"group": "eks.amazonaws.com", "kind": "NodeClass", "name": "web"},
        "requirements": [
            {"key": "karpenter.k8s.aws/instance-category", "operator": "In", "values": ["c"]},
        ],
    }}});
    bed.pool("web", "web", &template);
    bed.settle();
    let text = pool(&bed, "web");
    assert!(
        text.contains("ValidationSucceeded=False NodePoolValidationFailed"),
        "{text}"
    );
    assert!(
        text.ends_with("NodeClassReady=False, ValidationSucceeded=False"),
        "{text}"
    );
}

fn with_built_in_pools() -> Testbed {
    let bed = Testbed::without_cluster(Current);
    bed.role("ClusterRole", "/", CLUSTER_TRUST);
    bed.attach("ClusterRole", "AmazonEKSComputePolicy");
    let role = bed.node_role("AutoNodeRole", "/");
    let compute = json!({
        "enabled": true,
        "nodePools": ["general-purpose", "system"],
        "nodeRoleArn": role,
    });
    bed.create_cluster(&compute);
    bed.settle();
    bed
}

#[test]
fn built_in_pools_and_their_class_are_made() {
    let bed = with_built_in_pools();
    for name in ["general-purpose", "system"] {
        let object = bed.get(&format!("{POOLS}/{name}"));
        assert_eq!(
            object["metadata"]["labels"]["app.kubernetes.io/managed-by"],
            "eks"
        );
    }
    let class = bed.get(&format!("{CLASSES}/default"));
    assert_eq!(class["spec"]["role"], "AutoNodeRole");
    let text = bed.conditions(&format!("{CLASSES}/default"));
    assert!(text.contains("InstanceProfileReady=True"), "{text}");
}

#[test]
fn built_in_objects_come_back_as_they_were() {
    let bed = with_built_in_pools();
    let path = format!("{POOLS}/general-purpose");
    let before = bed.get(&path)["spec"].clone();
    bed.merge(&path, &json!({"spec": {"limits": {"cpu": "10"}}}));
    bed.kube("DELETE", &format!("{POOLS}/system"), &Value::Null);
    bed.settle();
    assert_eq!(bed.get(&path)["spec"], before);
    assert!(!bed.is_gone(&format!("{POOLS}/system")));
}

#[test]
fn built_in_objects_go_with_the_last_pool() {
    let bed = with_built_in_pools();
    let body = json!({
        "computeConfig": {"enabled": true, "nodePools": []},
        "kubernetesNetworkConfig": {"elasticLoadBalancing": {"enabled": true}},
        "storageConfig": {"blockStorage": {"enabled": true}},
    });
    bed.eks("POST", "/clusters/prod/update-config", &body);
    bed.aws.clock().step(std::time::Duration::from_secs(3600));
    bed.settle();
    assert!(bed.is_gone(&format!("{CLASSES}/default")));
    assert!(bed.is_gone(&format!("{POOLS}/system")));
}
