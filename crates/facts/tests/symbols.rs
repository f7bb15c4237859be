//! ARNs of which account and partition are known only when files are applied.

use rolecall_facts::{Principal, RoleIdentity, symbol};

fn identity(text: &str) -> Option<RoleIdentity> {
    text.parse().ok()
}

#[test]
fn open_parts_print_as_they_were_read() {
    for text in [
        "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/platform/NodeRole",
        "arn:aws:iam::${AWS::AccountId}:role/NodeRole",
        "arn:${AWS::Partition}:iam::111122223333:role/NodeRole",
        "arn:aws-cn:iam::111122223333:role/NodeRole",
    ] {
        assert_eq!(
            identity(text).map(|role| role.to_string()).as_deref(),
            Some(text)
        );
    }
}

#[test]
fn an_open_account_may_be_any_but_a_path_is_compared() {
    let open = identity("arn:${AWS::Partition}:iam::${AWS::AccountId}:role/a/NodeRole");
    let literal = identity("arn:aws:iam::111122223333:role/a/NodeRole");
    let other_path = identity("arn:aws:iam::111122223333:role/NodeRole");
    let (Some(open), Some(literal), Some(other_path)) = (open, literal, other_path) else {
        panic!("all three are ARNs")
    };
    assert!(open.may_equal(&literal));
    assert!(!open.certainly_equals(&literal));
    assert!(!open.may_equal(&other_path));
    assert_eq!(open.arn(), None);
    assert!(literal.arn().is_some());
}

#[test]
fn a_symbol_anywhere_else_leaves_no_identity() {
    for text in [
        "arn:aws:iam::111122223333:role/NodeRole-${AWS::Region}",
        "arn:aws:iam::${AWS::Region}:role/NodeRole",
        "${AWS::AccountId}",
    ] {
        assert_eq!(identity(text), None, "{text}");
        assert_eq!(Principal::parse(text), Principal::Other(text.to_owned()));
    }
    // In a path it is text like any other: printable and no space.
    let in_path = identity("arn:aws:iam::111122223333:role/::${AWS::AccountId}:/NodeRole");
    assert!(in_path.is_some_and(|role| role.account.is_some()));
}

#[test]
fn symbols_stand_for_any_text_between_what_is_fixed() {
    for (left, right, may) in [
        ("a", "a", true),
        ("a", "b", false),
        ("${AWS::Region}", "eu-west-1", true),
        ("x-${AWS::Region}-y", "x-eu-west-1-y", true),
        ("x-${AWS::Region}-y", "x-eu-west-1-z", false),
        ("${AWS::AccountId}/${AWS::Region}/n", "1/2/n", true),
        ("${AWS::AccountId}/${AWS::Region}/n", "1-2/n", false),
        ("${Other}", "eu-west-1", false),
        ("${AWS::Region}", "${AWS::AccountId}", true),
    ] {
        assert_eq!(symbol::may_equal(left, right), may, "{left} {right}");
        assert_eq!(symbol::may_equal(right, left), may, "{right} {left}");
    }
    assert!(symbol::may_equal(
        &format!("a{}c", symbol::unknown(12)),
        "abc"
    ));
    assert!(!symbol::has_any("${Other}"));
}
