//! One process that emulates AWS, Kubernetes and EKS Auto Mode.

mod load;
mod state;

pub use load::{ClusterObjects, Load, Loaded, LoadedCluster, Note, load};
pub use state::{Opened, SavedRow, StateError};
