//! The npm package `@cloud-copilot/iam-simulate` as a baseline. It runs beside as its own process;
//! it is AGPL and no part of this project.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

const SCRIPT: &str = include_str!("simulate.mjs");
const DECISIONS: u32 = 100;

/// The time of one decision on `iam:PassRole` under the policies, or why it was not measured: there
/// is no Node.js, or npm cannot fetch the package.
pub(super) fn decision(documents: &[(&'static str, String)]) -> Result<Duration> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("bench.mjs"), SCRIPT)?;
    let install = Command::new("npm")
        .args([
            "install",
            "--silent",
            "--no-fund",
            "--no-audit",
            "@cloud-copilot/iam-simulate",
        ])
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .context("there is no npm")?;
    ensure!(install.success(), "npm could not fetch the package");
    let policies = documents
        .iter()
        .map(|(name, text)| {
            Ok(json!({"name": name, "policy": serde_json::from_str::<Value>(text)?}))
        })
        .collect::<Result<Vec<_>>>()?;
    let mut node = Command::new("node")
        .arg("bench.mjs")
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("there is no node")?;
    let question = json!({"policies": policies, "count": DECISIONS}).to_string();
    node.stdin
        .take()
        .context("node has no input")?
        .write_all(question.as_bytes())?;
    let output = node.wait_with_output()?;
    ensure!(output.status.success(), "node ended with {}", output.status);
    let nanoseconds = String::from_utf8(output.stdout)?.trim().parse()?;
    Ok(Duration::from_nanos(nanoseconds))
}
