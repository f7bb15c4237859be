//! The condition tables, run.

#![expect(clippy::panic, reason = "a test fails by panicking")]

use rolecall_policy::{Effect, Question, effect, evaluate};

/// Whether a statement with this condition matches a request with this context.
fn matches(condition: &str, context: &str) -> bool {
    let question = format!(
        r#"{{"principal": "ec2.amazonaws.com", "action": "s3:GetObject",
            "resource": "arn:aws:s3:::bucket/key", "context": {context},
            "resourcePolicies": [{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow",
                "Principal": "*", "Action": "*", "Resource": "*", "Condition": {condition}}}}}]}}"#
    );
    let question = Question::parse(&question).unwrap_or_else(|e| panic!("{condition}: {e}"));
    let fast = effect(&question.request, &question.layers);
    let explained = evaluate(&question.request, &question.layers);
    assert_eq!(fast, explained.effect, "{condition} {context}");
    assert_eq!(
        explained.near_misses().count(),
        usize::from(fast != Effect::Allowed),
        "{condition}"
    );
    fast == Effect::Allowed
}

fn rows(table: &'static str) -> impl Iterator<Item = (usize, Vec<&'static str>)> {
    let lines = (1..).zip(table.lines());
    lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(number, line)| (number, line.split(" | ").map(str::trim).collect()))
}

#[test]
fn every_operator_in_every_form_treats_a_key_as_documented() {
    let mut cases = 0;
    for (line, row) in rows(include_str!("tables/operators.txt")) {
        let [operator, policy, x, y, outcomes] = row.try_into().unwrap();
        let condition = format!(r#"{{"{operator}": {{"test:key": "{policy}"}}}}"#);
        let contexts = [
            format!(r#"{{"test:key": "{x}"}}"#),
            format!(r#"{{"test:key": "{y}"}}"#),
            "{}".to_owned(),
            format!(r#"{{"test:key": ["{x}", "{y}"]}}"#),
            format!(r#"{{"test:key": ["{y}", "{y}"]}}"#),
            r#"{"test:key": ""}"#.to_owned(),
        ];
        let outcomes: Vec<&str> = outcomes.split(' ').collect();
        assert_eq!(outcomes.len(), contexts.len(), "line {line}");
        for (outcome, context) in outcomes.into_iter().zip(contexts) {
            let wanted = match outcome {
                "+" => true,
                "-" => false,
                "." => continue,
                other => panic!("line {line}: `{other}`"),
            };
            assert_eq!(
                matches(&condition, &context),
                wanted,
                "line {line}: {operator} {context}"
            );
            cases += 1;
        }
    }
    assert!(cases > 800, "{cases}");
}

#[test]
fn documented_examples_match_as_documented() {
    let mut cases = 0;
    for (line, row) in rows(include_str!("tables/conditions.txt")) {
        let [condition, context, outcome] = row.try_into().unwrap();
        let wanted = match outcome {
            "match" => true,
            "no match" => false,
            other => panic!("line {line}: `{other}`"),
        };
        assert_eq!(
            matches(condition, context),
            wanted,
            "line {line}: {condition} {context}"
        );
        cases += 1;
    }
    assert!(cases > 120, "{cases}");
}
