//! The command line: it reads arguments and files, asks the other crates, and prints.
//!
//! This crate owns what the user types and where the answer goes. It judges nothing: facts come from
//! [`rolecall_declared`], verdicts from [`rolecall_chain`], texts from [`rolecall_report`].
//!
//! ```text
//! Args ─► Config ─► read files ─► trace ─► select findings ─┬─► report ─► exit code
//! (typed) (resolved)     ▲                                  │
//!                        └───────────── fix ◄───────────────┘
//! ```
//!
//! Arguments as typed ([`args`]) and as resolved ([`config`]) are two types, so that nothing past the
//! start asks the environment again.

pub mod args;
pub mod check;
pub mod config;
pub mod connect;
mod demo;
pub mod diagnose;
mod environment;
mod exit;
mod failure;
pub mod fix;
mod fleet;
mod iam;
mod input;
pub mod inventory;
mod judged;
mod output;
mod printing;
pub mod repair;
mod rules;
mod sandbox;
pub mod selection;
pub mod settings;
mod snapshot;
mod suggest;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};
use config::{CheckConfig, DiagnoseConfig, InventoryConfig};
use repair::RepairConfig;

pub use environment::{AwsEnvironment, Environment};
pub use exit::Exit;
pub use failure::Failure;

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let args = Args::parse();
    match run(args, &Environment::of_process()) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            failure.print();
            Exit::CouldNotRun.into()
        }
    }
}

fn run(args: Args, environment: &Environment) -> Result<Exit, Failure> {
    match args.command {
        Command::Check(args) => check::run(&CheckConfig::resolve(*args, environment)?),
        Command::Diagnose(args) => diagnose::run(&DiagnoseConfig::resolve(*args, environment)?),
        Command::Repair(args) => repair::run(&RepairConfig::resolve(*args, environment)?),
        Command::Fleet(args) => fleet::run(&fleet::FleetConfig::resolve(*args, environment)?),
        Command::Snapshot(args) => snapshot::run(*args, environment),
        Command::Inventory(args) => inventory::run(&InventoryConfig::resolve(args, environment)?),
        Command::Explain(args) => {
            rules::explain(&args, environment.style()).map(|()| Exit::Success)
        }
        Command::Rules(args) => rules::list(&args, environment.style()).map(|()| Exit::Success),
        Command::Iam(args) => iam::run(args),
        Command::Sandbox(args) => sandbox::run(*args, environment),
        Command::Demo(args) => demo::run(&args, environment),
        Command::Completions(args) => rules::completions(&args).map(|()| Exit::Success),
    }
}
