//! The EKS Auto Mode control plane, as a client of the emulated AWS and Kubernetes endpoints.
//!
//! ```text
//!                 eks.amazonaws.com                                 ec2.amazonaws.com
//!          assumes │            │ assumes, tagged                          │ assumes for an instance
//!    service-linked role      cluster role                             node role
//!          │ describes,         │ fills profiles, launches                 │ token
//!          ▼ makes profiles     ▼                                          ▼
//!   ControlPlane ── NodeClass ── NodePool ── NodeClaim ──▶ instance ── Machine ──▶ Node
//! ```
//!
//! It decides nothing by looking into the sandbox: what it knows it was told over the endpoints' own
//! protocols, by calls that AWS authorises and CloudTrail records, and the state it sets is in the
//! objects' status where anybody reads it. So its conditions follow from policies as they do in AWS:
//! a node role without access entry is unauthorized because `AmazonEKSServiceRolePolicy` says so.
//!
//! What it owns: the reconcilers of node classes, pools and claims, the built-in objects, and nodes
//! that come up. What it does not: scheduling of pods, prices, drift and consolidation.
//!
//! [`ControlPlane::settle`] runs everything that can be done now and returns; [`ControlPlane::spawn`]
//! keeps doing so. One cluster has one control plane; several have several.

mod built_in;
mod client;
mod identity;
mod machine;
mod node_claim;
mod node_class;
mod node_pool;
mod object;
mod plane;
mod reach;
mod settings;
mod status;
mod view;

pub use client::{
    AwsError, AwsTransport, InProcessKube, KubeError, KubeTransport, NoAnswer, Signals,
};
pub use plane::{ControlPlane, PlaneError, Running, Settled};
pub use reach::Trouble;
pub use settings::{Generation, Settings};
