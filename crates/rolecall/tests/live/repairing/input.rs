//! Plans that were changed by hand, belong elsewhere, or no longer fit.

use std::collections::HashMap;
use std::fs;

use rolecall_sandbox::Generation;
use serde_json::{Value, json};

use super::{CLUSTER, Scene, WEB};
use crate::cloud::Cloud;

/// A scene with a plan in `plan.json`, and the plan.
fn planned() -> (Scene, Value) {
    let scene = Scene::new();
    scene.repair(&[CLUSTER, "--plan", "plan.json"]).ends_with(0);
    let text = fs::read_to_string(scene.path("plan.json")).unwrap();
    (scene, serde_json::from_str(&text).unwrap())
}

#[test]
fn a_plan_that_was_changed_by_hand_is_not_carried_out() {
    let (scene, plan) = planned();
    let begun = scene.calls();
    let mut turned = plan.clone();
    turned["steps"][0]["calls"]
        .as_array_mut()
        .unwrap()
        .reverse();
    let mut shorter = plan.clone();
    shorter["steps"][0]["calls"].as_array_mut().unwrap().pop();
    let mut elsewhere = plan.clone();
    elsewhere["account"] = json!("999988887777");
    let mut promised = plan.clone();
    promised["pools"][0]["after"][0]["verdict"] = json!("fail");
    for edited in [turned, shorter, elsewhere, promised] {
        scene.cloud.file("edited.json", &edited.to_string());
        scene
            .repair(&["--apply", "edited.json", "--yes"])
            .ends_with(2)
            .tells("the plan was edited after it was written")
            .tells("--> edited.json")
            .tells("make another with `rolecall repair --plan FILE`");
    }
    let mut unknown = plan.clone();
    unknown["steps"][0]["force"] = json!(true);
    let mut newer = plan.clone();
    newer["version"] = json!(2);
    let text = plan.to_string();
    let cases = [
        (unknown.to_string(), "unknown field `force`"),
        (newer.to_string(), "the plan has format version 2"),
        (
            text.get(..text.len() / 2).unwrap().to_owned(),
            "not a plan: EOF",
        ),
        (String::new(), "not a plan: EOF"),
        ("[]".to_owned(), "not a plan: "),
        ("steps:\n- one\n".to_owned(), "not a plan: "),
    ];
    for (text, said) in cases {
        scene.cloud.file("edited.json", &text);
        scene
            .repair(&["--apply", "edited.json", "--yes"])
            .ends_with(2)
            .tells(said)
            .tells("--> edited.json")
            .tells("help: ");
    }
    for file in ["nowhere.json", "."] {
        scene
            .repair(&["--apply", file, "--yes"])
            .ends_with(2)
            .tells("the plan cannot be read");
    }
    assert!(scene.changes_since(begun).is_empty());
    // Written anew by a formatter, it is the same plan.
    scene.cloud.file("plan.json", &plan.to_string());
    scene
        .repair(&["--apply", "plan.json", "--yes"])
        .ends_with(0)
        .tells("is mended");
}

#[test]
fn a_plan_for_another_cluster_is_not_carried_out_here() {
    let (scene, _) = planned();
    let begun = scene.calls();
    scene
        .repair(&["staging", "--apply", "plan.json", "--yes"])
        .ends_with(2);
    assert!(scene.changes_since(begun).is_empty());
}

#[test]
fn what_vanished_or_appeared_since_the_plan_was_made_is_named() {
    let (scene, _) = planned();
    let eks = scene.cloud.eks();
    let entry = eks
        .create_access_entry()
        .cluster_name(CLUSTER)
        .principal_arn(WEB)
        .r#type("STANDARD");
    scene.cloud.runtime.block_on(entry.send()).unwrap();
    let begun = scene.calls();
    scene
        .repair(&["--apply", "plan.json", "--yes"])
        .ends_with(2)
        .tells("the cluster is not as it was when the plan was made")
        .tells(&format!("access entry {WEB}: it has appeared"))
        .tells("no longer found: RC702")
        .tells("make another one: rolecall repair platform-prod --plan FILE");
    let path = "/apis/karpenter.sh/v1/nodepools/web";
    scene.cloud.kube(CLUSTER, "DELETE", path, &Value::Null);
    scene
        .repair(&["--apply", "plan.json", "--yes"])
        .ends_with(2)
        .tells("NodePool web: it is gone");
    assert!(scene.changes_since(begun).is_empty());
}

