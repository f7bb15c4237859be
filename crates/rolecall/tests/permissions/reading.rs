//! What only reads: `diagnose` and `snapshot`.

use serde_json::Value;

use crate::page::{self, actions, without};
use crate::world::{CLUSTER, Ran, World};

const WORLD: &str = "crates/rolecall/tests/permissions/world";
const HEADING: &str = "## `rolecall diagnose`";

/// Asked only where there are nodes that no pool or group explains, or a Karpenter without a Pod
/// Identity association, which this world does not have.
const NOT_ASKED_HERE: [&str; 2] = ["ec2:DescribeInstances", "serviceaccounts"];

fn diagnose(world: &World, policy: &Value, cluster_role: Option<&str>, more: &[&str]) -> Ran {
    let operator = world.operator(policy, cluster_role);
    let mut args = vec!["diagnose", CLUSTER];
    args.extend(more);
    world.run(&operator, &args)
}

#[test]
fn diagnose_reads_everything_with_what_the_page_gives_it() {
    let world = World::of(WORLD);
    let (policy, role) = (page::policy(HEADING), page::cluster_role(HEADING));
    let ran = diagnose(&world, &policy, Some(&role), &[]);
    // The pool of the role under a path is not ready under the legacy control plane.
    assert_eq!(ran.code, 1, "{}", ran.said);
    assert!(ran.lacks_nothing(), "{}", ran.said);
    assert!(ran.said.contains("CloudTrail recorded it"), "{}", ran.said);
    let all = world.run(&world.administrator(), &["diagnose", CLUSTER]);
    assert_eq!(ran.said, all.said);
}

#[test]
fn diagnose_needs_each_action_of_its_policy() {
    let world = World::of(WORLD);
    let (policy, role) = (page::policy(HEADING), page::cluster_role(HEADING));
    for action in actions(&policy) {
        if NOT_ASKED_HERE.contains(&action.as_str()) {
            continue;
        }
        let ran = diagnose(&world, &without(&policy, &action), Some(&role), &[]);
        let what = format!("without {action}");
        assert!(ran.lacks(&action), "{what}:\n{}", ran.said);
    }
}

#[test]
fn diagnose_needs_each_kind_of_its_cluster_role() {
    let world = World::of(WORLD);
    let (policy, role) = (page::policy(HEADING), page::cluster_role(HEADING));
    let kinds: Vec<&str> = role
        .lines()
        .filter_map(|line| line.trim().strip_prefix("resources: ["))
        .flat_map(|kinds| kinds.trim_end_matches(']').split(", "))
        .collect();
    assert!(kinds.len() >= 7, "{kinds:?}");
    for kind in kinds {
        if NOT_ASKED_HERE.contains(&kind) {
            continue;
        }
        // A rule needs a kind; one that nothing is served under gives nothing.
        let lacking: Vec<String> = role
            .lines()
            .map(|line| match line.trim_start().starts_with("resources: ") {
                true => line.replace(kind, "nothing"),
                false => line.to_owned(),
            })
            .collect();
        let ran = diagnose(&world, &policy, Some(&lacking.join("\n")), &[]);
        let what = format!("without {kind}");
        assert!(ran.lacks(kind), "{what}:\n{}", ran.said);
    }
}

#[test]
fn half_of_it_is_enough_where_only_half_is_asked() {
    let world = World::of(WORLD);
    let (policy, role) = (page::policy(HEADING), page::cluster_role(HEADING));
    let aws = diagnose(&world, &policy, None, &["--no-kube"]);
    assert!(aws.code != 2 && aws.lacks_nothing(), "{}", aws.said);
    let nothing = serde_json::json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Action": "*", "Resource": "*"}
    ]});
    let operator = world.operator(&nothing, Some(&role));
    let kube = world.run_with_kubeconfig(&operator, &["diagnose", "--no-aws"]);
    assert!(kube.code != 2 && kube.lacks_nothing(), "{}", kube.said);
    assert!(kube.said.contains("batch"), "{}", kube.said);
}

#[test]
fn snapshot_needs_what_diagnose_needs() {
    let world = World::of(WORLD);
    let (policy, role) = (page::policy(HEADING), page::cluster_role(HEADING));
    let facts = |who: &crate::world::Operator| {
        let ran = world.run(who, &["snapshot", CLUSTER]);
        assert_eq!(ran.code, 0, "{}", ran.said);
        let mut facts: Value = serde_json::from_str(&ran.said).unwrap();
        facts["taken_at"] = Value::Null;
        facts
    };
    let operator = world.operator(&policy, Some(&role));
    assert_eq!(facts(&operator), facts(&world.administrator()));
}
