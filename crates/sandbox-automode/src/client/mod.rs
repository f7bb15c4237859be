//! Small clients of the two endpoints. They know a wire, not a sandbox: whatever carries a request
//! to its answer will do.

pub(crate) mod ec2;
pub(crate) mod eks;
mod error;
pub(crate) mod iam;
mod kube;
mod signed;
pub(crate) mod sts;
mod transport;
mod xml;

pub use error::{AwsError, KubeError};
pub(crate) use kube::{EVENTS, KubeClient, LEASES, NODE_CLAIMS, NODE_CLASSES, NODE_POOLS, NODES};
pub(crate) use signed::{AwsClient, Fields};
pub use transport::{AwsTransport, InProcessKube, KubeTransport, NoAnswer, Signals};
pub(crate) use xml::Element;
