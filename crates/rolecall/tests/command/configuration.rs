//! What `rolecall.toml` changes.

use std::fs;
use std::path::Path;

use crate::run::{Ran, copy_of, run_in};

fn check_with(folder: &Path, settings: &str) -> Ran {
    fs::write(folder.join("rolecall.toml"), settings).unwrap();
    run_in(folder, &["check"])
}

#[test]
fn path_outside_the_conventions_is_found_and_one_inside_is_not() {
    let folder = copy_of("custom-path");
    let outside = check_with(
        folder.path(),
        "[[node-roles.paths]]\npath = \"/teams/\"\nowner = \"teams\"\n",
    );
    assert!(outside.stdout.contains("[RC303]"), "{}", outside.stdout);
    let inside = check_with(
        folder.path(),
        "[[node-roles.paths]]\npath = \"/platform/\"\nowner = \"platform\"\n",
    );
    assert!(!inside.stdout.contains("[RC303]"), "{}", inside.stdout);
}

#[test]
fn default_control_plane_is_taken_and_the_command_line_overrides_it() {
    let folder = copy_of("custom-path");
    let legacy = check_with(folder.path(), "control-plane = \"legacy\"\n");
    assert!(legacy.stdout.contains("error[RC710]"), "{}", legacy.stdout);
    let current = run_in(folder.path(), &["check", "--control-plane", "current"]);
    assert!(current.stdout.contains("note[RC710]"), "{}", current.stdout);
}

#[test]
fn service_control_policy_that_denies_launches_is_found() {
    let folder = copy_of("custom-path");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write(
        "full.json",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
    );
    write(
        "no-fleets.json",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"ec2:RunInstances","Resource":"*"}]}"#,
    );
    let level = |files: &str| {
        format!("[[service-control-policies]]\ntarget = \"r-abcd\"\nfiles = [{files}]\n")
    };
    let denied = check_with(folder.path(), &level(r#""full.json", "no-fleets.json""#));
    assert!(denied.stdout.contains("[RC901]"), "{}", denied.stdout);
    assert!(denied.stdout.contains("no-fleets"), "{}", denied.stdout);
    let allowed = check_with(folder.path(), &level(r#""full.json""#));
    assert!(!allowed.stdout.contains("[RC901]"), "{}", allowed.stdout);
}

#[test]
fn policy_file_that_is_not_there_is_told_with_its_place_in_the_configuration() {
    let folder = copy_of("custom-path");
    let ran = check_with(
        folder.path(),
        "[[service-control-policies]]\ntarget = \"r-abcd\"\nfiles = [\"none.json\"]\n",
    );
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("none.json"), "{}", ran.stderr);
    assert!(ran.stderr.contains("rolecall.toml:3:10"), "{}", ran.stderr);
}

#[test]
fn configuration_is_found_from_a_folder_below() {
    let folder = copy_of("clean");
    let below = folder.path().join("karpenter");
    let ran = run_in(&below, &["check", "../auto", "."]);
    assert_eq!(ran.code, 0);
    assert!(ran.stdout.contains("3 pools: 3 pass"), "{}", ran.stdout);
}
