//! `repair` against a sandbox that runs as a process, reached by environment variables only.

use std::path::Path;

use crate::run::{Ran, finish, rolecall, root};
use crate::sandbox::Running;

/// A user at a machine whose environment points at a sandbox.
struct User {
    sandbox: Running,
    folder: tempfile::TempDir,
}

impl User {
    fn with(example: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let example = root().join("examples").join(example);
        let sandbox = Running::start(folder.path(), &["--load", example.to_str().unwrap()]);
        Self { sandbox, folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn types(&self, args: &[&str]) -> Ran {
        let mut command = rolecall(self.path(), &["repair"]);
        command
            .args(args)
            .arg("--journal")
            .arg(self.path().join("journals"));
        command.env("HOME", self.path());
        for line in self.sandbox.exports.lines() {
            let (name, value) = line.trim_start_matches("export ").split_once('=').unwrap();
            command.env(name, value.trim_matches(['\'', '"']));
        }
        finish(command)
    }
}

#[track_caller]
fn says(ran: &Ran, code: i32, texts: &[&str]) {
    let all = format!("{}{}", ran.stdout, ran.stderr);
    assert_eq!(ran.code, code, "{all}");
    for text in texts {
        assert!(all.contains(text), "{text}\n{all}");
    }
}

#[test]
fn a_plan_is_shown_made_found_done_and_taken_back() {
    let user = User::with("custom-path");
    let shown = user.types(&["platform-prod"]);
    says(
        &shown,
        1,
        &[
            "Create an access entry of type EC2",
            "mends RC702 access-entry-missing of NodePool web",
            "eks:CreateAccessEntry",
            "Nothing was changed. To apply: rolecall repair platform-prod --yes",
        ],
    );
    let made = user.types(&["platform-prod", "--yes"]);
    says(
        &made,
        0,
        &[
            "✓ eks:CreateAccessEntry made",
            "What the plan was for is mended.",
            "rolecall repair platform-prod --undo",
        ],
    );
    says(
        &user.types(&["platform-prod", "--yes"]),
        0,
        &["Nothing to mend"],
    );
    says(
        &user.types(&["platform-prod", "--resume"]),
        0,
        &["Nothing to complete"],
    );
    let back = user.types(&["platform-prod", "--undo", "--yes"]);
    says(&back, 0, &["✓ eks:DeleteAccessEntry made", "is taken back"]);
    says(
        &user.types(&["platform-prod", "--undo", "--yes"]),
        0,
        &["Nothing to take back"],
    );
    says(
        &user.types(&["platform-prod", "--dry-run"]),
        1,
        &["eks:CreateAccessEntry"],
    );
}

#[test]
fn a_plan_in_a_file_is_carried_out_once_and_not_when_it_was_edited() {
    let user = User::with("custom-path");
    let planned = user.types(&["platform-prod", "--plan", "plan.json"]);
    says(&planned, 0, &["rolecall repair --apply plan.json"]);
    let file = user.path().join("plan.json");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(
        user.path().join("edited.json"),
        text.replace("\"EC2\"", "\"STANDARD\""),
    )
    .unwrap();
    says(
        &user.types(&["--apply", "edited.json", "--yes"]),
        2,
        &["the plan was edited", "--> edited.json"],
    );
    says(
        &user.types(&["--apply", "plan.json", "--yes"]),
        0,
        &["is mended"],
    );
    says(
        &user.types(&["--apply", "plan.json", "--yes"]),
        0,
        &["carried out already"],
    );
}
