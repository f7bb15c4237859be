use super::*;

fn matches(pattern: &str, wildcards: Wildcards, text: &str) -> bool {
    Written::new(pattern, wildcards, true).matches(text, &Context::default())
}

#[test]
fn star_and_question_mark_match_characters_not_bytes() {
    for (pattern, text, wanted) in [
        ("é?", "éé", true),
        ("??", "é", false),
        ("*?x", "éx", true),
        ("*??x", "éx", false),
        ("a*b*c", "a1b2b3c", true),
        ("a*b*c", "a1b2b3", false),
        ("*", "", true),
        ("?", "", false),
        ("a**b", "ab", true),
    ] {
        assert_eq!(
            matches(pattern, Wildcards::Free, text),
            wanted,
            "{pattern} {text}"
        );
    }
}

#[test]
fn a_resource_star_leaves_its_field_only_at_the_end_of_it() {
    let table = "arn:aws:dynamodb:us-east-1:111122223333:table/prod-x";
    for (pattern, wanted) in [
        ("arn:aws:dynamodb:*:table/prod-*", true),
        ("arn:aws:dynamodb:*-1:table/prod-*", false),
        ("arn:aws:dynamodb:us-*-1:*:table/*", true),
        ("arn:aws:dynamodb", true),
        ("arn:aws:dynamodb:us-east-1", true),
        ("arn:aws:sqs", false),
        ("arn:aws:dyn?modb:*:*:table/prod-?", true),
        ("arn:aws:dynamodb?us-east-1:*:table/prod-x", false),
        ("arn:*:table/prod-x", true),
    ] {
        assert_eq!(
            matches(pattern, Wildcards::Resource, table),
            wanted,
            "{pattern}"
        );
    }
}

#[test]
fn an_arn_condition_compares_field_by_field() {
    let role = "arn:aws:iam::111122223333:role/team/a:b";
    for (pattern, wanted) in [
        ("arn:aws:iam::*:role/*", true),
        ("arn:aws:iam:*:role/*", false),
        ("arn:*:iam::111122223333:role/team/a:b", true),
        ("arn:aws:i*:111122223333:role/*", false),
        ("arn:aws:iam::111122223333:*", true),
        ("arn:aws:iam::*", true),
        ("*", true),
    ] {
        assert_eq!(matches(pattern, Wildcards::Arn, role), wanted, "{pattern}");
    }
}

#[test]
fn special_variables_are_plain_characters() {
    assert!(matches("a${*}b", Wildcards::Free, "a*b"));
    assert!(!matches("a${*}b", Wildcards::Free, "axb"));
    assert!(matches("${?}${$}{x}", Wildcards::Free, "?${x}"));
}

#[test]
fn a_default_stands_in_for_a_missing_value_and_nothing_else_does() {
    let mut context = Context::default();
    let pattern = Written::new(
        "home/${aws:PrincipalTag/team, 'all'}/*",
        Wildcards::Free,
        true,
    );
    assert!(pattern.matches("home/all/x", &context));
    context.set("AWS:principaltag/TEAM", "blue");
    assert!(pattern.matches("home/blue/x", &context));
    assert!(!pattern.matches("home/all/x", &context));
    let bare = Written::new("${aws:username}", Wildcards::Free, true);
    assert!(!bare.matches("", &Context::default()));
}

#[test]
fn a_value_with_a_star_in_it_is_no_wildcard() {
    let mut context = Context::default();
    context.set("aws:username", "a*");
    let pattern = Written::new("${aws:username}", Wildcards::Free, true);
    assert!(pattern.matches("a*", &context));
    assert!(!pattern.matches("ab", &context));
}

#[test]
fn more_pieces_than_fit_the_stack_still_match() {
    let pattern = "?a*".repeat(40);
    assert!(matches(&pattern, Wildcards::Free, &"xa-".repeat(40)));
    assert!(!matches(&pattern, Wildcards::Free, &"xa-".repeat(39)));
}
