//! The emulated Kubernetes API server of one cluster (behaviour of v1.33).
//!
//! ```text
//!  http::Request ─► ApiServer::handle ─► Answer::Whole(response) | Answer::Watch(head, stream)
//!                     │ user      who asks (token through the Gate, or a User of an in-process caller)
//!                     │ rest      what is asked: verb, resource, subresource, object (JSON, YAML, protobuf)
//!                     │ rbac      may they: Gate, node authoriser, RBAC objects in the store
//!                     │ schema    pruning, defaults, validation     crd   kinds that come and go
//!                     │ patch     JSON, merge, strategic, server-side apply
//!                     ▼
//!                   store ─► watch        discovery, openapi, table: how the kinds are described and shown
//! ```
//!
//! It owns everything a Kubernetes client can see. It runs no controllers besides what a client would
//! miss at once (garbage collection of dependents, emptying of namespaces, establishing of CRDs): pods,
//! deployments and the like are plain objects.
//!
//! [`ApiServer::handle`] is a plain synchronous function over state in memory; [`serve`] only carries
//! bytes. So a test needs no port, and the same request gives the same answer in the process and over TLS.

pub mod crd;
pub mod discovery;
pub mod openapi;
pub mod patch;
pub mod protobuf;
pub mod resource;
pub mod schema;
pub mod serve;
pub mod table;

mod answer;
mod names;
mod object;
mod rbac;
mod rest;
mod seed;
mod select;
mod server;
mod status;
mod store;
mod user;
mod watch;

pub use answer::Answer;
pub use resource::{Registry, Resource};
pub use server::{ApiServer, Change, RestoreError, Settings};
pub use status::{Cause, Details, Status};
pub use user::{Attributes, Gate, Opinion, User};
pub use watch::{Next, Watch};
