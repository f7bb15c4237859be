use std::collections::BTreeSet;

use super::SYSTEMS_MANAGER;
use crate::context::{ChainContext, Flavour, RoleFound};
use crate::iam::{Answer, Asked, Question, RolePolicies, ask_identity};

/// How many repositories that policies name are asked about.
const REPOSITORIES_TRIED: usize = 32;

/// Something a node's role must be allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Need {
    pub(crate) action: &'static str,
    /// What it is for, after "to".
    pub(crate) purpose: &'static str,
    /// The AWS managed policy that grants it, where one grants this and little else.
    pub(crate) granted_by: Option<&'static str>,
}

/// A need with its answer.
pub(crate) struct Needed {
    pub(crate) need: Need,
    pub(crate) asked: Asked,
}

/// Pulling images from Amazon ECR, as every kind of node does
/// (EKS User Guide, "Amazon EKS node IAM role").
const PULL: [Need; 3] = [
    Need {
        action: "ecr:GetAuthorizationToken",
        purpose: "log in to Amazon ECR",
        granted_by: Some("AmazonEC2ContainerRegistryPullOnly"),
    },
    Need {
        action: "ecr:BatchGetImage",
        purpose: "pull images from Amazon ECR",
        granted_by: Some("AmazonEC2ContainerRegistryPullOnly"),
    },
    Need {
        action: "ecr:GetDownloadUrlForLayer",
        purpose: "pull images from Amazon ECR",
        granted_by: Some("AmazonEC2ContainerRegistryPullOnly"),
    },
];

/// What Auto Mode's nodes need besides (EKS User Guide, "Amazon EKS Auto Mode node IAM role").
const AUTO_MODE: [Need; 1] = [Need {
    action: "eks-auth:AssumeRoleForPodIdentity",
    purpose: "give pods the credentials of Pod Identity",
    granted_by: Some("AmazonEKSWorkerNodeMinimalPolicy"),
}];

/// What other nodes need besides (EKS User Guide, "Amazon EKS node IAM role").
const WORKER: [Need; 2] = [
    Need {
        action: "ec2:DescribeInstances",
        purpose: "learn its own private DNS name",
        granted_by: Some("AmazonEKSWorkerNodePolicy"),
    },
    Need {
        action: "eks:DescribeCluster",
        purpose: "learn the cluster's endpoint when it boots",
        granted_by: Some("AmazonEKSWorkerNodePolicy"),
    },
];

/// What hybrid nodes need besides; neither lookup is needed where nodeadm is told what it would look up
/// (EKS User Guide, "Prepare credentials for hybrid nodes").
const HYBRID: [Need; 2] = [
    Need {
        action: "eks:DescribeCluster",
        purpose: "learn the cluster's endpoint when nodeadm sets it up",
        granted_by: None,
    },
    Need {
        action: "eks:ListAccessEntries",
        purpose: "let nodeadm see that the cluster lets it in",
        granted_by: None,
    },
];

/// What they need where Systems Manager gives them their credentials.
const HYBRID_BY_SYSTEMS_MANAGER: [Need; 3] = [
    HYBRID[0],
    HYBRID[1],
    Need {
        action: "ssm:UpdateInstanceInformation",
        purpose: "register with Systems Manager",
        granted_by: Some("AmazonSSMManagedInstanceCore"),
    },
];

/// Whether a node that lacks this alone may be fine: only what looks the cluster up needs it.
pub(crate) fn is_lookup(need: &Need) -> bool {
    matches!(need.action, "eks:DescribeCluster" | "eks:ListAccessEntries")
}

