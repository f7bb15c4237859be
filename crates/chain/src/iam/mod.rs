//! IAM questions with three answers: allowed, denied, or not to be told from the input.
//!
//! Every question is put to [`rolecall_policy`], at most twice. The *cautious* reading takes every
//! part that is not known for what would deny; the *hopeful* reading takes it for what would allow.
//! Where the two agree, the answer does not depend on what is missing. Where they do not, the answer
//! is unknown, and the missing part is named.

mod ask;
mod compiler;
mod document;
mod evidence;
mod question;
mod setting;

pub(crate) use ask::{ask_identity, ask_resource};
pub(crate) use compiler::Compiler;
pub(crate) use document::{Document, RolePolicies};
pub(crate) use question::{Answer, Asked, Question};
pub(crate) use setting::{CLUSTER, Place};
