//! The Security Token Service.

mod assume_role;
mod constraints;
mod identity;
mod passed;
mod state;

use crate::operation::{Operation, named};

pub(crate) use identity::encode_authorization_message;
pub use state::{Session, Sts};

const OPERATIONS: &[Operation] = &[
    Operation::write("AssumeRole", assume_role::assume_role),
    Operation::read("GetCallerIdentity", identity::get_caller_identity),
];

/// The operation of that name.
pub(crate) fn operation(name: &str) -> Option<Operation> {
    named(OPERATIONS, name)
}
