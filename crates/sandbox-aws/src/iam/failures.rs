//! IAM's errors. CloudTrail spells their codes with the suffix `Exception`.

use crate::failure::Failure;

pub(super) fn no_such_entity(message: impl Into<String>) -> Failure {
    Failure::new("NoSuchEntity", 404, message).recorded_as("NoSuchEntityException")
}

pub(super) fn already_exists(message: impl Into<String>) -> Failure {
    Failure::new("EntityAlreadyExists", 409, message).recorded_as("EntityAlreadyExistsException")
}

pub(super) fn delete_conflict(message: impl Into<String>) -> Failure {
    Failure::new("DeleteConflict", 409, message).recorded_as("DeleteConflictException")
}

pub(super) fn limit_exceeded(message: impl Into<String>) -> Failure {
    Failure::new("LimitExceeded", 409, message).recorded_as("LimitExceededException")
}

/// `Cannot exceed quota for PoliciesPerRole: 10`
pub(super) fn quota(name: &str, most: usize) -> Failure {
    limit_exceeded(format!("Cannot exceed quota for {name}: {most}"))
}

pub(super) fn malformed_policy(message: impl Into<String>) -> Failure {
    Failure::new("MalformedPolicyDocument", 400, message)
        .recorded_as("MalformedPolicyDocumentException")
}

pub(super) fn invalid_input(message: impl Into<String>) -> Failure {
    Failure::new("InvalidInput", 400, message).recorded_as("InvalidInputException")
}

/// The refusal of what only the linked service may change.
pub(super) fn protected_role(name: &str) -> Failure {
    Failure::new(
        "UnmodifiableEntity",
        400,
        format!(
            "Cannot perform the operation on the protected role '{name}' - this role is only \
             modifiable by AWS"
        ),
    )
    .recorded_as("UnmodifiableEntityException")
}

pub(super) fn not_attachable(message: impl Into<String>) -> Failure {
    Failure::new("PolicyNotAttachable", 400, message).recorded_as("PolicyNotAttachableException")
}

pub(super) fn validation(message: impl Into<String>) -> Failure {
    Failure::new("ValidationError", 400, message).recorded_as("ValidationException")
}

pub(super) fn no_role(name: &str) -> Failure {
    no_such_entity(format!("The role with name {name} cannot be found."))
}

pub(super) fn no_user(name: &str) -> Failure {
    no_such_entity(format!("The user with name {name} cannot be found."))
}

pub(super) fn no_profile(name: &str) -> Failure {
    no_such_entity(format!("Instance Profile {name} cannot be found."))
}

pub(super) fn no_policy(arn: &str) -> Failure {
    no_such_entity(format!("Policy {arn} was not found."))
}

pub(super) fn no_attachable_policy(arn: &str) -> Failure {
    no_such_entity(format!("Policy {arn} does not exist or is not attachable."))
}
