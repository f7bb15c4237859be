//! Node classes: what is said of them, word for word, and how they recover.

mod testbed;

use std::time::Duration;

use rolecall_sandbox_automode::Generation::{self, Current, Legacy};
use serde_json::{Value, json};
use testbed::{CLASSES, CLUSTER_TRUST, POOLS, Testbed};

const READY: &str = "\
SubnetsReady=True SubnetsReady
SecurityGroupsReady=True SecurityGroupsReady
InstanceProfileReady=True InstanceProfileReady
ValidationSucceeded=True ValidationSucceeded
Ready=True Ready";

const UNAUTHORIZED: &str = "\
SubnetsReady=True SubnetsReady
SecurityGroupsReady=True SecurityGroupsReady
InstanceProfileReady=False UnauthorizedNodeRole Role NodeRole is unauthorized to join nodes to the cluster
ValidationSucceeded=False DependenciesNotReady Awaiting Instance Profile, Security Group, and Subnet resolution
Ready=False UnhealthyDependents ValidationSucceeded=False, InstanceProfileReady=False";

const NOT_CREATED: &str = "\
SubnetsReady=True SubnetsReady
SecurityGroupsReady=True SecurityGroupsReady
InstanceProfileReady=False InstanceProfileCreationFailed
ValidationSucceeded=False DependenciesNotReady Awaiting Instance Profile, Security Group, and Subnet resolution
Ready=False UnhealthyDependents ValidationSucceeded=False, InstanceProfileReady=False";

const RESYNC: Duration = Duration::from_secs(600);

/// A class and a pool `web` whose role lives under this path, and what `prepare` does with its ARN.
fn web(generation: Generation, path: &str, prepare: impl Fn(&Testbed, &str)) -> Testbed {
    let bed = Testbed::new(generation);
    let role = bed.node_role("NodeRole", path);
    prepare(&bed, &role);
    bed.class("web", &json!({"role": "NodeRole"}));
    bed.pool("web", "web", &json!({}));
    bed.settle();
    bed
}

fn class(bed: &Testbed) -> String {
    bed.conditions(&format!("{CLASSES}/web"))
}

fn pool(bed: &Testbed) -> String {
    bed.conditions(&format!("{POOLS}/web"))
}

#[test]
fn the_current_control_plane_finds_the_entry_of_a_role_under_a_path() {
    let bed = web(Current, "/platform/eks/", Testbed::whole_entry);
    assert_eq!(class(&bed), READY);
    assert_eq!(
        pool(&bed),
        "NodeRegistrationHealthy=Unknown AwaitingReconciliation object is awaiting reconciliation
ValidationSucceeded=True ValidationSucceeded
NodeClassReady=True NodeClassReady
Ready=True Ready"
    );
}

#[test]
fn the_legacy_control_plane_drops_the_path() {
    let bed = web(Legacy, "/platform/eks/", Testbed::whole_entry);
    assert_eq!(class(&bed), UNAUTHORIZED);
    assert_eq!(
        pool(&bed),
        "NodeRegistrationHealthy=Unknown AwaitingReconciliation object is awaiting reconciliation
ValidationSucceeded=True ValidationSucceeded
NodeClassReady=False UnhealthyDependents ValidationSucceeded=False, InstanceProfileReady=False
Ready=False UnhealthyDependents NodeClassReady=False"
    );
    let asked = bed.trail("DescribeAccessEntry");
    let event = asked.first().unwrap();
    assert_eq!(event["errorCode"], "AccessDenied");
    assert_eq!(
        event["requestParameters"],
        json!({"name": "prod", "principalArn": "arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2FNodeRole"})
    );
    assert_eq!(event["sourceIPAddress"], "eks.amazonaws.com");
    assert_eq!(event["userIdentity"]["invokedBy"], "eks.amazonaws.com");
    assert_eq!(
        event["userIdentity"]["arn"],
        "arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForAmazonEKS/AmazonEKS"
    );
    assert_eq!(
        event["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"],
        "arn:aws:iam::111122223333:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS"
    );
    let message = event["errorMessage"].as_str().unwrap();
    assert!(
        message.starts_with(
            "User: arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForAmazonEKS/AmazonEKS is not \
             authorized to perform: eks:DescribeAccessEntry on resource: \
             arn:aws:eks:eu-central-1:111122223333:access-entry/prod/role/111122223333/NodeRole/*"
        ),
        "{message}"
    );
}

