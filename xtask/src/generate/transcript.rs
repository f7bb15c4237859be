use anyhow::{Context, Result};
use clap::Parser;
use rolecall::args::{Args, Command};
use rolecall::config::DiagnoseConfig;
use rolecall::{AwsEnvironment, Environment};

use super::Document;
use crate::root::root;

const BEGIN: &str = "<!-- transcript: begin (written by `cargo xtask generate`) -->";
const END: &str = "<!-- transcript: end -->";

/// Where the transcript is cut; the whole output is twice as long.
const CUT: &str = "  To mend it";

/// What is shown: one pool of the example.
const COMMAND: [&str; 8] = [
    "rolecall",
    "diagnose",
    "--sandbox",
    "examples/custom-path",
    "--control-plane",
    "legacy",
    "--pool",
    "batch",
];

/// The README, with what [`COMMAND`] prints now. The time and the id of the event are of no run in
/// particular.
pub(super) fn document() -> Result<Document> {
    let readme = std::fs::read_to_string(root().join("README.md"))?;
    let (before, rest) = readme
        .split_once(BEGIN)
        .context("README.md has no transcript")?;
    let (_, after) = rest
        .split_once(END)
        .context("README.md has no end of the transcript")?;
    let output = output()?;
    let (beginning, rest) = output.split_once(CUT).context("the output has changed")?;
    let tail: Vec<_> = rest.trim_end().lines().rev().take(2).collect();
    let tail: Vec<_> = tail.into_iter().rev().collect();
    Ok(Document {
        path: "README.md".to_owned(),
        text: format!(
            "{before}{BEGIN}\n```console\n$ {}\n{beginning}  …\n\n{}\n```\n{END}{after}",
            COMMAND.join(" "),
            tail.join("\n")
        ),
    })
}

fn output() -> Result<String> {
    // Paths are shown as they are typed, so the example is read from the workspace's folder.
    std::env::set_current_dir(root())?;
    let environment = Environment {
        working_directory: root(),
        color_terminal: false,
        no_color: true,
        unicode: true,
        interactive: false,
        state_home: None,
        width: Some(100),
        kubeconfig: Vec::new(),
        aws: AwsEnvironment::default(),
    };
    let args = Args::try_parse_from(COMMAND)?;
    let Command::Diagnose(args) = args.command else {
        anyhow::bail!("`diagnose` is no longer a command");
    };
    let config = DiagnoseConfig::resolve(*args, &environment)?;
    let (_, report) = rolecall::diagnose::report(&config)?;
    let lines = String::from_utf8(report)?
        .lines()
        .map(timeless)
        .collect::<Vec<_>>();
    Ok(lines.join("\n"))
}

fn timeless(line: &str) -> String {
    const RECORDED: &str = "  CloudTrail recorded it at ";
    if line.starts_with(RECORDED) {
        return format!("{RECORDED}2026-01-01T00:00:05Z");
    }
    match line.split_once("id   ") {
        Some((indent, _)) if indent.trim().is_empty() => format!("{indent}id   …"),
        _ => line.to_owned(),
    }
}
