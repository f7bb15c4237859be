//! Facts from files: Kubernetes, Terraform, CloudFormation and eksctl.
