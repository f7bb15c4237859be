//! The Security Token Service.

mod identity;
mod state;

use crate::operation::{Operation, named};

pub(crate) use identity::encode_authorization_message;
pub use state::{Session, Sts};

const OPERATIONS: &[Operation] = &[Operation::read(
    "GetCallerIdentity",
    identity::get_caller_identity,
)];

/// The operation of that name.
pub(crate) fn operation(name: &str) -> Option<Operation> {
    named(OPERATIONS, name)
}
