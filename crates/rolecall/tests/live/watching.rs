//! `diagnose --watch`.

#![cfg(unix)]

use std::io::{BufReader, Read as _};
use std::process::{Child, Command, Stdio};

use rolecall_sandbox::Generation;

use crate::cloud::Cloud;

/// A watch under way; it is killed with this value.
struct Watching(Child);

impl Watching {
    fn of(mut command: Command) -> (Self, BufReader<std::process::ChildStdout>) {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        (Self(child), lines)
    }

    fn interrupt(&self) {
        let id = self.0.id().to_string();
        let sent = Command::new("kill").args(["-INT", &id]).status().unwrap();
        assert!(sent.success());
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// All lines up to one that begins so.
fn until(lines: &mut impl std::io::BufRead, last: &str) -> String {
    let mut text = String::new();
    loop {
        let mut line = String::new();
        assert_ne!(lines.read_line(&mut line).unwrap(), 0, "{text}");
        text.push_str(&line);
        if line.starts_with(last) {
            return text;
        }
    }
}

#[test]
fn it_is_drawn_again_when_something_changed_and_ends_as_the_last_report_did() {
    let cloud = Cloud::of(
        &["crates/rolecall/tests/live/files/no-entry"],
        Generation::Current,
    );
    let (mut watching, mut lines) = Watching::of(cloud.diagnosing(&["--watch=1"]));
    let first = until(&mut lines, "rolecall explain");
    assert!(first.starts_with("──── "), "{first}");
    assert!(first.contains("read every 1 s"), "{first}");
    assert!(first.contains("RC702"), "{first}");
    cloud.let_nodes_in("prod", "arn:aws:iam::111122223333:role/WebNodeRole");
    cloud.sandbox.settle();
    let second = until(&mut lines, "1 pool: ");
    assert!(second.contains("✓ join"), "{second}");
    assert!(second.contains("1 passes"), "{second}");
    watching.interrupt();
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    assert_eq!(watching.0.wait().unwrap().code(), Some(0), "{rest}");
}

#[test]
fn a_first_reading_that_fails_ends_it() {
    let cloud = Cloud::of(
        &["crates/rolecall/tests/live/files/no-entry"],
        Generation::Current,
    );
    cloud.diagnose(&["gone", "--watch"]).ends_with(2);
}
