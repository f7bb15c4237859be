use rolecall_chain::{Severity, Traced, Verdict};
use rolecall_report::{Diagnostic, Format, NoSources, Report, Style, render};

use crate::case::{self, Files};
use crate::{rendered, without_colour};

fn text(traced: &Traced, style: Style) -> String {
    rendered(Format::Text, traced, &[], &Files, style)
}

fn of_width(width: usize) -> Style {
    Style {
        width,
        ..Style::default()
    }
}

#[test]
fn the_custom_path_case_in_a_wide_terminal() {
    insta::assert_snapshot!(text(&case::custom_path(), of_width(120)));
}

#[test]
fn the_custom_path_case_in_a_narrow_terminal() {
    insta::assert_snapshot!(text(&case::custom_path(), of_width(80)));
}

#[test]
fn the_custom_path_case_without_unicode() {
    let style = Style {
        unicode: false,
        ..of_width(80)
    };
    let text = text(&case::custom_path(), style);
    let source_line = |line: &&str| !line.contains("path = \"/platform/eks/\"");
    assert!(
        text.lines().filter(source_line).all(str::is_ascii),
        "{text}"
    );
    insta::assert_snapshot!(text);
}

#[test]
fn the_legacy_control_plane() {
    insta::assert_snapshot!(text(&case::legacy(), Style::default()));
}

#[test]
fn colours_change_no_word() {
    let colored = text(
        &case::custom_path(),
        Style {
            color: true,
            ..Style::default()
        },
    );
    assert!(colored.contains('\u{1b}'));
    assert_eq!(
        without_colour(&colored),
        text(&case::custom_path(), Style::default())
    );
}

#[test]
fn all_links_named_where_the_terminal_is_wide_enough() {
    insta::assert_snapshot!(text(&case::clean(), of_width(200)));
}

#[test]
fn when_all_is_well_it_says_so_in_a_line() {
    insta::assert_snapshot!(text(&case::clean(), Style::default()));
}

#[test]
fn no_pool_at_all_is_not_all_is_well() {
    insta::assert_snapshot!(text(&Traced::default(), of_width(80)));
}

#[test]
fn findings_that_were_left_out_are_counted() {
    let report = Report {
        traced: &case::clean(),
        diagnostics: &[],
        permissions: None,
        read_from: rolecall_report::ReadFrom::Files,
        sources: &NoSources,
        left_out: 2,
        base: None,
    };
    let mut out = Vec::new();
    render(Format::Text, &report, Style::default(), &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(!text.contains("Every link holds"), "{text}");
    assert!(
        text.ends_with("2 findings are not shown, as you asked.\n"),
        "{text}"
    );
}

#[test]
fn quiet_shows_errors_and_the_summary() {
    let style = Style {
        quiet: true,
        ..Style::default()
    };
    let text = text(&case::custom_path(), style);
    assert!(text.starts_with("error[RC703]"), "{text}");
    assert!(!text.contains("note[RC710]"), "{text}");
    assert!(
        text.contains("2 pools: 1 passes, 1 fails, 0 unknown; 1 error, 1 note"),
        "{text}"
    );
}

#[test]
fn files_that_could_not_be_read_stand_before_the_summary() {
    let text = rendered(
        Format::Text,
        &case::clean(),
        &case::diagnostics(),
        &Files,
        Style::default(),
    );
    insta::assert_snapshot!(text);
}

#[test]
fn what_could_not_be_told_is_named_with_its_reason() {
    let mut traced = case::clean();
    let links = &mut traced.chains[0].links;
    for (index, why) in [
        (3, "the trust policy is known after apply"),
        (6, "no file declares the cluster"),
    ] {
        links[index].verdict = Verdict::Unknown;
        links[index].detail = why.to_owned();
    }
    insta::assert_snapshot!(text(&traced, of_width(80)));
}

#[test]
fn what_follows_from_one_gap_is_not_told_link_by_link() {
    let mut traced = case::clean();
    let why = [
        "no file given declares role `batch-node`",
        "the role is not known",
        "the role is not known",
        "the role is not known",
        "no file given declares the cluster, so its access entries are not known",
        "there is no entry to look at",
        "no file given declares the cluster and its role",
        "it follows from access-entry",
    ];
    for (state, why) in traced.chains[0].links.iter_mut().skip(2).zip(why) {
        state.verdict = Verdict::Unknown;
        state.detail = why.to_owned();
    }
    insta::assert_snapshot!(text(&traced, of_width(80)));
}

#[test]
fn a_chain_does_not_repeat_the_words_of_its_finding() {
    let mut traced = case::custom_path();
    let message = traced.findings[0].message.clone();
    traced.chains[1].links[6].detail = message.clone();
    let text = text(&traced, of_width(400));
    assert_eq!(text.matches(&message).count(), 1, "{text}");
    assert!(
        text.contains("╰ RC703 access-entry-path-mismatch\n"),
        "{text}"
    );
}

#[test]
fn a_warning_has_its_excerpt_and_no_predicted_conditions() {
    let mut traced = case::custom_path();
    traced.findings.truncate(1);
    traced.findings[0].severity = Severity::Warning;
    let text = text(&traced, Style::default());
    assert!(
        text.contains("warning[RC703]") && text.contains("━━━"),
        "{text}"
    );
    assert!(!text.contains("UnauthorizedNodeRole"), "{text}");
}

#[test]
fn a_path_below_the_working_directory_is_shown_relative() {
    let mut traced = case::custom_path();
    let mut absolute = case::path_mismatch();
    absolute.origins = vec![rolecall_facts::Origin::file(
        &"/srv/infra/access.tf".into(),
        9,
        19,
        3,
    )];
    traced.findings = vec![absolute];
    let diagnostics: [Diagnostic; 0] = [];
    for format in Format::ALL {
        let report = Report {
            traced: &traced,
            diagnostics: &diagnostics,
            permissions: None,
            read_from: rolecall_report::ReadFrom::Files,
            sources: &NoSources,
            left_out: 0,
            base: Some("/srv/infra"),
        };
        let mut out = Vec::new();
        render(format, &report, Style::default(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(
            text.contains("access.tf") && !text.contains("/srv"),
            "{format}: {text}"
        );
    }
}

#[test]
fn no_line_ends_in_a_space() {
    for width in [40, 80, 120, 200] {
        for line in text(&case::custom_path(), of_width(width)).lines() {
            assert_eq!(line, line.trim_end());
        }
    }
}
