use rolecall_chain::Traced;
use rolecall_report::{Format, Style};

use crate::case::{self, Files};
use crate::rendered;

fn text(traced: &Traced, style: Style) -> String {
    rendered(Format::Text, traced, &[], &Files, style)
}

#[test]
fn the_custom_path_case_in_a_wide_terminal() {
    insta::assert_snapshot!(text(
        &case::custom_path(),
        Style {
            width: 120,
            ..Style::default()
        }
    ));
}

#[test]
fn the_custom_path_case_in_a_narrow_terminal() {
    insta::assert_snapshot!(text(
        &case::custom_path(),
        Style {
            width: 80,
            ..Style::default()
        }
    ));
}

#[test]
fn the_legacy_control_plane() {
    insta::assert_snapshot!(text(&case::legacy(), Style::default()));
}
