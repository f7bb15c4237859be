//! Terraform and OpenTofu: plans and states as JSON, and configurations.
//!
//! Both roads end in the same [`resource::Resource`]s, whose arguments are nodes, so that what an
//! access entry means is written once. Values the provider computes from arguments (ARNs and ids)
//! are put together in [`identity`], with symbols for the account a configuration does not name.

mod address;
mod environment;
mod hcl;
mod identity;
mod plan;
mod policy_document;
mod resource;

pub(crate) use hcl::read_folder;
pub(crate) use plan::read_plan;
pub(crate) use resource::drop_read_twice;
