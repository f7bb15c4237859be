//! `repair`: what it reads, and what the changes of its plan need.

use rolecall_live::permissions::{CHANGES, Scope, policy_of_changes};
use serde_json::Value;

use crate::page::{self, actions, both, without};
use crate::world::{CLUSTER, Ran, World};

const READING: &str = "## `rolecall diagnose`";
const HEADING: &str = "## `rolecall repair`";

/// Files, and the way to go: entries that are missing, and a role without path in place of another.
const CASES: [(&str, &[&str]); 2] = [
    ("examples/custom-path", &[]),
    (
        "crates/rolecall/tests/permissions/world",
        &["--only", "RC710", "--use", "path-less-role"],
    ),
];

/// The actions of the changes in a plan.
fn changes(plan: &str) -> Vec<String> {
    let plan: Value = serde_json::from_str(&std::fs::read_to_string(plan).unwrap()).unwrap();
    let steps = plan["steps"].as_array().unwrap().iter();
    let calls = steps.flat_map(|step| step["calls"].as_array().unwrap());
    let mut changes: Vec<String> = calls
        .map(|call| call["action"].as_str().unwrap().to_owned())
        .collect();
    changes.sort();
    changes.dedup();
    changes
}

/// A world, and what a plan for it changes; the plan is in the file `plan.json`.
fn planned((files, more): (&str, &[&str])) -> (World, Vec<String>) {
    let world = World::of(files);
    let plan = world.path("plan.json");
    let mut args = vec!["repair", CLUSTER, "--plan", &plan];
    args.extend(more);
    let ran = world.run(&world.administrator(), &args);
    assert!(ran.code == 0 || ran.code == 1, "{}", ran.said);
    let changes = changes(&plan);
    (world, changes)
}

/// Carries the plan out as somebody with this policy.
fn apply(world: &World, policy: &Value) -> Ran {
    let reader = page::cluster_role(READING);
    let role = page::both_roles(&reader, &page::cluster_role(HEADING));
    let operator = world.operator(policy, Some(&role));
    let plan = world.path("plan.json");
    let args = ["repair", CLUSTER, "--apply", &plan, "--yes", "--wait", "1s"];
    world.run(&operator, &args)
}

fn policy(changes: &[String]) -> Value {
    let changes: Vec<&str> = changes.iter().map(String::as_str).collect();
    let scope = Scope::of_unread(CLUSTER, "eu-central-1", Some("111122223333"));
    both(&page::policy(READING), &policy_of_changes(&changes, &scope))
}

#[test]
fn repair_makes_its_changes_with_what_they_need_and_not_with_less() {
    for case in CASES {
        let example = case.0;
        let (world, changes) = planned(case);
        assert!(changes.len() > 1, "{example}: {changes:?}");
        let whole = policy(&changes);
        let ran = apply(&world, &whole);
        assert!(
            ran.code != 2 && ran.lacks_nothing(),
            "{example}:\n{}",
            ran.said
        );
        for permission in CHANGES {
            let is_needed = changes.iter().any(|change| change == permission.change)
                // Whether a role is passed depends on more than the kind of change.
                && permission.action != "iam:PassRole";
            if !is_needed {
                continue;
            }
            let (world, _) = planned(case);
            let ran = apply(&world, &without(&whole, permission.action));
            let said = format!("{example} without {}:\n{}", permission.action, ran.said);
            assert_eq!(ran.code, 2, "{said}");
            assert!(ran.said.contains(permission.action), "{said}");
        }
    }
}

#[test]
fn the_page_gives_repair_what_every_change_needs() {
    let given = actions(&page::policy(HEADING));
    for permission in CHANGES {
        let action = permission.action.to_owned();
        assert!(given.contains(&action), "{action} is not on the page");
    }
}
