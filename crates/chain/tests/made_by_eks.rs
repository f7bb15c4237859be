//! Entries that EKS makes by itself, and whose role other pools share.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;

use rolecall_chain::{Options, Traced, Verdict, trace};

fn traced(files: &[(&str, &str)]) -> Traced {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let read = rolecall_declared::read(
        &[folder.path().to_path_buf()],
        &rolecall_declared::Options::default(),
    );
    assert!(read.diagnostics.is_empty(), "{:?}", read.diagnostics);
    trace(&read.snapshot, &Options::default())
}

fn verdict(traced: &Traced, pool: &str, link: &str) -> (Verdict, String) {
    let chain = traced
        .chains
        .iter()
        .find(|chain| chain.pool.name == pool)
        .unwrap();
    let state = chain
        .links
        .iter()
        .find(|state| state.link.as_str() == link)
        .unwrap();
    (state.verdict, state.detail.clone())
}

const CLUSTER: &str = r"
apiVersion: eksctl.io/v1alpha5
kind: ClusterConfig
metadata:
  name: shop
  region: eu-west-1
autoModeConfig:
  enabled: true
  nodeRoleARN: arn:aws:iam::111122223333:role/platform/AutoNodeRole
  nodePools: [general-purpose, system]
";

fn manifests(role: &str) -> String {
    format!(
        r"
apiVersion: eks.amazonaws.com/v1
kind: NodeClass
metadata:
  name: gpu
spec:
  role: {role}
---
apiVersion: karpenter.sh/v1
kind: NodePool
metadata:
  name: gpu
spec:
  template:
    spec:
      nodeClassRef:
        group: eks.amazonaws.com
        kind: NodeClass
        name: gpu
"
    )
}

#[test]
fn a_class_that_uses_the_built_in_pools_role_needs_no_entry_of_its_own() {
    let traced = traced(&[
        ("cluster.yaml", CLUSTER),
        ("gpu.yaml", &manifests("AutoNodeRole")),
    ]);
    let (verdict, detail) = verdict(&traced, "gpu", "access-entry");
    assert_eq!(verdict, Verdict::Pass, "{detail}");
    assert!(
        traced
            .findings
            .iter()
            .all(|finding| finding.rule.code != "RC702")
    );
}

#[test]
fn a_class_with_a_role_of_its_own_does() {
    let traced = traced(&[
        ("cluster.yaml", CLUSTER),
        ("gpu.yaml", &manifests("GpuNodeRole")),
    ]);
    assert_eq!(verdict(&traced, "gpu", "access-entry").0, Verdict::Fail);
    assert!(
        traced
            .findings
            .iter()
            .any(|finding| finding.rule.code == "RC702")
    );
}

#[test]
fn built_in_pools_are_chains_of_their_own() {
    let traced = traced(&[("cluster.yaml", CLUSTER)]);
    let names: Vec<_> = traced
        .chains
        .iter()
        .map(|chain| chain.pool.name.as_str())
        .collect();
    assert_eq!(names, ["general-purpose", "system"]);
    assert_eq!(verdict(&traced, "system", "access-entry").0, Verdict::Pass);
}