/// What the role's nodes need, with the answers; `trust` is who may assume the role.
pub(super) fn needed(context: &ChainContext<'_>, trust: Option<&Asked>) -> Vec<Needed> {
    let RoleFound::Found { role, identity } = &context.role else {
        return Vec::new();
    };
    let place = context.place();
    let policies = RolePolicies::of(context.world, role);
    let more: &[Need] = match context.flavour {
        Flavour::AutoMode => &AUTO_MODE,
        Flavour::Karpenter | Flavour::Managed | Flavour::SelfManaged => &WORKER,
        Flavour::Hybrid if trust.is_some_and(is_systems_manager) => &HYBRID_BY_SYSTEMS_MANAGER,
        Flavour::Hybrid => &HYBRID,
    };
    let principal = identity.as_ref().map_or_else(
        || {
            format!(
                "arn:{}:iam::{}:role/unknown",
                place.partition(),
                place.account()
            )
        },
        |identity| place.role_arn(identity),
    );
    let ask = |need: &Need, resource: String| {
        let question = Question {
            kind: "permissions",
            who: "the node role".to_owned(),
            principal: principal.clone(),
            action: need.action.into(),
            resource,
            context: region_key(context, need.action),
            settled: &["aws:RequestTag/*", "aws:TagKeys"],
            place: place.clone(),
        };
        ask_identity(&context.world.compiler, question, &policies)
    };
    let needed = |need: &Need| {
        let mut asked = ask(need, resource(context, need.action));
        if asked.is_denied() && is_on_a_repository(need) {
            let named = repositories(&policies);
            let mut answers = named.iter().map(|named| ask(need, named.clone()));
            if let Some(allowed) = answers.find(|again| again.answer == Answer::Allowed) {
                asked = allowed;
            } else if named.iter().any(|named| !is_of(named, place.account())) {
                let why = "it depends on the policies of the repositories that the role names";
                asked = Asked::unknown(asked.question, why);
            }
        }
        Needed { need: *need, asked }
    };
    more.iter().chain(&PULL).map(needed).collect()
}

fn is_systems_manager(trust: &Asked) -> bool {
    trust.question.who == SYSTEMS_MANAGER && trust.answer == Answer::Allowed
}

fn is_on_a_repository(need: &Need) -> bool {
    need.action.starts_with("ecr:") && need.action != "ecr:GetAuthorizationToken"
}

/// Repositories as the role's policies name them: a role that may pull from some repositories only
/// can do what it needs.
fn repositories(policies: &RolePolicies) -> BTreeSet<String> {
    let texts = policies.identity.iter().map(|document| &*document.text);
    texts
        .flat_map(|text| text.split('"'))
        .filter(|text| text.starts_with("arn:") && text.contains(":repository/"))
        .map(|pattern| pattern.replace(['*', '?'], "x"))
        .take(REPOSITORIES_TRIED)
        .collect()
}

fn is_of(repository: &str, account: &str) -> bool {
    repository
        .split(":repository/")
        .next()
        .is_some_and(|place| place.ends_with(account))
}

/// A resource of the action: the cluster, any, or a repository of the account.
fn resource(context: &ChainContext<'_>, action: &str) -> String {
    match action {
        "eks-auth:AssumeRoleForPodIdentity" | "eks:DescribeCluster" | "eks:ListAccessEntries" => {
            context.cluster_arn()
        }
        "ecr:GetAuthorizationToken" | "ec2:DescribeInstances" => "*".to_owned(),
        "ssm:UpdateInstanceInformation" => {
            let place = context.place();
            let (partition, region) = (place.partition(), place.region());
            let account = place.account();
            format!("arn:{partition}:ssm:{region}:{account}:managed-instance/mi-0123456789abcdef0")
        }
        _ => {
            let place = context.place();
            let (partition, region) = (place.partition(), place.region());
            format!(
                "arn:{partition}:ecr:{region}:{}:repository/app",
                place.account()
            )
        }
    }
}

/// The region of the call. IAM's calls go to its one endpoint in us-east-1; what the key holds while
/// `iam:PassRole` is checked for another call is not documented
/// (IAM User Guide, "AWS global condition context keys", `aws:RequestedRegion`).
pub(super) fn region_key(context: &ChainContext<'_>, action: &str) -> Vec<(String, Vec<String>)> {
    let place = context.place();
    let region = match action {
        "iam:PassRole" => return Vec::new(),
        _ if action.starts_with("iam:") && place.partition() == "aws" => "us-east-1",
        _ => place.region(),
    };
    vec![("aws:RequestedRegion".to_owned(), vec![region.to_owned()])]
}
