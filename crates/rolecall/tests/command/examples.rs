//! Every folder under `examples/`, as text and as JSON.

use crate::run::{Ran, root, run, run_in};

fn snapshot(name: &str, ran: &Ran) {
    let Ran {
        code,
        stdout,
        stderr,
    } = ran;
    insta::with_settings!({ prepend_module_to_snapshot => false, snapshot_path => "../snapshots" }, {
        insta::assert_snapshot!(name, format!("{stdout}{stderr}\nexit code: {code}\n"));
    });
}

fn example(name: &str) {
    let path = format!("examples/{name}");
    snapshot(&format!("{name}.text"), &run(&["check", &path]));
    snapshot(
        &format!("{name}.json"),
        &run(&["check", &path, "--format", "json"]),
    );
}

#[test]
fn custom_path() {
    example("custom-path");
}

#[test]
fn custom_path_under_the_legacy_control_plane() {
    let ran = run(&["check", "examples/custom-path", "--control-plane", "legacy"]);
    snapshot("custom-path.legacy.text", &ran);
}

#[test]
fn recreated_role() {
    example("recreated-role");
}

#[test]
fn wrong_entry_type() {
    example("wrong-entry-type");
}

#[test]
fn karpenter_pass_role_path() {
    example("karpenter-pass-role-path");
}

#[test]
fn aws_auth_path() {
    example("aws-auth-path");
}

#[test]
fn custom_tags() {
    example("custom-tags");
}

#[test]
fn cdk() {
    example("cdk");
}

#[test]
fn eksctl() {
    example("eksctl");
}

#[test]
fn clean() {
    let folder = root().join("examples/clean");
    let ran = run_in(&folder, &["check"]);
    assert_eq!(ran.code, 0);
    snapshot("clean.text", &ran);
    snapshot(
        "clean.json",
        &run_in(&folder, &["check", "--format", "json"]),
    );
    snapshot("clean.inventory", &run_in(&folder, &["inventory"]));
}

#[test]
fn every_example_has_a_test() {
    let tests = include_str!("examples.rs");
    for entry in std::fs::read_dir(root().join("examples")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            tests.contains(&format!("fn {}()", name.replace('-', "_"))),
            "examples/{name} has no test"
        );
    }
}
