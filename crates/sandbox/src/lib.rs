//! One process that emulates AWS, Kubernetes and EKS Auto Mode.

mod load;

pub use load::{ClusterObjects, Load, Loaded, LoadedCluster, Note, load};