#[test]
fn an_entry_that_vanishes_between_plan_and_apply_stops_its_being_made_again() {
    let scene = Scene::new();
    let eks = scene.cloud.eks();
    let entry = eks
        .create_access_entry()
        .cluster_name(CLUSTER)
        .principal_arn(WEB)
        .r#type("STANDARD");
    scene.cloud.runtime.block_on(entry.send()).unwrap();
    scene
        .repair(&[CLUSTER, "--only", "RC704", "--plan", "plan.json"])
        .ends_with(0)
        .says("eks:DeleteAccessEntry");
    let gone = eks
        .delete_access_entry()
        .cluster_name(CLUSTER)
        .principal_arn(WEB);
    scene.cloud.runtime.block_on(gone.send()).unwrap();
    let begun = scene.calls();
    scene
        .repair(&["--apply", "plan.json", "--yes"])
        .ends_with(2)
        .tells(&format!("access entry {WEB}: it is gone"));
    assert!(scene.changes_since(begun).is_empty());
}

#[test]
fn disruptive_repairs_are_made_only_where_their_rule_is_named() {
    let scene = Scene::new();
    let eks = scene.cloud.eks();
    let entry = eks
        .create_access_entry()
        .cluster_name(CLUSTER)
        .principal_arn(WEB)
        .r#type("STANDARD");
    scene.cloud.runtime.block_on(entry.send()).unwrap();
    let begun = scene.calls();
    for args in [
        vec![CLUSTER, "--yes"],
        vec![CLUSTER, "--yes", "--pool", "web"],
        // A family is no name.
        vec![CLUSTER, "--yes", "--only", "RC7"],
    ] {
        scene
            .repair(&args)
            .ends_with(1)
            .says("Nothing can be mended as asked")
            .says("RC704")
            .says("(disruptive: nodes or access may be")
            .says("rolecall repair platform-prod --only RC704");
    }
    assert!(scene.changes_since(begun).is_empty());
    scene
        .repair(&[CLUSTER, "--yes", "--only", "RC704"])
        .ends_with(0)
        .says("✓ eks:DeleteAccessEntry made");
    assert_eq!(
        scene.changes_since(begun),
        [
            "DeleteAccessEntry",
            "CreateAccessEntry",
            "AssociateAccessPolicy"
        ]
    );
}

#[test]
fn a_dead_entry_that_is_made_again_keeps_its_policies_groups_and_tags() {
    const CLUSTER: &str = "build";
    let scene = Scene {
        cloud: Cloud::of(&["examples/recreated-role"], Generation::Current),
    };
    let eks = scene.cloud.eks();
    let principal = "arn:aws:iam::111122223333:role/ci-node";
    scene.cloud.runtime.block_on(async {
        let entry = eks.describe_access_entry().cluster_name(CLUSTER);
        let entry = entry.principal_arn(principal).send().await.unwrap();
        let arn = entry.access_entry.unwrap().access_entry_arn.unwrap();
        let tag = eks.tag_resource().resource_arn(arn).tags("team", "batch");
        tag.send().await.unwrap();
    });
    let before = scene
        .cloud
        .runtime
        .block_on(entry(&eks, CLUSTER, principal));
    let begun = scene.calls();
    scene
        .repair(&[CLUSTER, "--yes"])
        .ends_with(1)
        .says("RC705")
        .says("rolecall repair build --only RC705");
    assert!(scene.changes_since(begun).is_empty());
    scene
        .repair(&[CLUSTER, "--only", "RC705", "--yes"])
        .ends_with(0)
        .tells("is mended");
    let after = scene
        .cloud
        .runtime
        .block_on(entry(&eks, CLUSTER, principal));
    assert_eq!(after.policies, before.policies);
    assert_eq!(after.groups, before.groups);
    assert_eq!(after.tags.get("team").map(String::as_str), Some("batch"));
    assert!(
        after.tags.contains_key("rolecall:repair"),
        "{:?}",
        after.tags
    );
    for (key, value) in &before.tags {
        assert_eq!(after.tags.get(key), Some(value));
    }
}

