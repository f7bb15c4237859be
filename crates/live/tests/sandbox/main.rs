//! Clusters read, and changes carried out, against an emulated AWS and Kubernetes of this process.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cluster;
mod entries;
mod faults;
mod kubeconfig;
mod kubernetes;
mod roles;
mod world;
