//! The emulated AWS endpoint: IAM, STS, EKS, EC2, CloudTrail and S3 over their wire protocols.
