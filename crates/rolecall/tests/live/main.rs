//! `diagnose` and `repair` of clusters that there are: the built binary against a sandbox, with nothing but the
//! environment variables that point it at AWS.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cloud;
mod clusters;
mod connecting;
mod credentials;
mod faults;
mod permissions;
mod proxies;
mod repairing;
mod walkthrough;
mod watching;
