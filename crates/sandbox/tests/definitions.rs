//! Which custom resource definitions a cluster has, and when.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use bytes::Bytes;
use http::Request;
use jiff::Timestamp;
use rolecall_declared::{Options, Source, read_sources};
use rolecall_sandbox::{Load, World, WorldSettings, default_credentials};
use rolecall_sandbox_aws::sigv4::sign;
use serde_json::json;

const AUTO_MODE: &str = "nodeclasses.eks.amazonaws.com";
const KARPENTER: &str = "ec2nodeclasses.karpenter.k8s.aws";
const BOTH: &str = "nodepools.karpenter.sh";

const NODE_CLASS: &str = "apiVersion: eks.amazonaws.com/v1
kind: NodeClass
metadata: {name: web}
spec:
  role: Nodes
  subnetSelectorTerms: [{tags: {a: b}}]
  securityGroupSelectorTerms: [{tags: {a: b}}]
";
const EC2_NODE_CLASS: &str = "apiVersion: karpenter.k8s.aws/v1
kind: EC2NodeClass
metadata: {name: web}
spec:
  role: Nodes
  amiSelectorTerms: [{alias: al2023@latest}]
  subnetSelectorTerms: [{tags: {a: b}}]
  securityGroupSelectorTerms: [{tags: {a: b}}]
";
/// A cluster of its own, without Auto Mode.
const PLAIN: &str = "apiVersion: eksctl.io/v1alpha5
kind: ClusterConfig
metadata: {name: sandbox, region: us-east-1}
";

fn world(text: &str) -> World {
    let world = World::new(WorldSettings {
        speed: 0.0,
        ..WorldSettings::default()
    });
    let world = world.unwrap();
    let read = read_sources(vec![Source::new("a.yaml", text)], &Options::default());
    let _ = world.load(&Load {
        snapshot: read.snapshot,
        manifests: read.manifests,
        cluster: None,
    });
    world
}

/// Which of the three definitions the cluster has.
fn definitions(world: &World) -> Vec<&'static str> {
    let clusters = world.clusters();
    let registry = clusters.first().unwrap().server.registry();
    let is_there = |name: &&str| {
        registry
            .iter()
            .any(|kind| kind.crd.as_deref() == Some(name))
    };
    [AUTO_MODE, KARPENTER, BOTH]
        .into_iter()
        .filter(is_there)
        .collect()
}

#[test]
fn auto_mode_brings_its_own_and_not_karpenters() {
    assert_eq!(definitions(&world(NODE_CLASS)), [AUTO_MODE, BOTH]);
}

#[test]
fn a_cluster_whose_files_use_karpenter_has_karpenters() {
    let world = world(EC2_NODE_CLASS);
    assert_eq!(definitions(&world), [KARPENTER, BOTH]);
    assert_eq!(world.facts().node_classes.len(), 1);
}

#[test]
fn a_plain_cluster_has_none_until_auto_mode_is_turned_on() {
    let world = world(PLAIN);
    assert!(definitions(&world).is_empty());
    set_auto_mode(&world, true);
    assert_eq!(definitions(&world), [AUTO_MODE, BOTH]);
    set_auto_mode(&world, false);
    assert_eq!(definitions(&world), [AUTO_MODE, BOTH]);
}

fn set_auto_mode(world: &World, enabled: bool) {
    let body = json!({
        "computeConfig": {"enabled": enabled},
        "kubernetesNetworkConfig": {"elasticLoadBalancing": {"enabled": enabled}},
        "storageConfig": {"blockStorage": {"enabled": enabled}},
    });
    let mut request =
        Request::post("https://eks.us-east-1.amazonaws.com/clusters/sandbox/update-config")
            .header("content-type", "application/json")
            .body(Bytes::from(body.to_string()))
            .unwrap();
    let (credentials, now) = (default_credentials(), Timestamp::now());
    sign(&mut request, &credentials, "us-east-1", "eks", now);
    let answer = world.aws().handle(request).response;
    assert_eq!(answer.status(), 200, "{:?}", answer.body());
    world.changed();
}
