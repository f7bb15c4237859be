//! Several clusters at once, and nodes of every kind in one.

use rolecall_report::CheckJson;
use rolecall_sandbox::Generation;
use serde_json::json;

use crate::cloud::Cloud;

const FILES: &str = "crates/rolecall/tests/live/files";

#[test]
fn nodes_of_every_kind_in_one_cluster_have_a_chain_each() {
    let cloud = Cloud::of(&[&format!("{FILES}/mixed")], Generation::Current);
    join_by_hand(&cloud);
    let ran = cloud.diagnose(&[]);
    ran.ends_with(1)
        .says("NodePool auto")
        .says("NodePool own")
        .says("managed node group group")
        .says("self-managed node group nodes-of-our-own")
        .says("hybrid nodes HybridNodeRole")
        // What is wrong is Karpenter's only.
        .says("RC602")
        .says("/platform/");
    let chains = cloud.diagnose(&["--format", "json"]);
    let chains: CheckJson = serde_json::from_str(&chains.stdout).unwrap();
    let told: Vec<(&str, &str, bool)> = chains
        .chains
        .iter()
        .map(|chain| {
            let mut verdicts = chain.links.iter().map(|link| &*link.verdict);
            let passes = verdicts.all(|verdict| verdict == "pass");
            (&*chain.pool.kind, &*chain.pool.name, passes)
        })
        .collect();
    assert_eq!(
        told,
        [
            ("NodePool", "auto", true),
            ("NodePool", "own", false),
            ("managed node group", "group", true),
            ("self-managed node group", "nodes-of-our-own", true),
            ("hybrid nodes", "HybridNodeRole", true),
        ]
    );
    let json = cloud.diagnose(&["--format", "json"]);
    let check: CheckJson = serde_json::from_str(&json.stdout).unwrap();
    for finding in &check.findings {
        let of: Vec<&str> = finding
            .pools
            .iter()
            .map(|pool| pool.name.as_str())
            .collect();
        assert_eq!((finding.rule.as_str(), of), ("RC602", vec!["own"]));
    }
    cloud
        .diagnose(&["--pool", "group"])
        .ends_with(0)
        .says_not("NodePool");
    cloud
        .diagnose(&["--pool", "HybridNodeRole"])
        .ends_with(0)
        .says("node mi-0f00ba4 is Ready")
        .says_not("managed node group");
    let without = cloud.diagnose(&["mixed", "--no-kube"]);
    without
        .ends_with(0)
        .says("managed node group group")
        .says_not("NodePool own");
}

/// What stands first in an element of XML.
fn between<'t>(text: &'t str, start: &str) -> &'t str {
    let (_, rest) = text.split_once(start).unwrap();
    rest.split('<').next().unwrap()
}

/// Instances and machines that join without EKS or Karpenter: those of a group of one's own, and one
/// outside AWS.
fn join_by_hand(cloud: &Cloud) {
    let iam = cloud.iam();
    cloud.runtime.block_on(async {
        let profile = iam.create_instance_profile();
        let profile = profile.instance_profile_name("nodes-of-our-own").send();
        profile.await.unwrap();
        let add = iam.add_role_to_instance_profile();
        let add = add.instance_profile_name("nodes-of-our-own");
        add.role_name("SelfManagedNodeRole").send().await.unwrap();
    });
    let subnets = cloud.ec2(&[("Action", "DescribeSubnets")]);
    let launched = cloud.ec2(&[
        ("Action", "RunInstances"),
        ("ImageId", "ami-0123456789abcdef0"),
        ("InstanceType", "m5.large"),
        ("SubnetId", between(&subnets, "<subnetId>")),
        ("MinCount", "1"),
        ("MaxCount", "1"),
        ("IamInstanceProfile.Name", "nodes-of-our-own"),
        ("TagSpecification.1.ResourceType", "instance"),
        (
            "TagSpecification.1.Tag.1.Key",
            "kubernetes.io/cluster/mixed",
        ),
        ("TagSpecification.1.Tag.1.Value", "owned"),
    ]);
    let instance = between(&launched, "<instanceId>");
    // Names that begin with `aws:` are AWS's to give, so the group is told by its profile.
    for (name, provider, labels) in [
        (
            "ip-10-0-0-7",
            format!("aws:///eu-central-1a/{instance}"),
            json!({}),
        ),
        (
            "mi-0f00ba4",
            "eks-hybrid:///eu-central-1/mixed/mi-0f00ba4".to_owned(),
            json!({"eks.amazonaws.com/compute-type": "hybrid"}),
        ),
    ] {
        let node = json!({
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name, "labels": labels},
            "spec": {"providerID": provider},
            "status": {"conditions": [{
                "type": "Ready",
                "status": "True",
                "reason": "KubeletReady",
                "message": "kubelet is posting ready status",
                "lastTransitionTime": "2026-11-24T12:00:00Z",
            }]},
        });
        cloud.kube("mixed", "POST", "/api/v1/nodes", &node);
        cloud.kube(
            "mixed",
            "PUT",
            &format!("/api/v1/nodes/{name}/status"),
            &node,
        );
    }
}

#[test]
fn several_clusters_are_read_together_and_one_that_is_not_there_is_a_line_of_the_report() {
    let cloud = Cloud::of(
        &["examples/custom-path", &format!("{FILES}/mixed")],
        Generation::Legacy,
    );
    let both = cloud.diagnose(&["platform-prod", "mixed"]);
    both.ends_with(1)
        .says("mixed  under")
        .says("NodePool own")
        .says("NodePool batch");
    let none = cloud.diagnose(&["platform-prod", "gone", "mixed"]);
    none.ends_with(2)
        .says("NodePool own")
        .says("there is no cluster `gone` in `eu-central-1`")
        .says("1 place could not be read");
    let (once, twice) = (
        cloud.diagnose(&["mixed"]),
        cloud.diagnose(&["mixed", "mixed"]),
    );
    assert_eq!(once.stdout, twice.stdout);
    let neither = cloud.diagnose(&["gone", "away"]);
    neither.ends_with(2);
    assert_eq!(neither.stdout, "");
}
