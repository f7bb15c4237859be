//! The built binary, run as a user runs it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod configuration;
mod diagnose;
mod documents;
mod examples;
mod exit_codes;
mod fixing;
mod fleet;
mod fleet_input;
mod fleet_world;
mod iam;
mod printing;
mod repair;
mod run;
mod sandbox;
mod snapshot;
mod story;
