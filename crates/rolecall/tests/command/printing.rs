//! Formats, colour, files, and what the binary knows by itself.

use std::fs;

use crate::run::{copy_of, finish, rolecall, root, run, run_in};

const EXAMPLE: &str = "examples/wrong-entry-type";

#[test]
fn every_format_is_what_its_name_says() {
    let print = |format| run(&["check", EXAMPLE, "--format", format]).stdout;
    assert!(print("text").contains("error[RC704]"));
    let json: serde_json::Value = serde_json::from_str(&print("json")).unwrap();
    assert_eq!(json["findings"][0]["rule"], "RC704");
    let sarif: serde_json::Value = serde_json::from_str(&print("sarif")).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "RC704");
    assert!(print("junit").contains("<testsuite"));
    assert!(print("github").contains("::error "));
    assert!(print("markdown").contains("RC704"));
}

#[test]
fn colour_is_used_when_asked_for_and_not_otherwise() {
    let escape = '\u{1b}';
    assert!(!run(&["check", EXAMPLE]).stdout.contains(escape));
    assert!(
        run(&["check", EXAMPLE, "--color", "always"])
            .stdout
            .contains(escape)
    );
    let mut command = rolecall(&root(), &["check", EXAMPLE, "--no-color"]);
    command.env("CLICOLOR_FORCE", "1");
    assert!(!finish(command).stdout.contains(escape));
}

#[test]
fn report_goes_to_the_file_that_output_names() {
    let folder = copy_of("wrong-entry-type");
    let ran = run_in(
        folder.path(),
        &["check", "--format", "json", "--output", "report.json"],
    );
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    let text = fs::read_to_string(folder.path().join("report.json")).unwrap();
    assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
}

#[test]
fn saved_facts_give_the_same_verdicts_as_the_files() {
    let folder = copy_of("wrong-entry-type");
    let facts = folder.path().join("facts.snapshot");
    let from_files = run_in(
        folder.path(),
        &[
            "check",
            "--format",
            "json",
            "--save-facts",
            "facts.snapshot",
        ],
    );
    assert!(facts.is_file());
    let empty = tempfile::tempdir().unwrap();
    let facts = facts.to_str().unwrap();
    let from_facts = run_in(
        empty.path(),
        &["check", "--format", "json", "--facts", facts],
    );
    let chains = |text: &str| {
        let json: serde_json::Value = serde_json::from_str(text).unwrap();
        (json["chains"].clone(), json["findings"][0]["rule"].clone())
    };
    assert_eq!(chains(&from_files.stdout), chains(&from_facts.stdout));
}

#[test]
fn rules_are_listed_and_explained_by_code_and_name() {
    let list = run(&["rules"]).stdout;
    assert!(list.contains("RC703"), "{list}");
    let json: serde_json::Value =
        serde_json::from_str(&run(&["rules", "--format", "json"]).stdout).unwrap();
    assert_eq!(json.as_array().unwrap().len(), rolecall_chain::RULES.len());
    let by_code = run(&["explain", "RC703"]);
    let by_name = run(&["explain", "access-entry-path-mismatch"]);
    assert_eq!((by_code.code, &by_code.stdout), (0, &by_name.stdout));
    assert!(
        by_code.stdout.contains("WHAT IT CHECKS"),
        "{}",
        by_code.stdout
    );
}

#[test]
fn completions_are_made_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = run(&["completions", shell]);
        assert_eq!(ran.code, 0);
        assert!(ran.stdout.contains("rolecall"), "{shell}");
    }
}

#[test]
fn rules_switched_off_in_the_configuration_are_left_out() {
    let folder = copy_of("wrong-entry-type");
    fs::write(
        folder.path().join("rolecall.toml"),
        "[[ignore]]\nrule = \"RC704\"\nreason = \"the entry is made by hand\"\n",
    )
    .unwrap();
    let ran = run_in(folder.path(), &["check"]);
    assert!(!ran.stdout.contains("error[RC704]"), "{}", ran.stdout);
}

#[test]
fn what_files_and_a_saved_snapshot_say_differently_is_told() {
    let folder = copy_of("custom-path");
    let saved = folder.path().join("saved.json");
    let saved = saved.to_str().unwrap();
    let ran = run_in(
        folder.path(),
        &["check", ".", "--save-facts", saved, "--quiet"],
    );
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let nodes = folder.path().join("nodes.tf");
    let text = fs::read_to_string(&nodes).unwrap();
    fs::write(&nodes, text.replace("\"EC2\"", "\"EC2_LINUX\"")).unwrap();

    let ran = run_in(
        folder.path(),
        &["check", ".", "--facts", saved, "--only", "RC704"],
    );
    let told = format!("{}{}", ran.stdout, ran.stderr);
    assert!(told.contains("is `EC2_LINUX`"), "{told}");
    assert!(told.contains("but `EC2`"), "{told}");
}
