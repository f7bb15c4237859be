//! Journals that cannot be written or read: nothing is lost, and what to do is said.

use std::fs;
use std::process::Command;

use serde_json::Value;

use super::{CLUSTER, Scene, files};
use crate::cloud::{Ran, run};

/// The same command on a disk on which no file can grow beyond so many blocks of 512 bytes.
fn on_a_small_disk(command: Command, blocks: usize) -> Ran {
    let mut shell = Command::new("sh");
    shell
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f \"$1\"; shift; exec \"$@\"",
            "sh",
        ])
        .arg(blocks.to_string())
        .arg(command.get_program())
        .args(command.get_args())
        .current_dir(command.get_current_dir().unwrap())
        .stdin(std::process::Stdio::null())
        .env_clear();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            shell.env(name, value);
        }
    }
    run(shell)
}

#[test]
fn without_a_folder_for_the_journal_nothing_is_changed() {
    let scene = Scene::new();
    let file = scene.cloud.file("a file", "");
    let inside = file.join("journals");
    let begun = scene.calls();
    for folder in [
        file.to_str().unwrap(),
        inside.to_str().unwrap(),
        "/proc/nowhere",
    ] {
        scene
            .repair(&[CLUSTER, "--yes", "--journal", folder])
            .ends_with(2)
            .tells("the journal `")
            .tells("cannot be made")
            .tells("without a journal nothing is changed; --journal DIR names another folder");
    }
    assert!(scene.changes_since(begun).is_empty());
}

#[test]
fn a_disk_that_is_full_at_the_first_line_leaves_nothing_changed_and_no_half_journal() {
    let scene = Scene::new();
    let begun = scene.calls();
    let command = scene.typing(&[CLUSTER, "--yes", "--journal", "journals"]);
    on_a_small_disk(command, 1)
        .ends_with(2)
        .tells("cannot be written")
        .tells("without a journal nothing is changed");
    assert!(scene.changes_since(begun).is_empty());
    assert!(files(&scene.path("journals")).is_empty());
    // With room again it begins as if nothing had been.
    scene
        .repair(&[CLUSTER, "--yes", "--journal", "journals"])
        .ends_with(0)
        .tells_not("broken off");
}

#[test]
fn a_disk_that_fills_up_on_the_way_stops_it_and_it_is_completed_later() {
    let scene = Scene::new();
    scene.repair(&[CLUSTER, "--plan", "plan.json"]).ends_with(0);
    let plan: Value =
        serde_json::from_str(&fs::read_to_string(scene.path("plan.json")).unwrap()).unwrap();
    // The first line is the plan and little more; one of the next few does not fit.
    let blocks = (plan.to_string().len() + 120).div_ceil(512);
    let begun = scene.calls();
    let args = ["--apply", "plan.json", "--yes", "--journal", "my journals"];
    on_a_small_disk(scene.typing(&args), blocks)
        .ends_with(2)
        .says("It stopped here")
        .tells("cannot be written")
        .tells("make room for the journal")
        .tells(&format!(
            "to complete it: rolecall repair {CLUSTER} --resume --journal 'my journals'"
        ));
    scene
        .repair(&[CLUSTER, "--resume", "--yes", "--journal", "my journals"])
        .ends_with(0)
        .tells("is mended");
    assert_eq!(
        scene.changes_since(begun),
        ["CreateAccessEntry", "AssociateAccessPolicy"]
    );
    // All that was made is in the journal, and is taken back by it.
    let begun = scene.calls();
    scene
        .repair(&[CLUSTER, "--undo", "--yes", "--journal", "my journals"])
        .ends_with(0);
    assert!(
        scene
            .changes_since(begun)
            .contains(&"DeleteAccessEntry".to_owned())
    );
}

#[test]
fn a_plan_that_cannot_be_written_to_its_file_is_told() {
    let scene = Scene::new();
    for file in ["/dev/full", "nowhere/plan.json"] {
        scene
            .repair(&[CLUSTER, "--plan", file])
            .ends_with(2)
            .tells("the file cannot be written")
            .tells(file);
    }
}

