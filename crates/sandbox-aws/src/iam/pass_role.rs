//! `iam:PassRole`: may a caller hand this role to a service?

use crate::authorize::Ask;
use crate::call::Call;
use crate::failure::Failure;

/// Asks `iam:PassRole` on the role's full ARN. It is no call of its own: a denial is the denial of
/// the call that passes the role, and leaves no event (IAM User Guide, "Grant a user permissions to
/// pass a role to an AWS service"). EKS itself is documented as the service a role is passed to for
/// clusters and node groups, and taken for access entries too.
pub(crate) fn authorize(call: &Call<'_>, role_arn: &str, service: &str) -> Result<(), Failure> {
    call.authorize(&Ask::new("iam:PassRole", role_arn).with("iam:PassedToService", service))
}
