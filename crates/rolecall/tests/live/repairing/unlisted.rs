//! Clusters whose node pools may not be listed: unknown is not failure, and not success either.

use serde_json::json;

use super::{CLUSTER, Scene, WEB};

#[test]
fn a_plan_for_a_pool_that_may_not_be_listed_is_not_told_to_be_out_of_date() {
    let scene = Scene::new();
    scene
        .repair(&[CLUSTER, "--plan", "plan.json"])
        .ends_with(0)
        .says("to carry it out: rolecall repair --apply plan.json");
    let key = scene.operator(&json!([{"Effect": "Allow", "Resource": "*", "Action": "eks:*"}]));
    let begun = scene.calls();
    let refused = scene.repair_as(&key, &["--apply", "plan.json", "--yes"]);
    refused
        .ends_with(2)
        .tells("it cannot be told whether the cluster is as it was when the plan was made")
        .tells("NodePool web: it can no longer be read")
        .tells(
            "`kubernetes:list` on nodepools.karpenter.sh is not permitted (it tells the node pools",
        )
        .tells("kind: ClusterRole")
        .tells("then: rolecall repair --apply plan.json --yes")
        .tells_not("no longer found")
        .tells_not("is gone");
    assert!(scene.changes_since(begun).is_empty());

    // What is printed is what was missing.
    let (_, role) = refused.stderr.split_once("apiVersion: rbac").unwrap();
    let (role, _) = role.split_once("\n\n").unwrap();
    scene.bind("rolecall-reader", &format!("apiVersion: rbac{role}\n"));
    scene
        .repair_as(&key, &["--apply", "plan.json", "--yes"])
        .ends_with(0)
        .tells("is mended");
}

#[test]
fn a_pool_that_may_be_there_is_not_told_to_be_missing() {
    let scene = Scene::new();
    let key = scene.operator(&json!([]));
    scene
        .repair_as(&key, &[CLUSTER, "--pool", "web", "--yes"])
        .ends_with(0)
        .says("Nothing to mend in what could be read of platform-prod")
        .says("`kubernetes:list` on")
        .says("kubectl create clusterrolebinding rolecall-reader")
        .tells_not("there is no node pool");
    scene
        .repair(&[CLUSTER, "--pool", "nonsense"])
        .ends_with(2)
        .tells("there is no node pool or node group `nonsense`")
        .tells("`rolecall diagnose platform-prod` shows those there are");
}

#[test]
fn a_plan_whose_entry_may_not_be_read_is_not_told_to_be_out_of_date() {
    let scene = Scene::new();
    scene.repair(&[CLUSTER, "--plan", "plan.json"]).ends_with(0);
    let key = scene.operator(&json!([{"Effect": "Deny", "Resource": "*", "Action":
            ["eks:ListAccessEntries", "eks:DescribeAccessEntry"]}]));
    scene.let_read_objects();
    scene
        .repair_as(&key, &["--apply", "plan.json", "--yes"])
        .ends_with(2)
        .tells("it cannot be told whether the cluster is as it was")
        .tells("`eks:ListAccessEntries` on ")
        .tells(&format!("access entry {WEB}: it can no longer be read"))
        .tells("\"eks:ListAccessEntries\"")
        .tells_not("no longer found");
}

#[test]
fn without_being_asked_the_clusters_objects_are_unknown_too() {
    let scene = Scene::new();
    scene.repair(&[CLUSTER, "--plan", "plan.json"]).ends_with(0);
    scene
        .repair(&["--apply", "plan.json", "--no-kube", "--yes"])
        .ends_with(2)
        .tells("NodePool web: it can no longer be read")
        .tells("--no-kube");
    scene
        .repair(&[CLUSTER, "--no-kube", "--pool", "web"])
        .ends_with(0)
        .says("Nothing to mend in what could be read");
}

#[test]
fn what_was_made_is_not_told_to_have_mended_what_cannot_be_seen() {
    let scene = Scene::new();
    let key = scene.operator(&json!([{"Effect": "Allow", "Resource": "*", "Action":
        ["eks:CreateAccessEntry", "eks:TagResource"]}]));
    scene.let_read_objects();
    scene.repair_as(&key, &[CLUSTER, "--yes"]).ends_with(2);
    scene.hide_objects();
    scene.let_operator(&json!([{"Effect": "Allow", "Resource": "*", "Action": "eks:*"}]));
    scene
        .repair_as(&key, &[CLUSTER, "--resume", "--yes"])
        .ends_with(1)
        .tells("✓ eks:AssociateAccessPolicy made")
        .tells("whether this is mended cannot be told")
        .tells("RC702 access-entry-missing")
        .tells("`kubernetes:list` on")
        .tells_not("What the plan was for is mended");
}
