//! Patches: JSON patch, merge patch, strategic merge patch, server-side apply; and who owns which field.

mod apply;
mod compare;
mod fields;
mod json;
mod managers;
mod merge;
mod shape;
mod strategic;

pub(crate) use apply::{ApplyConflict, apply};
pub(crate) use compare::duplicate;
pub(crate) use json::json_patch;
pub(crate) use managers::{Identity, Operation, record_update};
pub(crate) use merge::merge_patch;
pub use shape::{ListKey, Shape};
pub(crate) use strategic::strategic_merge;
