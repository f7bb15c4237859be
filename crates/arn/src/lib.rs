//! Amazon Resource Names as the node identity chain needs them.
//!
//! This crate owns the grammar of ARNs, partitions, account ids, IAM paths, names and unique ids.
//! It knows nothing of policies, clusters or files.
//!
//! ```text
//! RoleArn ───────────────┬─ path() name()          keeps the path
//!   │ drop_path_…()      │
//!   ▼                    ▼
//! AssumedRoleArn      AwsAuthRoleArn               have none, and no way back
//! ```
//!
//! The design choice that everything else rests on: a role under a path and the role of the same
//! name at the root are two different ARNs, so the types never turn one into the other by accident.
//! The two conversions that do lose the path are named so ([`RoleArn::drop_path_for_session`],
//! [`RoleArn::drop_path_for_aws_auth`]) and go one way only: AWS offers no call that restores a path
//! from an STS ARN other than asking IAM for the role by name.
//!
//! ```
//! use rolecall_arn::{ArnError, RoleArn};
//!
//! let by_terraform: RoleArn = "arn:aws:iam::111122223333:role/platform/eks/NodeRole".parse()?;
//! let asked_for: RoleArn = "arn:aws:iam::111122223333:role/NodeRole".parse()?;
//! assert_eq!(by_terraform.name(), asked_for.name());
//! assert_ne!(by_terraform, asked_for);
//! # Ok::<(), ArnError>(())
//! ```
//!
//! Every type parses with [`std::str::FromStr`], prints with [`std::fmt::Display`], and printing
//! what was parsed gives the same text back.

mod access_entry;
mod account;
mod assumed_role;
mod error;
mod generic;
mod iam;
mod name;
mod partition;
mod path;
mod percent;
mod text;
mod unique_id;

pub use access_entry::{AccessEntryArn, EntryPrincipalKind};
pub use account::AccountId;
pub use assumed_role::AssumedRoleArn;
pub use error::{ArnError, Expected};
pub use generic::Arn;
pub use iam::{AwsAuthRoleArn, InstanceProfileArn, RoleArn, UserArn};
pub use name::{InstanceProfileName, RoleName, SessionName, UserName};
pub use partition::Partition;
pub use path::IamPath;
pub use percent::decode_once;
pub use unique_id::{UniqueId, UniqueIdKind};
