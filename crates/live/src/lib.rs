//! Facts from the AWS and Kubernetes APIs.
