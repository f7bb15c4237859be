//! Every folder of `scenarios/` through the command line. What the commands print is tested elsewhere;
//! here it counts how they end. What the folders hold is told in `scenarios/README.md`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Folders that are looked at at once: a run spends much of its time waiting for its own servers.
const AT_ONCE: usize = 4;

/// How the command is told of in `[exit]`, and its arguments. The last need not be told.
const RUNS: [(&str, &[&str]); 3] = [
    ("check", &["check", "."]),
    ("diagnose", &["diagnose", "--sandbox", "."]),
    (
        "diagnose-legacy",
        &["diagnose", "--control-plane", "legacy", "--sandbox", "."],
    ),
];

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut folders: Vec<PathBuf> = std::fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

/// What ends otherwise than expected, as text.
fn differences(folder: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(folder.join("expected.toml"))
        .map_err(|error| format!("  expected.toml: {error}\n"))?;
    let expected: toml::Table = text
        .parse()
        .map_err(|error| format!("  expected.toml: {error}\n"))?;
    let exit = expected
        .get("exit")
        .and_then(toml::Value::as_table)
        .ok_or("  expected.toml: it has no [exit]\n")?;
    let mut told = String::new();
    for (key, args) in RUNS {
        let Some(wanted) = exit.get(key).and_then(toml::Value::as_integer) else {
            if key != "diagnose-legacy" {
                told += &format!("  expected.toml: [exit] has no `{key}`\n");
            }
            continue;
        };
        let mut command = Command::new(env!("CARGO_BIN_EXE_rolecall"));
        command.current_dir(folder).args(args).stdin(Stdio::null());
        if folder.join("snapshot.json").exists() {
            command.args(["--facts", "snapshot.json"]);
        }
        let output = command.output().map_err(|error| error.to_string())?;
        if output.status.code().map(i64::from) != Some(wanted) {
            let all = args.join(" ");
            let found = output.status;
            told += &format!("  rolecall {all}\n    expected {wanted}\n    found    {found}\n");
            let printed = String::from_utf8_lossy(&output.stdout).into_owned()
                + &String::from_utf8_lossy(&output.stderr);
            for line in printed.lines() {
                told += &format!("    | {line}\n");
            }
        }
    }
    Ok(told)
}

#[test]
fn every_scenario_ends_as_expected() {
    let folders = folders();
    assert!(!folders.is_empty());
    let next = AtomicUsize::new(0);
    let told = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(folder) = folders.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = differences(folder).unwrap_or_else(|problem| problem);
                    if !found.is_empty() {
                        let name = folder.file_name().unwrap().to_string_lossy();
                        told.lock()
                            .unwrap()
                            .push(format!("scenarios/{name}\n{found}"));
                    }
                }
            });
        }
    });
    let mut told = told.into_inner().unwrap();
    told.sort();
    assert!(told.is_empty(), "\n{}", told.join("\n"));
}
