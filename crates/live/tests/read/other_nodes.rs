//! Nodes that are not of Auto Mode's pools: Karpenter's, self-managed ones, hybrid ones.

use rolecall_chain::{Options, PoolKind, Verdict, trace};
use rolecall_facts::{NodeGroupKind, Snapshot};
use serde_json::{Value, json};

use crate::cluster::{iam, list, prod};
use crate::server::Script;

const POOLS: &str = "kube /apis/karpenter.sh/v1/nodepools";
const CLASSES: &str = "kube /apis/eks.amazonaws.com/v1/nodeclasses";

async fn read(script: Script) -> (Snapshot, Vec<String>, Vec<String>) {
    let (reading, asked) = script.read().await;
    let reading = reading.unwrap();
    let notes = reading.notes.into_iter().map(|note| note.message);
    (reading.snapshot, notes.collect(), asked)
}

fn role_names(snapshot: &Snapshot) -> Vec<&str> {
    let names = snapshot.roles.iter().filter_map(|role| role.name.value());
    names.map(String::as_str).collect()
}

/// `prod` without Auto Mode.
fn plain() -> Script {
    let cluster = json!({"cluster": {
        "name": "prod",
        "arn": "arn:aws:eks:eu-central-1:111122223333:cluster/prod",
        "roleArn": "arn:aws:iam::111122223333:role/platform/eks/ClusterRole",
        "accessConfig": {"authenticationMode": "API"},
    }});
    prod(true)
        .on("eks GET /clusters/prod", 200, cluster)
        .without(POOLS)
        .without(CLASSES)
}

fn nodes(nodes: Value) -> Value {
    list("v1", "Node", nodes)
}

#[tokio::test]
async fn karpenters_role_is_found_by_its_service_account() {
    let class = json!([{"metadata": {"name": "default"}, "spec": {"role": "BatchNodeRole"}}]);
    let account = json!({
        "apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {
            "name": "karpenter", "namespace": "kube-system",
            "annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/platform/eks/KarpenterController"},
        },
    });
    let script = plain()
        .on(
            "kube /apis/karpenter.k8s.aws/v1/ec2nodeclasses",
            200,
            list("karpenter.k8s.aws/v1", "EC2NodeClass", class),
        )
        .on(
            "eks GET /clusters/prod/pod-identity-associations",
            200,
            json!({"associations": []}),
        )
        .on(
            "kube /api/v1/namespaces/kube-system/serviceaccounts/karpenter",
            200,
            account,
        )
        .role("KarpenterController", "pods.eks.amazonaws.com", &[]);
    let (snapshot, _, asked) = read(script).await;
    assert!(role_names(&snapshot).contains(&"KarpenterController"));
    assert_eq!(snapshot.unread, []);
    let accounts = asked
        .iter()
        .filter(|call| call.contains("/serviceaccounts/"));
    assert_eq!(accounts.count(), 2, "the two namespaces it is installed to");
}

const INSTANCES: &str = "<DescribeInstancesResponse><reservationSet><item><instancesSet>\
    <item><instanceId>i-1</instanceId>\
      <iamInstanceProfile><arn>arn:aws:iam::111122223333:instance-profile/own/workers</arn></iamInstanceProfile>\
      <tagSet><item><key>aws:autoscaling:groupName</key><value>prod-workers</value></item></tagSet></item>\
    <item><instanceId>i-2</instanceId>\
      <iamInstanceProfile><arn>arn:aws:iam::111122223333:instance-profile/own/workers</arn></iamInstanceProfile>\
      <tagSet><item><key>aws:autoscaling:groupName</key><value>prod-workers</value></item></tagSet></item>\
    <item><instanceId>i-3</instanceId>\
      <iamInstanceProfile><arn>arn:aws:iam::111122223333:instance-profile/eks-1</arn></iamInstanceProfile>\
      <tagSet><item><key>eks:nodegroup-name</key><value>managed</value></item></tagSet></item>\
    </instancesSet></item></reservationSet></DescribeInstancesResponse>";

fn self_managed() -> Script {
    let node = json!([{
        "metadata": {"name": "ip-10-0-0-1"},
        "spec": {"providerID": "aws:///eu-central-1a/i-1"},
    }]);
    let profile = iam(
        "GetInstanceProfile",
        "<InstanceProfile><Path>/own/</Path><InstanceProfileName>workers</InstanceProfileName>\
         <InstanceProfileId>AIPA1</InstanceProfileId><CreateDate>2025-11-12T00:00:00Z</CreateDate>\
         <Arn>arn:aws:iam::111122223333:instance-profile/own/workers</Arn><Roles><member><Path>/platform/eks/</Path>\
         <RoleName>BatchNodeRole</RoleName><RoleId>AROATFQR7NSCYGNOX4QAJ</RoleId>\
         <Arn>arn:aws:iam::111122223333:role/platform/eks/BatchNodeRole</Arn>\
         <CreateDate>2025-11-12T00:00:00Z</CreateDate></member></Roles></InstanceProfile>",
    );
    plain()
        .on("kube /api/v1/nodes", 200, nodes(node))
        .on("ec2 DescribeInstances", 200, INSTANCES)
        .on("iam GetInstanceProfile workers", 200, profile)
        .role(
            "BatchNodeRole",
            "ec2.amazonaws.com",
            &[
                "AmazonEKSWorkerNodePolicy",
                "AmazonEKS_CNI_Policy",
                "AmazonEC2ContainerRegistryPullOnly",
            ],
        )
}

