//! Plans, and carrying them out, on facts as a real reading gives them.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod fake;
mod guards;
mod interrupted;
mod journals;
mod plans;
mod situation;
