//! Each command under exactly the permissions that docs/permissions.md gives it: it does all it should,
//! and with any one of them taken away it does not, or says what it lacks.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod changing;
mod fleet;
mod page;
mod reading;
mod repairing;
mod world;
