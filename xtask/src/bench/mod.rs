//! `cargo xtask bench`: timings as ratios against named baselines of the same run.
//!
//! A time alone says more about the machine than about the code. So each figure stands beside a
//! baseline that was measured moments before on the same input, and beside the limit it must keep.

mod binary;
mod check;
mod fleet;
mod live;
mod load;
mod manifests;
mod measure;
mod moto;
mod policy;
mod running;
mod sandbox;
mod simulate;
mod snapshot;
mod table;

use std::process::Command;

use anyhow::{Result, ensure};
use clap::Subcommand;

use crate::root::root;

/// What to measure.
#[derive(Subcommand)]
pub(crate) enum Bench {
    /// `rolecall check` on 10,000 generated files, on one file, and a trace of a large snapshot.
    Check,
    /// IAM decisions.
    Policy,
    /// The sandbox: its start, calls a second, memory, and a control plane with many node classes.
    Sandbox,
    /// Commands that read live clusters, each call of which waits as if it went far.
    Live,
}

/// Measures and prints a table. Ends with an error where a limit is not kept.
pub(crate) fn run(bench: &Bench) -> Result<()> {
    if cfg!(debug_assertions) {
        // Baselines that run in this process would be those of a debug build.
        let name = match bench {
            Bench::Check => "check",
            Bench::Policy => "policy",
            Bench::Sandbox => "sandbox",
            Bench::Live => "live",
        };
        let status = Command::new(env!("CARGO"))
            .args([
                "run",
                "--quiet",
                "--release",
                "--package",
                "xtask",
                "--",
                "bench",
                name,
            ])
            .current_dir(root())
            .status()?;
        ensure!(status.success(), "the bench ended with {status}");
        return Ok(());
    }
    match bench {
        Bench::Check => check::run(),
        Bench::Policy => policy::run(),
        Bench::Sandbox => sandbox::run(),
        Bench::Live => live::run(),
    }
}
