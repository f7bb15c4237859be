use rolecall_chain::Traced;
use rolecall_report::{Format, Style};

use crate::case::{self, Files};
use crate::rendered;

fn comment(traced: &Traced) -> String {
    rendered(
        Format::Markdown,
        traced,
        &case::diagnostics(),
        &Files,
        Style::default(),
    )
}

#[test]
fn the_custom_path_case_as_a_comment() {
    insta::assert_snapshot!(comment(&case::custom_path()));
}

#[test]
fn the_legacy_control_plane_as_a_comment() {
    insta::assert_snapshot!(comment(&case::legacy()));
}

#[test]
fn a_clean_comment_is_short() {
    let text = rendered(
        Format::Markdown,
        &case::clean(),
        &[],
        &Files,
        Style::default(),
    );
    insta::assert_snapshot!(text);
}

#[test]
fn ten_thousand_findings_still_fit_into_a_comment() {
    let text = comment(&crate::many::many(10_000));
    assert!(text.chars().count() < 65_536, "{}", text.len());
    assert!(text.contains("more**, too many for a comment"));
}
