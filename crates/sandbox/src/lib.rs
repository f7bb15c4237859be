//! One process that emulates AWS, Kubernetes and EKS Auto Mode.
