//! Files as users have them, read through the public entry.

mod ack;
mod aws_auth;
mod cdk;
mod cloudformation;
mod clusters;
mod crossplane;
mod eksctl;
mod kubernetes;
mod support;
mod walk;
