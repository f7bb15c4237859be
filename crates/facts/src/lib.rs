//! What is known of clusters, node pools, roles and access entries, and where it was learnt.
//!
//! This crate owns the [`Snapshot`] and the domain objects in it. It reads no file and calls no API
//! (`declared` and `live` do), and it judges nothing (`chain` does).
//!
//! ```text
//! declared ─┐
//!           ├─► Snapshot ──merge──► Snapshot ──► chain::trace
//! live ─────┘
//! ```
//!
//! Three ideas carry it:
//!
//! * A [`Fact`] is known, with its [`Origin`], or unknown, with the reason [`Why`]. Unknown is never
//!   the same as absent: a field that its source says is not set is `None`.
//! * Absence means something only where a collection is [`Completeness::Complete`]. Files that do not
//!   declare the cluster say nothing about which access entries it lacks.
//! * Files often speak of an account that is known only when they are applied. The symbols in
//!   [`symbol`] stand for it, so that two ARNs of one stack compare without anybody guessing.

mod access;
mod aws_auth;
mod change;
mod cluster;
mod fact;
mod identity;
mod merge;
mod node_class;
mod node_group;
mod node_pool;
mod observed;
mod origin;
mod policy;
mod redact;
mod role;
mod snapshot;
pub mod symbol;

pub use access::{AccessEntry, AccessPolicyAssociation, AccessScope, PodIdentityAssociation};
pub use aws_auth::{AwsAuth, AwsAuthProblem, AwsAuthRole};
pub use change::{Call, CannotApply, CannotUndo, Change, Line, NewAccessEntry, NewRole};
pub use cluster::{AuthenticationMode, Cluster, ComputeConfig};
pub use fact::{Completeness, Fact, ObjectId, Reference, Why};
pub use identity::{Principal, RoleIdentity};
pub use merge::Conflict;
pub use node_class::{NodeClass, NodeClassKind, Tag};
pub use node_group::{NodeGroup, NodeGroupKind};
pub use node_pool::{Condition, LabelKey, NodeClaim, NodeClassRef, NodePool};
pub use observed::{Node, ObjectEvent, ObservedCall, Unread};
pub use origin::{ApiOrigin, FileOrigin, Origin};
pub use policy::{ManagedPolicy, NamedDocument, PolicyDocument, ServiceControlLevel};
pub use role::{InstanceProfile, Role};
pub use snapshot::{Snapshot, SnapshotError};

pub use jiff::Timestamp;
