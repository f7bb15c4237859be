//! Development tasks: `cargo xtask generate`, `purity`, `bench`, `contract`, `refresh-aws-data`.

mod aws_data;
mod bench;
mod contract;
mod generate;
mod purity;
mod root;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Development tasks")]
struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Write the rule pages, the command-line reference and the schemas from the code.
    Generate {
        /// Write nothing; fail where a file is not what would be written.
        #[arg(long)]
        check: bool,
    },
    /// Check that pure crates stay pure and that dependencies point downwards only.
    Purity,
    /// Measure against named baselines of the same run.
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Run real clients against a sandbox: boto3, the AWS CLI, kubectl, the AWS SDK for JavaScript.
    Contract {
        /// Which of them; all when none is named.
        #[arg(value_enum)]
        suites: Vec<contract::Suite>,
    },
    /// Fetch AWS's managed policies and action table, and write the files the policy crate ships.
    RefreshAwsData,
}

/// The binary's allocator, so that benches measure what users get.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> anyhow::Result<()> {
    match Args::parse().task {
        Task::Generate { check } => generate::generate(check),
        Task::Purity => purity::check(),
        Task::Bench(bench) => bench::run(&bench),
        Task::Contract { suites } => contract::run(&suites),
        Task::RefreshAwsData => aws_data::refresh_aws_data(),
    }
}
