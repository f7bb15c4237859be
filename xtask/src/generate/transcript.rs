use anyhow::{Context, Result};
use clap::Parser;
use rolecall::Environment;
use rolecall::args::{Args, Command};
use rolecall::config::CheckConfig;

use super::Document;
use crate::root::root;

const BEGIN: &str = "<!-- transcript: begin (written by `cargo xtask generate`) -->";
const END: &str = "<!-- transcript: end -->";

/// Where the transcript is cut, and where it goes on; the whole output is three times as long.
const CUT: &str = "  What the control plane will report";

/// The README, with what `rolecall check examples/custom-path` prints now.
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
            "{before}{BEGIN}\n```console\n$ rolecall check examples/custom-path\n{beginning}  …\n\n{}\n```\n{END}{after}",
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
        width: Some(100),
    };
    let args = Args::try_parse_from(["rolecall", "check", "examples/custom-path"])?;
    let Command::Check(args) = args.command else {
        anyhow::bail!("`check` is no longer a command");
    };
    let (_, report) = rolecall::check::report(&CheckConfig::resolve(*args, &environment)?)?;
    Ok(String::from_utf8(report)?)
}
