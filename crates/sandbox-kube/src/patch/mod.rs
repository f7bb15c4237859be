//! Patches: JSON patch, merge patch, strategic merge patch, server-side apply.

mod shape;

pub use shape::{ListKey, Shape};