/// What an entry has.
struct Entry {
    policies: Vec<String>,
    groups: Vec<String>,
    tags: HashMap<String, String>,
}

async fn entry(eks: &aws_sdk_eks::Client, cluster: &str, principal: &str) -> Entry {
    let entry = eks.describe_access_entry().cluster_name(cluster);
    let entry = entry.principal_arn(principal).send().await.unwrap();
    let entry = entry.access_entry.unwrap();
    let policies = eks.list_associated_access_policies().cluster_name(cluster);
    let policies = policies.principal_arn(principal).send().await.unwrap();
    let policies = policies.associated_access_policies.unwrap().into_iter();
    Entry {
        policies: policies.filter_map(|policy| policy.policy_arn).collect(),
        groups: entry.kubernetes_groups.unwrap_or_default(),
        tags: entry.tags.unwrap_or_default(),
    }
}

#[test]
fn colours_and_width_are_those_that_were_asked_for() {
    let scene = Scene::new();
    let plain = scene.repair(&[CLUSTER, "--dry-run"]);
    assert!(!plain.stdout.contains('\u{1b}'), "{}", plain.stdout);
    let coloured = scene.repair(&[CLUSTER, "--dry-run", "--color", "always"]);
    assert!(coloured.stdout.contains('\u{1b}'), "{}", coloured.stdout);
    let mut command = scene.typing(&[CLUSTER, "--dry-run"]);
    command.env("NO_COLOR", "1").env("LC_ALL", "C");
    let ascii = crate::cloud::run(command);
    assert!(ascii.stdout.is_ascii(), "{}", ascii.stdout);
    let mut command = scene.typing(&[CLUSTER, "--yes"]);
    command.env("LC_ALL", "C");
    let ascii = crate::cloud::run(command);
    assert!(ascii.stdout.is_ascii(), "{}", ascii.stdout);
}

#[test]
fn a_node_group_in_place_of_a_pool_is_made_with_what_it_needs_and_no_entry() {
    let scene = Scene::of(Generation::Legacy);
    let begun = scene.calls();
    scene
        .repair(&[
            CLUSTER,
            "--use",
            "managed-node-group",
            "--pool",
            "web",
            "--yes",
        ])
        .ends_with(0)
        .says("goes around RC710")
        .tells_not("eks:CreateAccessEntry");
    let made = scene.changes_since(begun);
    assert_eq!(
        made.first().map(String::as_str),
        Some("CreateRole"),
        "{made:?}"
    );
    assert_eq!(
        made.last().map(String::as_str),
        Some("CreateNodegroup"),
        "{made:?}"
    );
    assert!(!made.iter().any(|call| call.contains("Access")), "{made:?}");
    // EKS made the entry of the group's role by itself.
    let group = "arn:aws:iam::111122223333:role/platform/eks/WebNodeRole-group";
    let (eks, runtime) = (scene.cloud.eks(), &scene.cloud.runtime);
    let entry = eks.describe_access_entry().cluster_name(CLUSTER);
    let entry = runtime.block_on(entry.principal_arn(group).send()).unwrap();
    assert_eq!(
        entry.access_entry.unwrap().r#type.as_deref(),
        Some("EC2_LINUX")
    );
}

#[test]
fn what_is_typed_wrong_is_told_before_anything_is_done() {
    let scene = Scene::new();
    let begun = scene.calls();
    for (args, said) in [
        (
            vec![CLUSTER, "--wait=-1s"],
            "--wait 1s ago lies in the past",
        ),
        (
            vec![CLUSTER, "--only", "nonsense"],
            "`nonsense` is not a rule's code",
        ),
        (
            vec!["no such; rm", "--yes"],
            "there is no cluster `no such; rm`",
        ),
        (vec!["--undo", "/dev/null"], "holds nothing"),
        (vec!["--undo", "nowhere"], "cannot be read"),
    ] {
        scene.repair(&args).ends_with(2).tells(said).tells("help: ");
    }
    assert!(scene.changes_since(begun).is_empty());
}
