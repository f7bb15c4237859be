//! The EKS Auto Mode control plane, as a client of the emulated AWS and Kubernetes endpoints.
