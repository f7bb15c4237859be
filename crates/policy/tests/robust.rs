//! No text makes the parser or the evaluator panic, and what they say has a place.

#![expect(
    clippy::unwrap_used,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

use proptest::prelude::*;
use rolecall_policy::{Layers, Policy, Question, Request, effect, evaluate, managed};

/// Parses, and holds the result to what is promised of it.
fn check(text: &str) -> Result<(), TestCaseError> {
    match Policy::parse("p", text) {
        Ok(policy) => {
            for statement in policy.statements() {
                let (start, end) = (
                    statement.span().start as usize,
                    statement.span().end as usize,
                );
                let shown = text.get(start..end).unwrap_or_default();
                prop_assert!(shown.starts_with('{') && shown.ends_with('}'), "{shown}");
            }
            prop_assert_eq!(policy.explain().len(), policy.statements().len());
            let layers = Layers {
                resource: policy.clone().into(),
                ..Layers::identity([policy])
            };
            for principal in [
                "*",
                "ec2.amazonaws.com",
                "arn:aws:iam::111122223333:user/ann",
            ] {
                let request = Request::new(
                    principal.parse().unwrap(),
                    "iam:PassRole",
                    "arn:aws:iam::111122223333:role/platform/NodeRole",
                )
                .with("iam:PassedToService", "ec2.amazonaws.com");
                let decision = evaluate(&request, &layers);
                prop_assert_eq!(decision.effect, effect(&request, &layers));
                prop_assert!(decision.near_misses().all(|near| !near.failed.is_empty()));
            }
        }
        Err(malformed) => {
            prop_assert!(!malformed.problems.is_empty());
            for problem in malformed.problems {
                let (start, end) = (problem.span.start as usize, problem.span.end as usize);
                prop_assert!(start <= end && end <= text.len(), "{problem}");
                prop_assert!(problem.position.line >= 1 && problem.position.column >= 1);
            }
        }
    }
    Ok(())
}

/// Pieces of policies, well and badly put together.
fn scraps() -> impl Strategy<Value = String> {
    let scrap = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"Statement\"",
        "\"Version\"",
        "\"2012-10-17\"",
        "\"Effect\"",
        "\"Allow\"",
        "\"Deny\"",
        "\"Action\"",
        "\"NotAction\"",
        "\"Resource\"",
        "\"Principal\"",
        "\"Condition\"",
        "\"*\"",
        "\"iam:*\"",
        "\"arn:aws:iam::*:role/${aws:username}\"",
        "\"${\"",
        "\"StringLike\"",
        "\"ForAllValues:Bool\"",
        "\"a:b\"",
        "true",
        "null",
        "1e9",
        "-0",
        "\"\\u00e9\"",
        "\"\\ud83d\\ude00\"",
        "\"é",
        " ",
        "\n",
        "\"AWS\"",
        "\"Service\"",
        "\"111122223333\"",
    ]);
    prop::collection::vec(scrap, 0..60).prop_map(|scraps| scraps.concat())
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}") {
        check(&text)?;
        let _ = Question::parse(&text);
    }

    #[test]
    fn scraps_of_policies_are_read_or_refused(text in scraps()) {
        check(&text)?;
        let _ = Question::parse(&text);
    }

    #[test]
    fn a_damaged_policy_is_read_or_refused(at in any::<prop::sample::Index>(), scrap in scraps(), cut in 0_usize..20) {
        let document = managed::find("AmazonEKSComputePolicy").unwrap().document;
        let at = at.index(document.len());
        let end = (at + cut).min(document.len());
        let text = format!("{}{scrap}{}", &document[..at], &document[end..]);
        check(&text)?;
    }

    #[test]
    fn any_pattern_against_any_value_takes_one_decision(pattern in "[a*?:${}é]{0,40}", value in "[a:é]{0,60}") {
        for operator in ["StringLike", "ArnLike", "StringEqualsIgnoreCase"] {
            let document = serde_json::json!({"Version": "2012-10-17", "Statement": {
                "Effect": "Allow", "Action": "*", "Resource": "*",
                "Condition": {operator: {"test:key": pattern}}}});
            let layers = Layers::identity([Policy::parse("p", &document.to_string()).unwrap()]);
            let user = "arn:aws:iam::111122223333:user/ann".parse().unwrap();
            let request = Request::new(user, "s3:GetObject", "*").with("test:key", value.as_str());
            prop_assert_eq!(effect(&request, &layers), evaluate(&request, &layers).effect);
        }
    }
}
