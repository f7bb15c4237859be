//! Tags that come with the call that makes something: whoever makes it must also be allowed to tag it.
//!
//! No document of AWS says so of IAM or EKS in one place. Seen are: `CreateRole` refused for want of
//! `iam:TagRole` on the role's ARN (aws-cloudformation/cloudformation-coverage-roadmap#1859,
//! aws/copilot-cli#2160), profiles for want of `iam:TagInstanceProfile`
//! (terraform-aws-modules/terraform-aws-eks#1613), clusters and add-ons for want of `eks:TagResource`
//! (aws/containers-roadmap#1172), access entries likewise (gravitational/teleport#44736); and the
//! permissions that CloudFormation's own resource types ask for (schemas of `AWS::EKS::AccessEntry`,
//! `AWS::EKS::Nodegroup`). For what else can be tagged the same is taken.

use crate::authorize::Ask;
use crate::call::Call;
use crate::failure::Failure;

/// Asks for the tagging action on what is about to be made, where the call brings tags.
///
/// The tags are those of the request and of the resource alike: Karpenter's controller policy allows
/// `iam:TagInstanceProfile` only where `aws:ResourceTag` is right, and with it Karpenter makes profiles
/// (karpenter.sh, "CloudFormation", statement `AllowScopedInstanceProfileTagActions`).
pub(crate) fn authorize<'t>(
    call: &Call<'_>,
    action: &str,
    resource: &str,
    tags: impl IntoIterator<Item = (&'t String, &'t String)>,
) -> Result<(), Failure> {
    let tags: Vec<_> = tags.into_iter().collect();
    if tags.is_empty() {
        return Ok(());
    }
    let requested = tags.iter().map(|(key, value)| (&***key, &***value));
    let ask = Ask::new(action, resource)
        .request_tags(requested)
        .resource_tags(tags.iter().copied());
    call.authorize(&ask)
}
