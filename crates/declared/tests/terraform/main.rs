//! Terraform and OpenTofu as people write them, read through the public entry.

mod configuration;
mod plan;
mod summary;
