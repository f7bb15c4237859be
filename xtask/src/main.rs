//! Development tasks.

mod aws_data;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "Development tasks")]
struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Fetch AWS's managed policies and action table, and write the files the policy crate ships.
    RefreshAwsData,
}

fn main() -> anyhow::Result<()> {
    match Args::parse().task {
        Task::RefreshAwsData => aws_data::refresh_aws_data(),
    }
}
