//! `diagnose --sandbox`: files into an emulated AWS and Kubernetes, and the story back through the APIs.

use rolecall_report::CheckJson;

use crate::run::{Ran, run};

fn diagnose(args: &[&str]) -> Ran {
    let mut all = vec!["diagnose", "--sandbox", "examples/custom-path"];
    all.extend(args);
    run(&all)
}

#[test]
fn the_legacy_control_plane_tells_the_whole_story() {
    let ran = diagnose(&["--control-plane", "legacy", "--pool", "batch"]);
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    for said in [
        "platform-prod  under the legacy control plane",
        "in the cluster: not Ready, no nodes",
        "it asks for  arn:aws:iam::111122223333:role/BatchNodeRole\n",
        "the role is  arn:aws:iam::111122223333:role/platform/eks/BatchNodeRole\n",
        "AmazonEKSServiceRolePolicy",
        "CloudTrail recorded it",
        "eks:DescribeAccessEntry  AccessDenied",
        "for  arn:aws:iam::111122223333:role/BatchNodeRole\n",
        "What the cluster shows, as predicted",
        "InstanceProfileReady=False UnauthorizedNodeRole",
        "\"Role BatchNodeRole is unauthorized to join nodes to the cluster\"",
    ] {
        assert!(ran.stdout.contains(said), "{said}\n{}", ran.stdout);
    }
    assert!(!ran.stdout.contains("NodePool web"), "{}", ran.stdout);
}

#[test]
fn under_the_current_control_plane_the_pool_is_ready_and_a_node_joins() {
    let ran = diagnose(&["--pool", "batch"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("✓ node\n"), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("in the cluster: Ready, node i-"),
        "{}",
        ran.stdout
    );
    assert!(!ran.stdout.contains("RC1101"), "{}", ran.stdout);
}

#[test]
fn programs_get_what_the_cluster_shows() {
    let ran = diagnose(&["--control-plane", "legacy", "--format", "json"]);
    let check: CheckJson = serde_json::from_str(&ran.stdout).unwrap();
    let batch = &check.chains[0];
    assert_eq!(batch.control_plane, "legacy");
    let observed = batch.observed.as_ref().unwrap();
    assert!(observed.conditions.contains_key("NodeClass/batch"));
    assert!(!observed.events.is_empty());
}

#[test]
fn a_pool_that_is_not_there_names_those_that_are() {
    let ran = diagnose(&["--pool", "bach"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr
            .contains("there is no node pool or node group `bach`"),
        "{}",
        ran.stderr
    );
}

#[test]
fn files_without_a_cluster_say_what_to_name() {
    let ran = run(&["diagnose", "--sandbox", "deny.toml"]);
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    assert!(ran.stderr.contains("--cluster"), "{}", ran.stderr);
}

#[test]
fn saved_facts_of_a_sandbox_trace_to_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("facts.json");
    let file = file.to_str().unwrap();
    let saved = diagnose(&["--control-plane", "legacy", "--save-facts", file]);
    assert_eq!(saved.code, 1, "{}", saved.stderr);
    let empty = tempfile::tempdir().unwrap();
    let again = run(&[
        "check",
        empty.path().to_str().unwrap(),
        "--facts",
        file,
        "--control-plane",
        "legacy",
    ]);
    let chains = |text: &str| text.split("\nerror").next().unwrap().trim_end().to_owned();
    assert_eq!(chains(&again.stdout), chains(&saved.stdout));
}

#[test]
fn what_is_right_in_files_is_right_in_the_sandbox() {
    let ran = run(&["diagnose", "--sandbox", "examples/clean/auto"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout.contains("in the cluster: Ready, node i-"),
        "{}",
        ran.stdout
    );
}

#[test]
fn clusters_of_several_accounts_are_read_together() {
    let ran = run(&["diagnose", "--sandbox", "examples/clean"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("karpenter-prod"), "{}", ran.stdout);
    let told_twice = ran
        .stdout
        .matches("node class `batch` was not applied")
        .count();
    assert_eq!(told_twice, 1, "{}", ran.stdout);
}

#[test]
fn an_entry_of_a_recreated_role_leaves_the_pool_ready_and_its_node_outside() {
    let ran = run(&["diagnose", "--sandbox", "examples/recreated-role"]);
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout.contains("in the cluster: Ready, no nodes"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("RC705"), "{}", ran.stdout);
}
