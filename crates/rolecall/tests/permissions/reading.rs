//! What only reads: `diagnose` and `snapshot`.

use serde_json::Value;

use crate::page::{self, actions, both, without};
use crate::world::{CLUSTER, Ran, World};

const WORLD: &str = "crates/rolecall/tests/permissions/world";
const HEADING: &str = "## `rolecall diagnose`";

/// Without pools and groups, and with a Karpenter that has its role from its service account: here is
/// asked what is not asked in the other world.
const OTHER_WORLD: &str = "crates/rolecall/tests/permissions/self_managed";
const ASKED_THERE: [&str; 2] = ["ec2:DescribeInstances", "serviceaccounts"];

/// A world in which this is asked for.
fn world_that_asks<'a>(what: &str, [one, other]: [&'a World; 2]) -> &'a World {
    match ASKED_THERE.contains(&what) {
        true => other,
        false => one,
    }
}

/// The role without what it says of one kind; a rule needs a kind, and one that nothing is served under
/// gives nothing.
fn without_kind(role: &str, kind: &str) -> String {
    let lacking: Vec<String> = role
        .lines()
        .map(|line| match line.trim_start().starts_with("resources: ") {
            true => line.replace(kind, "nothing"),
            false => line.to_owned(),
        })
        .collect();
    lacking.join("\n")
}

fn kinds(role: &str) -> Vec<&str> {
    role.lines()
        .filter_map(|line| line.trim().strip_prefix("resources: ["))
        .flat_map(|kinds| kinds.trim_end_matches(']').split(", "))
        .collect()
}

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
fn what_only_some_clusters_ask_for_is_on_the_page_too() {
    let world = World::of(OTHER_WORLD);
    let (policy, role) = (page::policy(HEADING), page::cluster_role(HEADING));
    let ran = diagnose(&world, &policy, Some(&role), &[]);
    assert!(ran.code != 2 && ran.lacks_nothing(), "{}", ran.said);
}

#[test]
fn diagnose_needs_each_action_of_its_policy() {
    let worlds = [&World::of(WORLD), &World::of(OTHER_WORLD)];
    let (policy, role) = (page::policy(HEADING), page::cluster_role(HEADING));
    for action in actions(&policy) {
        let world = world_that_asks(&action, worlds);
        let ran = diagnose(world, &without(&policy, &action), Some(&role), &[]);
        let what = format!("without {action}");
        assert!(ran.lacks(&action), "{what}:\n{}", ran.said);
    }
}

#[test]
fn diagnose_needs_each_kind_of_its_cluster_role() {
    let worlds = [&World::of(WORLD), &World::of(OTHER_WORLD)];
    let (policy, role) = (page::policy(HEADING), page::cluster_role(HEADING));
    assert!(kinds(&role).len() >= 8, "{role}");
    for kind in kinds(&role) {
        let world = world_that_asks(kind, worlds);
        let ran = diagnose(world, &policy, Some(&without_kind(&role, kind)), &[]);
        let what = format!("without {kind}");
        assert!(ran.lacks(kind), "{what}:\n{}", ran.said);
    }
}

#[test]
fn snapshot_keeps_what_it_was_not_permitted_to_read_as_unknown() {
    let worlds = [&World::of(WORLD), &World::of(OTHER_WORLD)];
    let (policy, role) = (page::policy(HEADING), page::cluster_role(HEADING));
    let unread = |world: &World, policy: &Value, role: &str| {
        let operator = world.operator(policy, Some(role));
        let ran = world.run(&operator, &["snapshot", CLUSTER]);
        // Of a cluster that cannot be read at all there is nothing to keep.
        if ran.code == 2 {
            return ran.said;
        }
        let mut values = serde_json::Deserializer::from_str(&ran.said).into_iter::<Value>();
        let facts = values.next().and_then(Result::ok);
        let facts = facts.unwrap_or_else(|| panic!("{}", ran.said));
        facts["unread"].to_string()
    };
    for action in actions(&policy) {
        let world = world_that_asks(&action, worlds);
        let unread = unread(world, &without(&policy, &action), &role);
        let named = unread.contains(&format!("{action} on "));
        let refused = action == "eks:DescribeCluster" && unread.contains(&action);
        assert!(named || refused, "{action}: {unread}");
    }
    for kind in kinds(&role) {
        let world = world_that_asks(kind, worlds);
        let unread = unread(world, &policy, &without_kind(&role, kind));
        let named = unread.contains("kubernetes:") && unread.contains(kind);
        assert!(named, "{kind}: {unread}");
    }
}

#[test]
fn where_no_cluster_is_named_those_there_are_are_listed_by_who_may() {
    let world = World::of(WORLD);
    let (policy, role) = (page::policy(HEADING), page::cluster_role(HEADING));
    let listing = serde_json::json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "eks:ListClusters", "Resource": "*"}
    ]});
    let may = world.operator(&both(&policy, &listing), Some(&role));
    let ran = world.run(&may, &["diagnose"]);
    assert!(ran.said.contains(CLUSTER), "{}", ran.said);
    let may_not = world.operator(&policy, Some(&role));
    let ran = world.run(&may_not, &["diagnose"]);
    assert_eq!(ran.code, 2, "{}", ran.said);
    assert!(ran.said.contains("eks:ListClusters"), "{}", ran.said);
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
