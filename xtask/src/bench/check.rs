use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rolecall_chain::{Options, Verdict, trace};
use rolecall_facts::Snapshot;
use saphyr_parser::{BufferedInput, Parser};

use super::measure::{fastest, fastest_process, watch};
use super::table::{Row, print};
use super::{binary, manifests, snapshot};
use crate::root::{root, say};

/// Measures `rolecall check`.
pub(super) fn run() -> Result<()> {
    let rolecall = binary::build()?;
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let mut rows = many_files(&rolecall, folder.path())?;
    rows.extend(one_file(&rolecall)?);
    rows.push(large_snapshot()?);
    rows.extend(checkov(folder.path())?);
    print(&rows)
}

fn many_files(rolecall: &Path, folder: &Path) -> Result<Vec<Row>> {
    let paths = manifests::write(folder)?;
    let check = || {
        let mut command = Command::new(rolecall);
        command.arg("check").arg(folder);
        command
    };
    // The first run warms the page cache for all that follow.
    let watched = watch(check(), &[0])?;
    let read = fastest(5, || {
        paths
            .iter()
            .filter_map(|path| fs::read(path).ok())
            .map(|text| text.len())
            .sum::<usize>()
    });
    let parsed = fastest(3, || {
        paths
            .iter()
            .filter_map(|path| fs::read_to_string(path).ok())
            .map(|text| events(&text))
            .sum::<usize>()
    });
    let took = fastest_process(5, &check, &[0])?;
    let documents = manifests::FILES * manifests::DOCUMENTS_PER_FILE;
    let what = format!("check, {} files, {documents} documents", manifests::FILES);
    Ok(vec![
        Row::new(&what, took)
            .against("reading all bytes, one thread", read)
            .limit(Duration::from_millis(1500))
            .memory(watched.peak, Some(300_000_000)),
        Row::new(&what, took).against("saphyr-parser alone, one thread", parsed),
    ])
}

/// The parser's events of a file, without making anything of them.
fn events(text: &str) -> usize {
    Parser::new(BufferedInput::new(text.chars()))
        .take_while(Result::is_ok)
        .count()
}

fn one_file(rolecall: &Path) -> Result<Vec<Row>> {
    let file = root().join("examples/custom-path/manifests/batch.yaml");
    let check = || {
        let mut command = Command::new(rolecall);
        command.arg("check").arg(&file);
        command
    };
    let nothing = fastest_process(50, &|| Command::new("true"), &[0])?;
    let took = fastest_process(50, &check, &[0])?;
    Ok(vec![
        Row::new("check, one file, process start to exit", took)
            .against("`true`, process start to exit", nothing)
            .limit(Duration::from_millis(15)),
    ])
}

fn large_snapshot() -> Result<Row> {
    let json = serde_json::to_string(&snapshot::FLEET.json())?;
    let mut parsed = None;
    let deserialised = fastest(3, || parsed = Snapshot::from_json(&json).ok());
    let parsed = parsed.context("the generated snapshot is not one")?;
    let options = Options::default();
    let traced = trace(&parsed, &options);
    let passed = traced
        .chains
        .iter()
        .filter(|chain| chain.verdict() == Verdict::Pass)
        .count();
    ensure!(
        passed == snapshot::FLEET.pools,
        "{passed} of {} pools pass, and all should",
        snapshot::FLEET.pools
    );
    let took = fastest(5, || trace(&parsed, &options));
    let what = format!(
        "trace, {} pools, {} roles, {} entries",
        snapshot::FLEET.pools,
        snapshot::FLEET.roles,
        snapshot::FLEET.entries
    );
    Ok(Row::new(what, took)
        .against("deserialising that snapshot", deserialised)
        .limit(Duration::from_millis(300)))
}

/// Times checkov on the same folder, where it is installed.
fn checkov(folder: &Path) -> Result<Option<Row>> {
    let installed = Command::new("checkov")
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success());
    if !installed {
        say("checkov is not installed (`pip install checkov`), so it is not timed beside\n");
        return Ok(None);
    }
    let mut command = Command::new("checkov");
    command
        .args([
            "--compact",
            "--quiet",
            "--framework",
            "kubernetes",
            "--directory",
        ])
        .arg(folder);
    let watched = watch(command, &[0, 1])?;
    Ok(Some(
        Row::new("checkov on the same files, Kubernetes only", watched.took)
            .memory(watched.peak, None),
    ))
}