#[test]
fn without_a_path_both_control_planes_agree() {
    for generation in [Current, Legacy] {
        assert_eq!(class(&web(generation, "/", Testbed::whole_entry)), READY);
        assert_eq!(class(&web(generation, "/", |_, _| {})), UNAUTHORIZED);
    }
}

#[test]
fn an_entry_of_another_type_is_as_good_as_none() {
    for kind in ["STANDARD", "EC2_LINUX", "EC2_WINDOWS", "HYBRID_LINUX"] {
        let bed = web(Current, "/", |bed, role| bed.entry(role, kind));
        assert_eq!(class(&bed), UNAUTHORIZED, "{kind}");
    }
}

#[test]
fn an_entry_without_its_policy_leaves_the_class_ready() {
    let bed = web(Current, "/", |bed, role| bed.entry(role, "EC2"));
    assert_eq!(class(&bed), READY);
}

#[test]
fn each_transition_is_told_by_an_event() {
    let bed = web(Current, "/", |_, _| {});
    assert_eq!(
        bed.events("NodeClass", "web"),
        [
            "Status condition transitioned, Type: SubnetsReady, Status: Unknown -> True, Reason: SubnetsReady",
            "Status condition transitioned, Type: SecurityGroupsReady, Status: Unknown -> True, Reason: SecurityGroupsReady",
            "Status condition transitioned, Type: InstanceProfileReady, Status: Unknown -> False, Reason: UnauthorizedNodeRole, Message: Role NodeRole is unauthorized to join nodes to the cluster",
            "Status condition transitioned, Type: ValidationSucceeded, Status: Unknown -> False, Reason: DependenciesNotReady, Message: Awaiting Instance Profile, Security Group, and Subnet resolution",
            "Status condition transitioned, Type: Ready, Status: Unknown -> False, Reason: UnhealthyDependents, Message: ValidationSucceeded=False, InstanceProfileReady=False",
        ]
    );
    let all = bed.get("/api/v1/namespaces/default/events");
    let event = &all["items"][0];
    assert_eq!(event["source"]["component"], "karpenter");
    assert_eq!(event["type"], "Normal");
}

#[test]
fn a_missing_entry_is_noticed_at_the_next_look() {
    let bed = web(Current, "/platform/", |_, _| {});
    assert_eq!(class(&bed), UNAUTHORIZED);
    bed.whole_entry("arn:aws:iam::111122223333:role/platform/NodeRole");
    bed.settle();
    assert_eq!(class(&bed), UNAUTHORIZED, "nothing told of the entry");
    bed.pass(RESYNC);
    assert_eq!(class(&bed), READY);
    assert!(pool(&bed).ends_with("NodeClassReady=True NodeClassReady\nReady=True Ready"));
}

#[test]
fn a_change_of_the_class_makes_it_looked_at_at_once() {
    let bed = web(Current, "/", |_, _| {});
    bed.whole_entry("arn:aws:iam::111122223333:role/NodeRole");
    let change = json!({"metadata": {"annotations": {"look": "again"}}});
    bed.merge(&format!("{CLASSES}/web"), &change);
    bed.settle();
    assert_eq!(class(&bed), READY);
}

#[test]
fn an_entry_that_is_taken_away_is_missed_at_the_next_look() {
    let bed = web(Current, "/", Testbed::whole_entry);
    bed.delete_entry("arn:aws:iam::111122223333:role/NodeRole");
    bed.pass(RESYNC);
    let text = class(&bed);
    assert!(
        text.contains("InstanceProfileReady=False UnauthorizedNodeRole"),
        "{text}"
    );
    assert!(text.ends_with(
        "Ready=False UnhealthyDependents ValidationSucceeded=False, InstanceProfileReady=False"
    ));
}

#[test]
fn a_recreated_role_leaves_the_class_ready_as_the_entry_is_still_there() {
    let bed = Testbed::new(Current);
    let role = bed.node_role("NodeRole", "/");
    bed.whole_entry(&role);
    for policy in [
        "AmazonEKSWorkerNodeMinimalPolicy",
        "AmazonEC2ContainerRegistryPullOnly",
    ] {
        bed.detach("NodeRole", policy);
    }
    bed.query("iam", "DeleteRole", &[("RoleName", "NodeRole")]);
    bed.node_role("NodeRole", "/");
    bed.class("web", &json!({"role": "NodeRole"}));
    bed.settle();
    assert_eq!(class(&bed), READY);
}

