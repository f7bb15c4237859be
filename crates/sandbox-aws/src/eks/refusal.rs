//! The errors of EKS, by their modelled names.

use crate::failure::Failure;

pub(super) fn invalid_parameter(message: impl Into<String>) -> Failure {
    Failure::new("InvalidParameterException", 400, message)
}

pub(super) fn invalid_request(message: impl Into<String>) -> Failure {
    Failure::new("InvalidRequestException", 400, message)
}

pub(super) fn not_found(message: impl Into<String>) -> Failure {
    Failure::new("ResourceNotFoundException", 404, message)
}

pub(super) fn in_use(message: impl Into<String>) -> Failure {
    Failure::new("ResourceInUseException", 409, message)
}

/// Real outputs word it so.
pub(super) fn no_cluster(name: &str) -> Failure {
    not_found(format!("No cluster found for name: {name}.")).with("clusterName", name)
}
