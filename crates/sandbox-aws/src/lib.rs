//! The emulated AWS endpoint: IAM, STS, EKS, EC2, CloudTrail, Organizations and S3 over their wire
//! protocols.
//!
//! ```text
//!  bytes ─ wire ─▶ operation, parameters ─┐
//!  signature ─ sigv4 ─▶ caller ─ standing ┼─▶ Call ─▶ a service's operation over State ─▶ wire ─▶ bytes
//!  policies of the caller ────────────────┘     │              │
//!                                               ▼              ▼
//!                                    authorize (rolecall-policy)  Event, Change
//! ```
//!
//! What this crate owns: protocols, signatures, who a caller is, what is asked of the policy engine,
//! the services and what they keep, and the CloudTrail event every call leaves. What it does not: a
//! process, files and ports (`rolecall-sandbox`), and the Kubernetes side (`rolecall-sandbox-kube`).
//!
//! [`Aws::handle`] is synchronous: a call is a function over state in memory, so a test needs no
//! port and a control plane in the process takes the same way as a client on the wire.
//!
//! Reads go through `Table::seen`, which may lag behind when the sandbox is told to be eventually
//! consistent; everything the emulation itself must know goes through `Table::get`.

mod authorize;
mod call;
mod caller;
mod calls;
mod clock;
pub mod cloudtrail;
pub mod ec2;
pub mod eks;
mod endpoint;
mod event;
mod failure;
mod faults;
pub mod iam;
mod ids;
mod operation;
mod organizations;
mod parameters;
pub mod s3;
mod serve;
mod service;
pub mod sigv4;
mod standing;
mod state;
pub mod sts;
mod table;
mod tag_on_create;
mod wire;

pub use calls::{CallLog, CallRecord};
pub use clock::Clock;
pub use endpoint::{ADMINISTRATOR, Answer, Aws, Settings};
pub use event::{Event, EventLog};
pub use failure::Failure;
pub use faults::{Effect, Fault, FaultError, FaultRule, Faults, Refusal, Share};
pub use ids::Ids;
pub use parameters::Parameters;
pub use serve::{Limits, Serving, serve};
pub use service::{Protocol, Service};
pub use state::{ControlLevel, RestoreError, State};
pub use table::{Change, Journal, Lag};
