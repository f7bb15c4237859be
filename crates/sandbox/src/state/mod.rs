//! What the sandbox keeps across restarts, in a redb file.
//!
//! Every change of a table is a row. A writer thread puts rows into the file in the order they were
//! made, many in one transaction, and whoever acknowledges a change waits for its transaction to be
//! on disk first: a kill at any moment loses nothing that was acknowledged.

mod file;
mod writer;

pub use file::StateError;
pub(crate) use file::{SavedRow, open};
pub(crate) use writer::{Row, Writer};
