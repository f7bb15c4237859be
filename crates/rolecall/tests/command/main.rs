//! The built binary, run as a user runs it.

mod documents;
mod examples;
mod exit_codes;
mod fixing;
mod printing;
mod run;