#[test]
fn a_journal_whose_last_line_is_half_written_is_completed() {
    let scene = Scene::new();
    scene.repair(&[CLUSTER, "--yes"]).ends_with(0);
    let journal = scene.journal();
    let text = fs::read_to_string(&journal).unwrap();
    // The second call was made, and its outcome was being written when the machine went down.
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let kept: String = lines[..4].concat();
    fs::write(&journal, format!("{kept}{}", lines[4].get(..20).unwrap())).unwrap();
    let begun = scene.calls();
    scene
        .repair(&[CLUSTER, "--resume", "--yes"])
        .ends_with(0)
        .tells("1 of 2 calls are known to have been made")
        .tells("? eks:AssociateAccessPolicy was under way")
        .tells("had been made before the run was broken off");
    assert!(scene.changes_since(begun).is_empty());
    let text = fs::read_to_string(&journal).unwrap();
    assert!(
        text.lines()
            .all(|line| serde_json::from_str::<Value>(line).is_ok())
    );
}

#[test]
fn a_journal_that_is_damaged_in_the_middle_is_told_and_not_passed_over() {
    let scene = Scene::new();
    scene.repair(&[CLUSTER, "--yes"]).ends_with(0);
    let journal = scene.journal();
    let text = fs::read_to_string(&journal).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    lines[2] = "{\"record\":\"outcome\",\"ca";
    fs::write(&journal, format!("{}\n", lines.join("\n"))).unwrap();
    let name = journal.file_name().unwrap().to_str().unwrap();
    for args in [vec![CLUSTER, "--resume"], vec![CLUSTER, "--undo"]] {
        scene
            .repair(&args)
            .ends_with(1)
            .tells("Nothing to ")
            .tells(name)
            .tells("cannot be read at line 3")
            .tells("has the tag rolecall:repair");
    }
    scene
        .repair(&["--undo", journal.to_str().unwrap()])
        .ends_with(2)
        .tells("cannot be read at line 3")
        .tells("help: ");
    scene
        .repair(&[CLUSTER])
        .ends_with(0)
        .tells("cannot be read at line 3");
}

#[test]
fn a_journal_of_a_newer_version_is_left_to_that_version() {
    let scene = Scene::new();
    scene.repair(&[CLUSTER, "--yes"]).ends_with(0);
    let journal = scene.journal();
    let text = fs::read_to_string(&journal).unwrap();
    let newer = text.replacen("\"version\":1", "\"version\":7,\"host\":\"x\"", 1);
    assert_ne!(newer, text);
    fs::write(&journal, &newer).unwrap();
    scene
        .repair(&["--undo", journal.to_str().unwrap(), "--yes"])
        .ends_with(2)
        .tells("has format version 7; this version of rolecall reads up to 1")
        .tells("use the version of rolecall that wrote it");
    scene
        .repair(&[CLUSTER, "--undo", "--yes"])
        .ends_with(1)
        .tells("has format version 7");
    assert_eq!(fs::read_to_string(&journal).unwrap(), newer);
}

#[test]
fn a_journal_of_another_cluster_or_account_is_not_carried_on_here() {
    let scene = Scene::new();
    scene.repair(&[CLUSTER, "--yes"]).ends_with(0);
    let journal = scene.journal();
    let named = journal.to_str().unwrap();
    let text = fs::read_to_string(&journal).unwrap();
    let unfinished: String = text.split_inclusive('\n').take(2).collect();
    // The same name in another account: there it is to be completed, not here.
    let other = unfinished.replace("111122223333", "999988887777");
    fs::write(&journal, &other).unwrap();
    let begun = scene.calls();
    for args in [
        vec![CLUSTER, "--resume", "--yes"],
        vec![CLUSTER, "--undo", "--yes"],
    ] {
        scene.repair(&args).ends_with(0).tells("Nothing to ");
    }
    scene
        .repair(&["--undo", named, "--yes"])
        .ends_with(2)
        .tells("the plan is for platform-prod (999988887777, eu-central-1), and this is platform-prod (111122223333, eu-central-1)");
    scene
        .repair(&[CLUSTER])
        .ends_with(0)
        .tells_not("broken off");
    assert!(scene.changes_since(begun).is_empty());
}

#[test]
fn an_undo_that_could_not_be_noted_is_noted_the_next_time() {
    let scene = Scene::new();
    scene.repair(&[CLUSTER, "--yes"]).ends_with(0);
    let journal = scene.journal();
    let before = fs::read_to_string(&journal).unwrap();
    scene.repair(&[CLUSTER, "--undo", "--yes"]).ends_with(0);
    // As if the disk had been full for its last line.
    fs::write(&journal, before).unwrap();
    let begun = scene.calls();
    scene
        .repair(&[CLUSTER, "--undo", "--yes"])
        .ends_with(0)
        .tells("was taken back already");
    scene
        .repair(&[CLUSTER, "--undo", "--yes"])
        .ends_with(0)
        .tells("Nothing to take back");
    assert!(scene.changes_since(begun).is_empty());
}
