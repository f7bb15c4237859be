//! Elastic Kubernetes Service: clusters, access entries, node groups and what goes with them.
//!
//! What this emulates closely is who may join a cluster: access entries with their types, checks and
//! order of checks, what EKS registers by itself, and that an entry is bound to the unique id its
//! principal had when the entry was made. What it keeps and shows without doing anything: networks,
//! logging, encryption, add-ons and the like.
//!
//! Where no source says what AWS does, the item that decides says so.

mod access_entries;
mod access_entry;
mod access_policies;
mod addon;
mod addons;
mod asking;
mod auto_mode;
mod aws_auth;
mod cluster;
mod cluster_updates;
mod clusters;
mod fargate_profile;
mod node_admission;
mod node_group;
mod node_group_updates;
mod node_groups;
mod page;
mod pod_identity;
mod principal;
mod refusal;
mod route;
mod service_roles;
mod state;
mod tagging;
mod update;
mod versions;
mod vpc;

pub use access_entry::{AccessEntry, AccessScope, Association, ClientToken, EntryType};
pub use addon::Addon;
pub use aws_auth::AwsAuthLine;
pub use cluster::{AuthenticationMode, AutoMode, Cluster, ClusterNetwork};
pub use fargate_profile::FargateProfile;
pub use node_group::{NodeGroup, Scaling};
pub use pod_identity::PodIdentityAssociation;
pub use principal::{Principal, PrincipalKind, compared_arn};
pub(crate) use route::route;
pub use state::{ClusterKey, Doing, Eks, Phase, Serving, ServingHook, SettleTimes};
pub use update::{Subject, Update};
