//! One process that emulates AWS, Kubernetes and EKS Auto Mode.
//!
//! ```text
//!  Sandbox (ports, TLS, background)
//!    │  admin  /_rolecall/
//!    ▼
//!  World ─┬─ Aws (rolecall-sandbox-aws)              ◀── load: facts, by API calls
//!         ├─ ApiServer of each cluster (…-kube)      ◀── gate: tokens, access entries, aws-auth
//!         ├─ ControlPlane of each (…-automode)
//!         └─ state: a journal of every change, in a redb file
//! ```
//!
//! What this crate owns: putting the emulators together, loading files into them, who may use a
//! cluster, keeping everything across restarts, and the admin API. What it does not: any behaviour of
//! AWS's services, of Kubernetes or of the control plane.
//!
//! [`World`] has no ports, so tests use it as it is; [`Sandbox`] puts servers in front of it.

mod admin;
mod ask;
mod delivery;
mod exports;
mod facts;
mod gate;
mod load;
mod process;
mod state;
mod token;
mod world;

pub use ask::{AskError, running_exports};
pub use exports::{Exports, KubeconfigCluster, kubeconfig};
pub use load::{Load, Note};
pub use process::{Sandbox, SandboxError, Settings};
pub use rolecall_sandbox_automode::Generation;
pub use rolecall_sandbox_aws::FaultRule;
pub use rolecall_sandbox_aws::eks::ClusterKey;
pub use rolecall_sandbox_aws::sigv4::Credentials;
pub use state::StateError;
pub use token::{exec_credential, token};
pub use world::{RunningCluster, Saved, SavedJson, World, WorldSettings, default_credentials};
