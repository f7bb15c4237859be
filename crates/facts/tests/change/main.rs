//! Changes as data: made on a snapshot, taken back, recognised and shown.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "input that cannot be made is a test that failed"
)]

mod access;
mod cluster;
mod iam;
mod lines;
mod properties;
mod world;