#[tokio::test]
async fn a_self_managed_group_is_known_by_its_instances_profile() {
    let (snapshot, notes, _) = read(self_managed()).await;
    let [group] = snapshot.node_groups.as_slice() else {
        unreachable!("{:?}", snapshot.node_groups);
    };
    assert_eq!(group.kind, NodeGroupKind::SelfManaged);
    assert_eq!(group.name.value().unwrap(), "prod-workers");
    assert!(role_names(&snapshot).contains(&"BatchNodeRole"));
    assert_eq!(
        snapshot.access_entries.len(),
        1,
        "its role's entry is in question"
    );
    assert_eq!(
        snapshot.nodes[0].node_group.as_deref(),
        Some("prod-workers")
    );
    assert!(
        notes.contains(
            &"1 of 2 instances of the self-managed group `prod-workers` run and have not registered as nodes: i-2"
                .to_owned()
        ),
        "{notes:?}"
    );
    // The entry is of type `EC2`, which fits Auto Mode's nodes only.
    let traced = trace(&snapshot, &Options::default());
    let links = &traced.chains[0].links;
    assert_eq!(traced.chains[0].verdict(), Verdict::Fail, "{links:#?}");
    let codes: Vec<_> = traced.findings.iter().map(|f| f.rule.code).collect();
    assert!(codes.contains(&"RC704"), "{codes:?}");
}

#[tokio::test]
async fn ec2_is_asked_only_about_nodes_that_nothing_explains() {
    let (_, asked) = prod(true).read().await;
    assert!(
        !asked.iter().any(|call| call.starts_with("ec2")),
        "{asked:?}"
    );
}

#[tokio::test]
async fn instances_that_may_not_be_read_are_said_to_be_missing() {
    let refused = "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You are not \
                   authorized to perform this operation.</Message></Error></Errors></Response>";
    let script = self_managed().on("ec2 DescribeInstances", 403, refused);
    let (snapshot, _, _) = read(script).await;
    insta::assert_snapshot!(snapshot.unread[0].why, @"ec2:DescribeInstances on * was not permitted");
}

#[tokio::test]
async fn a_profile_that_is_not_there_is_known_not_to_be() {
    let class = json!([{"metadata": {"name": "batch"}, "spec": {"instanceProfile": "gone"}}]);
    let classes = list("eks.amazonaws.com/v1", "NodeClass", class);
    let script = prod(true).on(CLASSES, 200, &classes);
    let (snapshot, _, _) = read(script).await;
    let traced = trace(&snapshot, &Options::default());
    assert_eq!(traced.chains[0].verdict(), Verdict::Fail);
    assert!(
        traced
            .findings
            .iter()
            .any(|finding| finding.rule.code == "RC205")
    );
    let script = prod(true).on(CLASSES, 200, &classes).deny_iam(
        "iam GetInstanceProfile gone",
        "iam:GetInstanceProfile",
        "instance profile gone",
    );
    let (snapshot, _, _) = read(script).await;
    let traced = trace(&snapshot, &Options::default());
    assert_eq!(traced.chains[0].verdict(), Verdict::Unknown);
}

#[tokio::test]
async fn the_roles_of_hybrid_nodes_are_looked_for_among_the_other_entries() {
    let node = json!([{
        "metadata": {"name": "mi-0123", "labels": {"eks.amazonaws.com/compute-type": "hybrid"}},
        "spec": {"providerID": "eks-hybrid:///eu-central-1/prod/mi-0123"},
    }]);
    let entry = |name: &str, kind: &str| {
        let arn = format!("arn:aws:iam::111122223333:role/{name}");
        json!({"accessEntry": {"principalArn": arn, "type": kind, "createdAt": 1_763_000_100.0}})
    };
    let asked_of = |name: &str| {
        format!(
            "eks GET /clusters/prod/access-entries/arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2F{name}"
        )
    };
    let script = plain()
        .on("kube /api/v1/nodes", 200, nodes(node))
        .on("eks GET /clusters/prod/access-entries", 200, json!({"accessEntries": [
            "arn:aws:iam::111122223333:role/Admin",
            "arn:aws:iam::111122223333:role/OnPremises",
            "arn:aws:iam::111122223333:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS",
            "arn:aws:iam::444455556666:role/Elsewhere",
        ]}))
        .on(&asked_of("Admin"), 200, entry("Admin", "STANDARD"))
        .on(&asked_of("OnPremises"), 200, entry("OnPremises", "HYBRID_LINUX"))
        .role("OnPremises", "ssm.amazonaws.com", &[]);
    let (snapshot, notes, asked) = read(script).await;
    assert_eq!(
        snapshot.access_entries.len(),
        1,
        "people's entries are no facts of ours"
    );
    assert!(role_names(&snapshot).contains(&"OnPremises"));
    let described = asked
        .iter()
        .filter(|call| call.contains("/access-entries/"));
    assert_eq!(described.count(), 2);
    assert!(
        !notes.iter().any(|note| note.contains("hybrid")),
        "a chain is drawn instead: {notes:?}"
    );
    let traced = trace(&snapshot, &Options::default());
    let chain = &traced.chains[0];
    assert_eq!(chain.pool.kind, PoolKind::HybridNodes);
    assert_eq!(chain.pool.name, "OnPremises");
    assert_eq!(
        chain
            .observed
            .nodes
            .iter()
            .map(|node| node.name.as_str())
            .collect::<Vec<_>>(),
        ["mi-0123"]
    );
}
