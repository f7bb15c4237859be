//! The Security Token Service.

mod assume_role;
mod constraints;
mod identity;
mod passed;
mod sealed;
mod state;
mod user_session;
mod web_identity;

use crate::operation::{Operation, named};

pub(crate) use sealed::encode_authorization_message;
pub use state::{Session, Sts};
pub use user_session::UserSession;
pub(crate) use user_session::federated_arn;

/// The operation that needs no signature: its token says who calls.
pub(crate) const UNSIGNED: &str = "AssumeRoleWithWebIdentity";

const OPERATIONS: &[Operation] = &[
    Operation::write("AssumeRole", assume_role::assume_role),
    Operation::write(UNSIGNED, web_identity::assume_role_with_web_identity),
    Operation::write("GetFederationToken", user_session::get_federation_token),
    Operation::write("GetSessionToken", user_session::get_session_token),
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
