use rolecall_facts::RoleIdentity;

use crate::context::ChainContext;
use crate::iam::{Asked, Question, RolePolicies, ask_identity};

/// The role under which the EKS control plane looks at access entries.
const SERVICE_ROLE: &str = "aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS";

/// What EKS is told when it asks `eks:DescribeAccessEntry` for a principal, as the service-linked role
/// with its managed policy `AmazonEKSServiceRolePolicy`.
///
/// Authorisation comes before anything else, so an entry that does not exist has no
/// `eks:accessEntryType`, and the answer is AccessDenied, not ResourceNotFound
/// (Service Authorization Reference, "Amazon EKS"; aws/containers-roadmap#2486).
pub(crate) fn describe_entry(
    context: &ChainContext<'_>,
    asked_for: &RoleIdentity,
    entry_type: Option<&str>,
) -> Asked {
    let place = context.place();
    let account = place.account().to_owned();
    let partition = place.partition();
    let mut keys = vec![
        (
            "eks:principalArn".to_owned(),
            vec![place.role_arn(asked_for)],
        ),
        (
            "eks:clusterName".to_owned(),
            vec![context.cluster_for_questions()],
        ),
    ];
    if let Some(entry_type) = entry_type {
        keys.push((
            "eks:accessEntryType".to_owned(),
            vec![entry_type.to_owned()],
        ));
    }
    // An entry's own id is the last part; of one that does not exist EKS names the rest with `*`.
    let resource = format!(
        "arn:{partition}:eks:{}:{account}:access-entry/{}/role/{account}/{}/*",
        place.region(),
        context.cluster_for_questions(),
        asked_for.name,
    );
    let question = Question {
        kind: "describe-entry",
        who: "AWSServiceRoleForAmazonEKS".to_owned(),
        principal: format!("arn:{partition}:iam::{account}:role/{SERVICE_ROLE}"),
        action: "eks:DescribeAccessEntry".into(),
        resource,
        context: keys,
        settled: &[
            "eks:*",
            "aws:RequestTag/*",
            "aws:TagKeys",
            "aws:ResourceTag/*",
        ],
        place,
    };
    let policies =
        RolePolicies::service_linked(&context.world.compiler, "AmazonEKSServiceRolePolicy");
    ask_identity(&context.world.compiler, question, &policies)
}
