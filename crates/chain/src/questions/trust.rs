use rolecall_facts::{Fact, Role};

use crate::context::{ChainContext, Flavour, Launcher};
use crate::iam::{Answer, Asked, Document, Place, Question, ask_resource};

/// EC2's name in trust policies beside `ec2.amazonaws.com`, by partition (Amazon EKS API,
/// `CreateNodegroup`, which names the principals it takes).
const OTHER_NAMES: [(&str, &str); 3] = [
    ("aws-cn", "ec2.amazonaws.com.cn"),
    ("aws-iso", "ec2.c2s.ic.gov"),
    ("aws-iso-b", "ec2.sc2s.sgov.gov"),
];

/// May EC2 assume the node role? (IAM User Guide, "Use an IAM role to grant permissions to
/// applications running on Amazon EC2 instances".) Where the partition is not known, a trust policy
/// that names EC2 as another partition does leaves it open.
pub(super) fn node_trust(context: &ChainContext<'_>) -> Option<Asked> {
    let role = context.role.role()?;
    let ask =
        |service: &'static str| ask_trust(context, role, service, "sts:AssumeRole", Vec::new());
    let asked = ask("ec2.amazonaws.com");
    if !asked.is_denied() {
        return Some(asked);
    }
    let partition = context.place().partition;
    let allowed = |service: &'static str| ask(service).answer == Answer::Allowed;
    match partition.as_deref() {
        Some("aws" | "aws-us-gov") => Some(asked),
        Some(partition) => match OTHER_NAMES.iter().find(|(known, _)| *known == partition) {
            Some((_, service)) => Some(ask(service))
                .filter(|second| !second.is_denied())
                .or(Some(asked)),
            None => {
                let why = format!("EC2's name in the partition `{partition}` is not known");
                Some(Asked::unknown(asked.question, why))
            }
        },
        None if OTHER_NAMES.iter().any(|(_, service)| allowed(service)) => {
            let why = "it depends on the partition this is applied to";
            Some(Asked::unknown(asked.question, why))
        }
        None => Some(asked),
    }
}

/// May EKS assume the cluster role, and tag the session with the cluster's name? Auto Mode does both
/// (EKS User Guide, "Amazon EKS Auto Mode cluster IAM role").
pub(super) fn cluster_trust(context: &ChainContext<'_>) -> Vec<Asked> {
    let Launcher::ClusterRole(found) = &context.launcher else {
        return Vec::new();
    };
    let (Flavour::AutoMode, Some(role)) = (context.flavour, found.role()) else {
        return Vec::new();
    };
    let tag = vec![
        (
            "aws:RequestTag/eks:eks-cluster-name".to_owned(),
            vec![context.cluster_for_questions()],
        ),
        (
            "aws:TagKeys".to_owned(),
            vec!["eks:eks-cluster-name".to_owned()],
        ),
    ];
    ["sts:AssumeRole", "sts:TagSession"]
        .into_iter()
        .map(|action| ask_trust(context, role, "eks.amazonaws.com", action, tag.clone()))
        .collect()
}

pub(super) fn ask_trust(
    context: &ChainContext<'_>,
    role: &Role,
    service: &str,
    action: &'static str,
    keys: Vec<(String, Vec<String>)>,
) -> Asked {
    let place: Place = context.place();
    let resource = match role.identity() {
        Some(Ok(identity)) => place.role_arn(&identity),
        _ => format!(
            "arn:{}:iam::{}:role/unknown",
            place.partition(),
            place.account()
        ),
    };
    let question = Question {
        kind: "trust",
        who: service.to_owned(),
        principal: service.to_owned(),
        action: action.into(),
        resource,
        context: keys,
        settled: &[
            "aws:RequestTag/*",
            "aws:TagKeys",
            "aws:PrincipalTag/*",
            "aws:PrincipalOrgID",
        ],
        place,
    };
    match &role.trust {
        Fact::Known { value, origin } => {
            let name = role.name.value().map(String::as_str).unwrap_or("the role");
            let document = Document::of(&format!("the trust policy of {name}"), value, origin);
            ask_resource(&context.world.compiler, question, &document)
        }
        Fact::Unknown { why, .. } => Asked::unknown(question, why.to_string()),
    }
}
