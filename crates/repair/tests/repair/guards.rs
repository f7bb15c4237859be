//! What a plan never does.

use rolecall_facts::{AccessScope, Change, Fact};
use rolecall_repair::{Selection, WhyLeft};

use crate::situation::{current, facts, planned};

#[test]
fn the_scope_of_an_entry_that_others_made_is_changed_only_when_the_rule_is_named() {
    let mut facts = facts("missing-entry");
    // The policy of the entry that is there counts in one namespace only.
    let scope = &mut facts.access_policies[0].scope;
    let Fact::Known { value, .. } = scope else {
        panic!("it is known");
    };
    *value = AccessScope::Namespaces(vec!["default".to_owned()]);
    let plan = planned(&facts, &current(), &Selection::default());
    let touched = plan.calls().any(|call| {
        matches!(&call.change, Change::AssociateAccessPolicy { principal, .. }
            if principal.ends_with("BatchNodeRole"))
    });
    assert!(!touched);
    let left = plan
        .left
        .iter()
        .find(|left| left.finding.pools == ["NodePool batch"])
        .unwrap();
    let WhyLeft::ToBeNamed { because, .. } = &left.why else {
        panic!("{left:?}");
    };
    assert!(
        because.as_ref().unwrap().contains("did not make"),
        "{because:?}"
    );
    let named = crate::situation::only(&[&left.finding.rule]);
    let plan = planned(&facts, &current(), &named);
    assert_eq!(plan.calls().count(), 1);
}

#[test]
fn nothing_is_planned_that_the_facts_do_not_ask_for() {
    for name in ["missing-entry", "custom-tags", "karpenter-pass-role-path"] {
        let facts = facts(name);
        let plan = planned(&facts, &current(), &Selection::default());
        let mut mended = facts.clone();
        for call in plan.calls() {
            assert_ne!(call.change.holds(&mended), Some(true), "{name}");
            call.change.apply(&mut mended).unwrap();
        }
        let again = planned(&mended, &current(), &Selection::default());
        assert!(
            again.is_empty() && !again.leaves_errors(),
            "{name}: {again:#?}"
        );
    }
}
