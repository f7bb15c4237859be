//! Plans for the examples, as a person sees them.

use rolecall_repair::{Plan, PlanError, Selection, WhyLeft};

use crate::situation::{current, facts, legacy, only, planned, shown, using};

#[test]
fn a_missing_entry_is_made_with_its_policy_and_a_tag() {
    let plan = planned(&facts("missing-entry"), &current(), &Selection::default());
    insta::assert_snapshot!(shown(&plan));
}

#[test]
fn a_dead_entry_is_only_made_again_when_its_rule_is_named() {
    let facts = facts("recreated-role");
    let plan = planned(&facts, &current(), &Selection::default());
    assert!(plan.is_empty() && plan.leaves_errors());
    insta::assert_snapshot!("recreated_role_unnamed", shown(&plan));
    let plan = planned(&facts, &current(), &only(&["RC705"]));
    insta::assert_snapshot!("recreated_role", shown(&plan));
}

#[test]
fn a_family_names_no_disruptive_repair() {
    let rules = rolecall_chain::RULES
        .iter()
        .copied()
        .filter(|rule| rule.code.starts_with("RC7"));
    let family = Selection::default().with_only([("RC7", rules.collect())]);
    let plan = planned(&facts("wrong-entry-type"), &current(), &family);
    assert!(plan.is_empty());
    let why = &plan.left[0].why;
    assert!(matches!(why, WhyLeft::ToBeNamed { .. }), "{why:?}");
}

#[test]
fn an_entry_of_the_wrong_type_is_made_again_when_named() {
    let plan = planned(&facts("wrong-entry-type"), &current(), &only(&["RC704"]));
    insta::assert_snapshot!(shown(&plan));
}

#[test]
fn a_control_plane_that_drops_paths_leaves_a_choice() {
    let plan = planned(&facts("custom-path"), &legacy(), &Selection::default());
    insta::assert_snapshot!(shown(&plan));
}

#[test]
fn a_twin_without_a_path_is_a_plan_of_three_systems() {
    let plan = planned(&facts("custom-path"), &legacy(), &using("path-less-role"));
    insta::assert_snapshot!(shown(&plan));
    let order: Vec<&str> = plan
        .calls()
        .map(|call| call.action.split(':').next().unwrap())
        .collect();
    let mut sorted = order.clone();
    sorted.sort_by_key(|system| match *system {
        "iam" => 0,
        "eks" => 1,
        _ => 2,
    });
    // Each twin goes through the systems by itself.
    assert_eq!(order[0], "iam");
    assert_eq!(order.last(), sorted.last());
}

#[test]
fn a_node_group_takes_the_place_of_a_pool() {
    let plan = planned(
        &facts("custom-path"),
        &legacy(),
        &using("managed-node-group"),
    );
    insta::assert_snapshot!(shown(&plan));
    // EKS makes the entry of the group's role by itself; the pool that is left behind needs none.
    assert!(plan.calls().all(|call| !call.action.contains("Access")));
    assert!(plan.left.is_empty(), "{:#?}", plan.left);
}

#[test]
fn tags_of_ones_own_are_allowed_to_the_cluster_role() {
    let plan = planned(&facts("custom-tags"), &current(), &Selection::default());
    insta::assert_snapshot!(shown(&plan));
}

#[test]
fn karpenter_may_pass_the_role_with_its_path() {
    let plan = planned(
        &facts("karpenter-pass-role-path"),
        &current(),
        &Selection::default(),
    );
    insta::assert_snapshot!(shown(&plan));
}

#[test]
fn a_mapping_loses_the_path_that_the_authenticator_would_not_match() {
    let facts = facts("aws-auth-path");
    let named = only(&["RC707"]);
    let plan = planned(&facts, &current(), &named);
    insta::assert_snapshot!(shown(&plan));
}

#[test]
fn a_plan_is_read_back_as_it_was_written_and_not_when_it_was_edited() {
    let plan = planned(&facts("missing-entry"), &current(), &Selection::default());
    let text = plan.to_json();
    assert_eq!(Plan::from_json(&text).unwrap(), plan);
    for (old, new) in [
        ("\"type\": \"EC2\"", "\"type\": \"STANDARD\""),
        ("\"entry_type\": \"EC2\"", "\"entry_type\": \"STANDARD\""),
        ("\"cluster\": \"platform-prod\"", "\"cluster\": \"other\""),
    ] {
        assert!(text.contains(old), "{old} in {text}");
        let edited = text.replace(old, new);
        assert!(matches!(Plan::from_json(&edited), Err(PlanError::Edited)));
    }
    let newer = text.replacen("\"version\": 1", "\"version\": 2", 1);
    assert!(matches!(
        Plan::from_json(&newer),
        Err(PlanError::Version { found: 2 })
    ));
}

#[test]
fn the_same_facts_give_the_same_plan_whatever_their_order() {
    let facts = facts("custom-path");
    let mut turned = facts.clone();
    turned.node_pools.reverse();
    turned.node_classes.reverse();
    turned.roles.reverse();
    let of = |facts| planned(facts, &legacy(), &using("path-less-role"));
    assert_eq!(of(&facts), of(&turned));
}

#[test]
fn on_a_narrow_terminal_sentences_are_broken_and_what_is_copied_is_not() {
    let plan = planned(&facts("custom-path"), &legacy(), &Selection::default());
    let style = rolecall_report::Style {
        width: 44,
        ..rolecall_report::Style::default()
    };
    let text = plan.to_text(style);
    let long: Vec<&str> = text
        .lines()
        .filter(|line| line.chars().count() > 44)
        // ARNs, parameters, differences of facts and commands stay whole, and so does a chain.
        .filter(|line| {
            !["arn:", "=", "+ ", "rolecall ", "✓"]
                .iter()
                .any(|whole| line.contains(whole))
        })
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}
