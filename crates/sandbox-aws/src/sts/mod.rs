//! The Security Token Service.

mod assume_role;
mod constraints;
mod identity;
mod passed;
mod sealed;
mod state;

use crate::operation::{Operation, named};

pub(crate) use sealed::encode_authorization_message;
pub use state::{Session, Sts};

const OPERATIONS: &[Operation] = &[
    Operation::write("AssumeRole", assume_role::assume_role),
    Operation::read(
        "DecodeAuthorizationMessage",
        sealed::decode_authorization_message,
    ),
    Operation::read("GetAccessKeyInfo", identity::get_access_key_info),
    Operation::read("GetCallerIdentity", identity::get_caller_identity),
];

/// The operation of that name.
pub(crate) fn operation(name: &str) -> Option<Operation> {
    named(OPERATIONS, name)
}