#[test]
fn the_calls_are_made_by_those_who_make_them_in_aws() {
    let bed = web(Current, "/platform/", Testbed::whole_entry);
    let by = |name: &str| -> Vec<String> {
        let events = bed.trail(name);
        events
            .iter()
            .map(|event| {
                event["userIdentity"]["arn"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned()
            })
            .map(|arn| arn.split(":assumed-role/").last().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        by("CreateInstanceProfile"),
        ["AWSServiceRoleForAmazonEKS/AmazonEKS"]
    );
    assert_eq!(by("AddRoleToInstanceProfile"), ["ClusterRole/AmazonEKS"]);
    assert_eq!(
        by("GetInstanceProfile"),
        ["AWSServiceRoleForAmazonEKS/AmazonEKS"]
    );
    assert_eq!(
        by("DescribeAccessEntry"),
        ["AWSServiceRoleForAmazonEKS/AmazonEKS"]
    );
    let profile = bed.trail("CreateInstanceProfile")[0]["requestParameters"]["instanceProfileName"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(profile.starts_with("eks-eu-central-1-prod-"), "{profile}");
    let status = bed.get(&format!("{CLASSES}/web"))["status"]["instanceProfile"].clone();
    assert_eq!(status, profile.as_str());
}

#[test]
fn a_cluster_role_that_may_not_be_tagged_makes_no_profile() {
    let assume_only = CLUSTER_TRUST.replace(
        "[\"sts:AssumeRole\",\"sts:TagSession\"]",
        "\"sts:AssumeRole\"",
    );
    let bed = Testbed::with(Current, &assume_only, &json!({"enabled": true}));
    let role = bed.node_role("NodeRole", "/");
    bed.whole_entry(&role);
    bed.class("web", &json!({"role": "NodeRole"}));
    let settled = bed.settle();
    assert_eq!(class(&bed), NOT_CREATED);
    let (object, trouble) = settled.troubles.first().unwrap();
    assert_eq!(object, "NodeClass/web");
    assert!(trouble.to_string().contains("sts:TagSession"), "{trouble}");
    let fields = [
        ("RoleName", "ClusterRole"),
        ("PolicyDocument", CLUSTER_TRUST),
    ];
    bed.query("iam", "UpdateAssumeRolePolicy", &fields);
    bed.pass(RESYNC);
    assert_eq!(class(&bed), READY);
}

#[test]
fn a_cluster_role_without_policies_makes_no_profile() {
    let bed = Testbed::new(Current);
    bed.detach("ClusterRole", "AmazonEKSComputePolicy");
    let role = bed.node_role("NodeRole", "/");
    bed.whole_entry(&role);
    bed.class("web", &json!({"role": "NodeRole"}));
    bed.settle();
    assert_eq!(class(&bed), NOT_CREATED);
    bed.attach("ClusterRole", "AmazonEKSComputePolicy");
    bed.pass(RESYNC);
    assert_eq!(class(&bed), READY);
}

#[test]
fn passing_the_role_is_asked_with_its_path() {
    let statements = |pattern: &str| {
        json!([
            {"Effect": "Allow", "Action": "iam:AddRoleToInstanceProfile", "Resource": "*"},
            {"Effect": "Allow", "Action": "iam:PassRole", "Resource": pattern},
        ])
    };
    let bed = Testbed::new(Current);
    bed.detach("ClusterRole", "AmazonEKSComputePolicy");
    bed.inline(
        "ClusterRole",
        &statements("arn:aws:iam::111122223333:role/NodeRole"),
    );
    let role = bed.node_role("NodeRole", "/platform/");
    bed.whole_entry(&role);
    bed.class("web", &json!({"role": "NodeRole"}));
    bed.settle();
    assert_eq!(class(&bed), NOT_CREATED);
    bed.inline("ClusterRole", &statements(&role));
    bed.pass(RESYNC);
    assert_eq!(class(&bed), READY);
}

#[test]
fn a_role_that_is_not_there_makes_no_profile() {
    let bed = Testbed::new(Current);
    bed.class("web", &json!({"role": "NodeRole"}));
    bed.settle();
    assert_eq!(class(&bed), NOT_CREATED);
}

#[test]
fn a_profile_that_the_class_names_is_only_read() {
    for generation in [Current, Legacy] {
        let bed = Testbed::new(generation);
        let role = bed.node_role("NodeRole", "/platform/");
        bed.whole_entry(&role);
        let profile = ("InstanceProfileName", "nodes");
        bed.query("iam", "CreateInstanceProfile", &[profile]);
        let fields = [profile, ("RoleName", "NodeRole")];
        bed.query("iam", "AddRoleToInstanceProfile", &fields);
        bed.class("web", &json!({"instanceProfile": "nodes"}));
        bed.settle();
        assert_eq!(class(&bed), READY, "{generation:?}");
        bed.delete_entry(&role);
        bed.pass(RESYNC);
        assert!(class(&bed).contains("Role NodeRole is unauthorized to join nodes to the cluster"));
    }
}

#[test]
fn selectors_that_fit_nothing_are_told() {
    let bed = Testbed::new(Current);
    let role = bed.node_role("NodeRole", "/");
    bed.whole_entry(&role);
    let spec = json!({
        "role": "NodeRole",
        "subnetSelectorTerms": [{"tags": {"Name": "none"}}],
        "securityGroupSelectorTerms": [{"name": "none"}],
    });
    bed.class("web", &spec);
    bed.settle();
    assert_eq!(
        class(&bed),
        "\
SubnetsReady=False SubnetsNotFound SubnetSelector did not match any Subnets
SecurityGroupsReady=False SecurityGroupsNotFound SecurityGroupSelector did not match any SecurityGroups
InstanceProfileReady=True InstanceProfileReady
ValidationSucceeded=False DependenciesNotReady Awaiting Instance Profile, Security Group, and Subnet resolution
Ready=False UnhealthyDependents ValidationSucceeded=False, SecurityGroupsReady=False, SubnetsReady=False"
    );
}

#[test]
fn another_role_in_the_class_takes_the_place_of_the_old_one() {
    let bed = web(Current, "/", Testbed::whole_entry);
    let other = bed.node_role("Other", "/team/");
    bed.whole_entry(&other);
    bed.merge(
        &format!("{CLASSES}/web"),
        &json!({"spec": {"role": "Other"}}),
    );
    bed.settle();
    assert_eq!(class(&bed), READY);
    let profile = bed.get(&format!("{CLASSES}/web"))["status"]["instanceProfile"]
        .as_str()
        .unwrap()
        .to_owned();
    let reply = bed.query(
        "iam",
        "GetInstanceProfile",
        &[("InstanceProfileName", &profile)],
    );
    assert!(reply.text.contains("role/team/Other"), "{}", reply.text);
}

#[test]
fn a_class_that_goes_takes_its_profile_along() {
    let bed = web(Current, "/", Testbed::whole_entry);
    let path = format!("{CLASSES}/web");
    let object = bed.get(&path);
    assert_eq!(
        object["metadata"]["finalizers"],
        json!(["eks.amazonaws.com/termination"])
    );
    let profile = object["status"]["instanceProfile"]
        .as_str()
        .unwrap()
        .to_owned();
    bed.kube("DELETE", &path, &Value::Null);
    bed.settle();
    assert!(bed.is_gone(&path));
    let reply = bed.try_query(
        "iam",
        "GetInstanceProfile",
        &[("InstanceProfileName", &profile)],
    );
    assert_eq!(reply.status, 404);
    assert!(
        pool(&bed)
            .contains("NodeClassReady=False NodeClassNotFound NodeClass not found on cluster")
    );
}

#[test]
fn a_settled_cluster_is_left_alone() {
    let bed = web(Current, "/", Testbed::whole_entry);
    let calls = bed.aws.events().len();
    let settled = bed.settle();
    assert_eq!(settled.reconciled, 0);
    assert_eq!(bed.aws.events().len() - calls, 1, "DescribeCluster alone");
}

#[test]
fn a_cluster_without_auto_mode_is_left_alone() {
    let bed = web(Current, "/", |_, _| {});
    let off = json!({
        "computeConfig": {"enabled": false},
        "kubernetesNetworkConfig": {"elasticLoadBalancing": {"enabled": false}},
        "storageConfig": {"blockStorage": {"enabled": false}},
    });
    bed.eks("POST", "/clusters/prod/update-config", &off);
    bed.aws.clock().step(Duration::from_secs(3600));
    bed.whole_entry("arn:aws:iam::111122223333:role/NodeRole");
    assert!(!bed.settle().auto_mode);
    assert_eq!(class(&bed), UNAUTHORIZED);
}
