//! What `check --fix` does to a text.

use rolecall::fix::{Refusal, apply};
use rolecall_chain::Edit;
use rolecall_facts::FileOrigin;

fn edit(line: u32, column: u32, expected: &str, replacement: &str) -> Edit {
    Edit {
        place: FileOrigin {
            path: "a.yaml".into(),
            line,
            column,
            length: expected.chars().fold(0, |length, _| length + 1),
            address: None,
        },
        expected: expected.to_owned(),
        replacement: replacement.to_owned(),
    }
}

const ARN: &str = "arn:aws:iam::111122223333:role/platform/eks/NodeRole";

#[test]
fn comments_layout_and_quotes_stay() {
    let text = format!("spec:\n  role: '{ARN}' # ours\n  other: 1\n");
    let applied = apply(&text, &[edit(2, 9, ARN, "NodeRole")]);
    assert_eq!(
        applied.text,
        "spec:\n  role: 'NodeRole' # ours\n  other: 1\n"
    );
    assert_eq!(applied.made, 1);
}

#[test]
fn fixing_twice_changes_nothing_more() {
    let text = format!("role: {ARN}\n");
    let edits = [edit(1, 7, ARN, "NodeRole")];
    let once = apply(&text, &edits);
    let twice = apply(&once.text, &edits);
    assert_eq!(once.text, "role: NodeRole\n");
    assert_eq!(twice.text, once.text);
    assert_eq!(twice.made, 0);
}

#[test]
fn replacement_that_begins_with_the_expected_text_is_made_once() {
    let edits = [edit(1, 7, "EC2", "EC2_LINUX")];
    let once = apply("type: EC2\n", &edits);
    assert_eq!(once.text, "type: EC2_LINUX\n");
    let length_unknown = Edit {
        place: FileOrigin {
            length: 0,
            ..edits[0].place.clone()
        },
        ..edits[0].clone()
    };
    assert_eq!(apply(&once.text, &[length_unknown]).text, once.text);
}

#[test]
fn byte_order_mark_and_windows_line_endings_stay() {
    let text = format!("\u{feff}a: b\r\nrole: \"{ARN}\"\r\nc: d");
    let applied = apply(&text, &[edit(1, 4, "b", "x"), edit(2, 7, ARN, "NodeRole")]);
    assert_eq!(applied.text, "\u{feff}a: x\r\nrole: \"NodeRole\"\r\nc: d");
}

#[test]
fn columns_count_characters() {
    let applied = apply(
        "{ü: \"ß\", type: EC2_LINUX}\n",
        &[edit(1, 16, "EC2_LINUX", "EC2")],
    );
    assert_eq!(applied.text, "{ü: \"ß\", type: EC2}\n");
}

#[test]
fn another_text_at_the_place_is_left_alone() {
    let applied = apply(
        "role: NodeRole\n",
        &[edit(1, 7, ARN, "NodeRole"), edit(9, 1, "a", "b")],
    );
    assert_eq!(applied.text, "role: NodeRole\n");
    assert_eq!(applied.refused.len(), 2);
    assert!(matches!(applied.refused[0].why, Refusal::OtherText { .. }));
}

#[test]
fn one_edit_asked_for_by_two_findings_is_made_once() {
    let edits = [
        edit(1, 7, "EC2_LINUX", "EC2"),
        edit(1, 7, "EC2_LINUX", "EC2"),
    ];
    let applied = apply("type: EC2_LINUX\n", &edits);
    assert_eq!((applied.text.as_str(), applied.made), ("type: EC2\n", 1));
    assert!(applied.refused.is_empty());
}

#[test]
fn overlapping_edit_is_refused_and_the_first_made() {
    let edits = [
        edit(1, 7, "EC2_LINUX", "EC2"),
        edit(1, 7, "EC2_LINUX", "STANDARD"),
    ];
    let applied = apply("type: EC2_LINUX\n", &edits);
    assert_eq!(applied.text, "type: EC2\n");
    assert_eq!(applied.refused[0].why, Refusal::Overlap);
}

#[test]
fn replacement_that_would_need_quotes_is_refused() {
    let applied = apply("role: a\n", &[edit(1, 7, "a", "b # c")]);
    assert_eq!(applied.text, "role: a\n");
    assert!(matches!(
        applied.refused[0].why,
        Refusal::NeedsQuotes { .. }
    ));
}
