//! The identities EKS acts under, and what a node presents.

mod actors;
mod token;

pub(crate) use actors::Actors;
pub(crate) use token::cluster_token;
