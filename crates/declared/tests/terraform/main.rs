//! Terraform and OpenTofu as people write them, read through the public entry.

mod configuration;
mod expressions;
mod plan;
mod properties;
mod summary;
