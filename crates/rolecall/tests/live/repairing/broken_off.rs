//! Ctrl-C, output that nobody reads any more, and two at once.

use std::io::{BufReader, Read as _};
use std::process::{Child, Command, Stdio};

use super::{CLUSTER, Scene};

/// Begins a command whose output can be read while it runs.
fn begin(mut command: Command) -> Child {
    let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    piped.spawn().unwrap()
}

/// Waits until a line with this text is on standard output; what was said until then.
fn until(output: &mut impl std::io::BufRead, text: &str) -> String {
    let mut said = String::new();
    while !said.contains(text) {
        let read = output.read_line(&mut said).unwrap();
        assert_ne!(read, 0, "it ended without `{text}`:\n{said}");
    }
    said
}

fn told(error: &mut impl std::io::Read) -> String {
    let mut text = String::new();
    error.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn broken_off_with_ctrl_c_during_a_wait_it_says_what_was_made_and_what_to_type() {
    for signal in ["-INT", "-TERM"] {
        let scene = Scene::new();
        let faults = scene.cloud.sandbox.world().aws().faults();
        faults.add("eks:AssociateAccessPolicy=throttle:1".parse().unwrap());
        let mut running = begin(scene.typing(&[CLUSTER, "--yes"]));
        let mut output = BufReader::new(running.stdout.take().unwrap());
        until(&mut output, " s for eks:AssociateAccessPolicy");
        let killed = Command::new("kill")
            .args([signal, &running.id().to_string()])
            .status();
        assert!(killed.unwrap().success());
        let mut rest = String::new();
        output.read_to_string(&mut rest).unwrap();
        let error = told(&mut running.stderr.take().unwrap());
        assert_eq!(running.wait().unwrap().code(), Some(2), "{rest}{error}");
        assert!(
            rest.contains(
                "✓ eks:CreateAccessEntry made\n  ? eks:AssociateAccessPolicy was under way"
            ),
            "{rest}"
        );
        assert!(error.contains("error: interrupted"), "{error}");
        assert!(
            error.contains(&format!(
                "to complete it: rolecall repair {CLUSTER} --resume"
            )),
            "{error}"
        );
        assert!(
            error.contains("to take it back: rolecall repair --undo"),
            "{error}"
        );

        faults.clear();
        let begun = scene.calls();
        let said = scene.repair(&[CLUSTER]);
        said.tells("was broken off; rolecall repair platform-prod --resume completes it");
        scene
            .repair(&[CLUSTER, "--resume", "--yes"])
            .ends_with(0)
            .tells("is mended");
        assert_eq!(scene.changes_since(begun), ["AssociateAccessPolicy"]);
    }
}

#[test]
fn output_that_nobody_reads_any_more_does_not_leave_it_half_done() {
    let scene = Scene::new();
    let mut running = begin(scene.typing(&[CLUSTER, "--yes"]));
    let mut output = BufReader::new(running.stdout.take().unwrap());
    // As `| head -1`.
    until(&mut output, "\n");
    drop(output);
    let error = told(&mut running.stderr.take().unwrap());
    assert_eq!(running.wait().unwrap().code(), Some(0), "{error}");
    assert_eq!(error, "");
    scene
        .repair(&[CLUSTER])
        .ends_with(0)
        .tells("Nothing to mend");
}

#[test]
fn with_no_standard_input_nobody_agreed() {
    let scene = Scene::new();
    let begun = scene.calls();
    let mut shell = Command::new("sh");
    let command = scene.typing(&[CLUSTER]);
    shell
        .args(["-c", "exec \"$@\" <&-", "sh"])
        .arg(command.get_program())
        .args(command.get_args())
        .current_dir(command.get_current_dir().unwrap())
        .env_clear();
    for (name, value) in command.get_envs() {
        shell.env(name, value.unwrap());
    }
    crate::cloud::run(shell)
        .ends_with(1)
        .tells("Nothing was changed. To apply: rolecall repair platform-prod --yes");
    assert!(scene.changes_since(begun).is_empty());
}

#[test]
fn two_at_once_from_two_machines_make_it_once() {
    let scene = Scene::new();
    let begun = scene.calls();
    // A slow network, so that both have planned before either has made anything.
    let faults = scene.cloud.sandbox.world().aws().faults();
    faults.add("eks:CreateAccessEntry=latency:300ms".parse().unwrap());
    let machines = ["one", "two"]
        .map(|journals| begin(scene.typing(&[CLUSTER, "--yes", "--journal", journals])));
    for machine in machines {
        let output = machine.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{said}{error}");
    }
    let made = scene.changes_since(begun);
    let entries = made.iter().filter(|call| *call == "CreateAccessEntry");
    assert_eq!(entries.count(), 1, "{made:?}");
    scene
        .repair(&[CLUSTER])
        .ends_with(0)
        .tells("Nothing to mend");
}

#[test]
fn a_second_one_on_the_same_machine_is_refused_and_told_of_the_first() {
    let scene = Scene::new();
    let faults = scene.cloud.sandbox.world().aws().faults();
    faults.add("eks:AssociateAccessPolicy=throttle:1".parse().unwrap());
    let mut first = begin(scene.typing(&[CLUSTER, "--yes"]));
    let mut output = BufReader::new(first.stdout.take().unwrap());
    until(&mut output, " s for eks:AssociateAccessPolicy");
    scene
        .repair(&[CLUSTER, "--yes"])
        .ends_with(2)
        .tells(&format!(
            "another repair of this cluster is under way: process {}",
            first.id()
        ))
        .tells("wait until it is over");
    faults.clear();
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    assert!(first.wait().unwrap().success(), "{rest}");
}
