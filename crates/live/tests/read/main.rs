//! What is read of a cluster, from answers as AWS and Kubernetes give them.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod budget;
mod calls;
mod cluster;
mod faults;
mod other_nodes;
mod refusals;
mod server;
mod token;
