//! Identity and Access Management.

mod roles;
mod state;

use crate::operation::{Operation, named};

pub(crate) use state::key;
pub use state::{AccessKey, Iam, InstanceProfile, ManagedPolicy, PolicyVersion, Role, User};

const OPERATIONS: &[Operation] = &[Operation::read("GetRole", roles::get_role)];

/// The operation of that name.
pub(crate) fn operation(name: &str) -> Option<Operation> {
    named(OPERATIONS, name)
}
