//! Facts from the AWS and Kubernetes APIs, and changes carried out by them.
//!
//! This crate turns one cluster, as its APIs show it, into a [`Snapshot`](rolecall_facts::Snapshot),
//! and carries out changes that its caller has decided on ([`carry_out`]). Reading never writes. It
//! judges nothing (`chain` does); and it looks at no environment: what it connects to and with whose
//! credentials, its caller says ([`Settings`]). AWS, and anything that speaks AWS's protocols, is read
//! alike.
//!
//! ```text
//! Settings ─► Connection ─┬─ eks ───┐
//!                         ├─ iam ───┤
//!                         ├─ trail ─┼─ read (the fewest calls) ─► Snapshot
//!                         └─ kube ──┘
//!                              └─ missing: what may not be read is unknown, never absent
//! Change ───► carry (one call each, eventual consistency waited out) ─► AWS, Kubernetes
//! ```
//!
//! Every fact names the call that told it. A call that is refused leaves facts
//! [`Unknown`](rolecall_facts::Fact::Unknown) with the permission that was missing, and is listed in
//! [`Snapshot::unread`](rolecall_facts::Snapshot); only an answer that says so means "not there".

mod by_hand;
mod caller;
mod carry;
mod connection;
mod ec2;
mod eks;
mod endpoint;
mod error;
mod iam;
mod kube;
mod ledger;
mod limits;
mod missing;
mod object;
mod organizations;
mod paging;
pub mod permissions;
mod proxy;
mod read;
mod renewed;
mod said;
mod time;
mod token;
mod trail;

pub use aws_credential_types::Credentials;
pub use aws_credential_types::provider::SharedCredentialsProvider;
pub use caller::{Caller, caller};
pub use carry::{CarryError, Patience, Wait, carry_out};
pub use connection::{Connection, Kubernetes, Settings};
pub use eks::{cluster_at, clusters};
pub use error::LiveError;
pub use organizations::{MemberAccount, member_accounts};
pub use proxy::http_client;
pub use read::{Note, Question, Reading, read};
pub use said::said;
pub use token::cluster_token;
