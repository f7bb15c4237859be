//! Formats that CI systems read.

use rolecall_chain::Traced;
use rolecall_report::{Format, Style};

use crate::case::{self, Files};
use crate::rendered;

fn written(format: Format, traced: &Traced) -> String {
    rendered(
        format,
        traced,
        &case::diagnostics(),
        &Files,
        Style::default(),
    )
    .replace(env!("CARGO_PKG_VERSION"), "[VERSION]")
}

#[test]
fn the_custom_path_case_as_sarif() {
    insta::assert_snapshot!(written(Format::Sarif, &case::custom_path()));
}

#[test]
fn the_custom_path_case_as_junit() {
    insta::assert_snapshot!(written(Format::Junit, &case::custom_path()));
}

#[test]
fn the_custom_path_case_as_workflow_commands() {
    insta::assert_snapshot!(written(Format::Github, &case::custom_path()));
}

#[test]
fn the_legacy_control_plane_as_workflow_commands() {
    insta::assert_snapshot!(written(Format::Github, &case::legacy()));
}

#[test]
fn a_fix_keeps_the_quotes_and_is_left_out_where_the_file_has_changed() {
    let fixes = |traced: &Traced| -> serde_json::Value {
        let log: serde_json::Value = serde_json::from_str(&written(Format::Sarif, traced)).unwrap();
        log["runs"][0]["results"][0]["fixes"].clone()
    };
    let mut traced = case::custom_path();
    let text =
        fixes(&traced)[0]["artifactChanges"][0]["replacements"][0]["insertedContent"].clone();
    assert_eq!(text["text"], format!("\"{}\"", case::WEB_ARN));
    let edit = traced.findings[0].repairs[0].edit.as_mut().unwrap();
    edit.place.line = 8;
    assert!(fixes(&traced).is_null());
}

#[test]
fn a_fingerprint_stays_when_lines_move_and_differs_between_findings() {
    let prints = |traced: &Traced| -> Vec<String> {
        let log: serde_json::Value = serde_json::from_str(&written(Format::Sarif, traced)).unwrap();
        let results = log["runs"][0]["results"].as_array().unwrap();
        results
            .iter()
            .map(|r| r["partialFingerprints"]["rolecallFinding/v1"].to_string())
            .collect()
    };
    let mut moved = case::custom_path();
    for finding in &mut moved.findings {
        for origin in &mut finding.origins {
            if let rolecall_facts::Origin::File(file) = origin {
                file.line += 30;
            }
        }
    }
    let before = prints(&case::custom_path());
    assert_eq!(before, prints(&moved));
    assert_ne!(before[0], before[1]);
}

#[test]
fn an_error_of_no_pool_is_a_failed_junit_case_too() {
    let mut traced = case::custom_path();
    for finding in &mut traced.findings {
        finding.pools.clear();
    }
    let xml = written(Format::Junit, &traced);
    assert!(
        xml.contains("<testsuite name=\"findings\" tests=\"1\""),
        "{xml}"
    );
}
