use rolecall_facts::{Fact, Role};

use crate::context::{ChainContext, Flavour, Launcher};
use crate::iam::{Answer, Asked, Document, Place, Question, ask_resource};

/// May EC2 assume the node role? (IAM User Guide, "Use an IAM role to grant permissions to
/// applications running on Amazon EC2 instances".) In China both spellings of the service are tried.
pub(super) fn node_trust(context: &ChainContext<'_>) -> Option<Asked> {
    let role = context.role.role()?;
    let mut asked = ask_trust(
        context,
        role,
        "ec2.amazonaws.com",
        "sts:AssumeRole",
        Vec::new(),
    );
    if asked.is_denied() && context.place().partition() == "aws-cn" {
        let second = ask_trust(
            context,
            role,
            "ec2.amazonaws.com.cn",
            "sts:AssumeRole",
            Vec::new(),
        );
        if second.answer == Answer::Allowed {
            asked = second;
        }
    }
    Some(asked)
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

fn ask_trust(
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
