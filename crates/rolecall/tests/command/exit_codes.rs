//! How runs end, and what they say when they cannot run.

use std::fs;
use std::process::Stdio;

use crate::run::{copy_of, rolecall, root, run, run_in, run_with_input};

const POOL: &str = "apiVersion: karpenter.sh/v1\nkind: NodePool\nmetadata:\n  name: a\nspec:\n  template:\n    spec:\n      nodeClassRef:\n        group: eks.amazonaws.com\n        kind: NodeClass\n        name: a\n";

#[test]
fn findings_end_with_one_and_fail_on_changes_that() {
    assert_eq!(run(&["check", "examples/wrong-entry-type"]).code, 1);
    assert_eq!(
        run(&["check", "examples/wrong-entry-type", "--fail-on", "never"]).code,
        0
    );
    assert_eq!(
        run(&["check", "examples/wrong-entry-type", "--ignore", "RC7"]).code,
        0
    );
}

#[test]
fn file_that_cannot_be_read_ends_with_two_and_the_rest_is_checked() {
    let folder = copy_of("wrong-entry-type");
    fs::write(
        folder.path().join("broken.yaml"),
        format!("{POOL}---\napiVersion: karpenter.sh/v1\nkind: NodePool\nspec: [\n"),
    )
    .unwrap();
    let ran = run_in(folder.path(), &["check"]);
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    assert!(ran.stdout.contains("broken.yaml"), "{}", ran.stdout);
    assert!(ran.stdout.contains("RC704"), "{}", ran.stdout);
}

#[test]
fn path_that_does_not_exist_ends_with_two() {
    let ran = run(&["check", "no/such/folder"]);
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    assert!(ran.stdout.contains("no/such/folder") || ran.stderr.contains("no/such/folder"));
}

#[test]
fn unknown_ends_with_three_under_strict_only() {
    let unknown = ["check", "examples/custom-path/manifests"];
    assert_eq!(run(&unknown).code, 0);
    assert_eq!(run(&[unknown[0], unknown[1], "--strict"]).code, 3);
}

#[test]
fn rule_that_does_not_exist_is_told_with_a_suggestion() {
    let ran = run(&["check", "examples/clean", "--only", "acess-entry-missing"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    insta::assert_snapshot!(ran.stderr, @r"
    error: `acess-entry-missing` is not a rule's code, name or family
      help: did you mean `access-entry-missing`? `rolecall rules` lists them all
    ");
    insta::assert_snapshot!(run(&["explain", "RC799"]).stderr, @r"
    error: there is no rule `RC799`
      help: `rolecall rules` lists them all
    ");
}

#[test]
fn missing_configuration_is_told() {
    let ran = run(&["check", "--config", "none.toml"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("the configuration cannot be read"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("none.toml"), "{}", ran.stderr);
}

#[test]
fn broken_snapshot_is_told_and_the_rest_is_checked() {
    let folder = copy_of("wrong-entry-type");
    let facts = folder.path().join("facts.json");
    fs::write(&facts, r#"{"version": 99}"#).unwrap();
    let ran = run_in(
        folder.path(),
        &[
            "check",
            "manifests",
            "cluster.yaml",
            "--facts",
            "facts.json",
        ],
    );
    assert_eq!(ran.code, 2);
    assert!(ran.stdout.contains("format version 99"), "{}", ran.stdout);
    assert!(ran.stdout.contains("RC704"), "{}", ran.stdout);
}

#[test]
fn standard_input_is_read() {
    let ran = run_with_input(&["check", "-", "--format", "json"], POOL);
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(json["chains"][0]["pool"]["name"], "a");
}

#[test]
fn standard_input_is_not_mended() {
    let ran = run_with_input(&["check", "-", "--fix"], POOL);
    assert_eq!(ran.code, 2);
    insta::assert_snapshot!(ran.stderr, @r"
    error: `--fix` cannot mend standard input
      help: give the file's path in place of `-`
    ");
}

#[test]
fn reader_that_goes_away_is_not_an_error() {
    let mut command = rolecall(
        &root(),
        &["check", "examples/wrong-entry-type", "--fail-on", "never"],
    );
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}
