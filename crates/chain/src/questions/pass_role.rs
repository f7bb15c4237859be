use rolecall_facts::RoleIdentity;

use super::permissions::region_key;
use crate::context::{ChainContext, Flavour, RoleReference};
use crate::iam::{Asked, Question, ask_identity};

/// The service that takes the role, by partition: Karpenter and Auto Mode pass it to EC2.
pub(crate) fn passed_to(context: &ChainContext<'_>) -> &'static str {
    match context.place().partition() {
        "aws-cn" => "ec2.amazonaws.com.cn",
        _ => "ec2.amazonaws.com",
    }
}

/// May the launcher pass exactly this role, path included, to EC2?
/// (IAM User Guide, "Grant a user permissions to pass a role to an AWS service".)
pub(super) fn pass_role(context: &ChainContext<'_>) -> Option<Asked> {
    may_pass(context, context.role.identity()?)
}

/// As [`pass_role`], for another ARN than the role's own.
pub(crate) fn may_pass(context: &ChainContext<'_>, identity: &RoleIdentity) -> Option<Asked> {
    if !context.launcher_is_asked() {
        return None;
    }
    let place = context.place();
    let mut keys = session_keys(context, "iam:PassRole");
    keys.push((
        "iam:PassedToService".to_owned(),
        vec![passed_to(context).to_owned()],
    ));
    Some(ask_launcher(
        context,
        "iam:PassRole",
        place.role_arn(identity),
        keys,
        "pass-role",
    ))
}

/// May the launcher handle the instance profile? Only asked where it makes one, that is when the
/// class names a role. In Auto Mode the cluster role adds the role to a profile `eks…` that EKS made
/// (AWS managed policy `AmazonEKSComputePolicy`); Karpenter makes and fills a profile under
/// `/karpenter/REGION/CLUSTER/CLASS-UID/` (karpenter.sh, "NodeClasses").
pub(super) fn instance_profile(context: &ChainContext<'_>) -> Vec<Asked> {
    let by_name = matches!(
        context.reference,
        RoleReference::Name { .. } | RoleReference::Arn(_)
    );
    if !context.launcher_is_asked() || !by_name {
        return Vec::new();
    }
    let place = context.place();
    let cluster = context.cluster_for_questions();
    let account = place.account();
    let region = place.region();
    let arn = |profile: String| {
        let partition = place.partition();
        format!("arn:{partition}:iam::{account}:instance-profile/{profile}")
    };
    let resource = arn(match context.flavour {
        Flavour::AutoMode => format!("eks-{region}-{cluster}"),
        _ => {
            format!("karpenter/{region}/{cluster}/3f1c0a52-8f4e-4c7b-9d2a-5b6e7f8091a2/{cluster}_1")
        }
    });
    let actions: &[&'static str] = match context.flavour {
        Flavour::AutoMode => &["iam:AddRoleToInstanceProfile"],
        _ => &[
            "iam:CreateInstanceProfile",
            "iam:AddRoleToInstanceProfile",
            "iam:GetInstanceProfile",
        ],
    };
    let keys = |action: &str| {
        let mut keys = session_keys(context, action);
        if context.flavour == Flavour::Karpenter {
            keys.extend(karpenter_profile_tags(context, action));
        }
        keys
    };
    let ask = |action: &'static str, resource: String| {
        ask_launcher(context, action, resource, keys(action), "profile")
    };
    actions
        .iter()
        .map(|action| {
            let asked = ask(action, resource.clone());
            // Older versions of Karpenter put their profiles at the root path.
            let older = asked.is_denied() && context.flavour == Flavour::Karpenter;
            if older && !ask(action, arn(format!("{cluster}_1"))).is_denied() {
                let why = "it depends on where this version of Karpenter puts its profiles";
                return Asked::unknown(asked.question, why);
            }
            asked
        })
        .collect()
}

/// The tags Karpenter puts on its instance profiles, as the request or as the resource carries them
/// (karpenter.sh, "CloudFormation", statements `AllowScopedInstanceProfile…`).
fn karpenter_profile_tags(context: &ChainContext<'_>, action: &str) -> Vec<(String, Vec<String>)> {
    let cluster = context.cluster_for_questions();
    let region = context.place().region().to_owned();
    let class = context
        .class
        .found()
        .map_or_else(String::new, |class| class.name.clone());
    let owned = format!("kubernetes.io/cluster/{cluster}");
    let tags = [
        (owned.as_str(), "owned".to_owned()),
        ("topology.kubernetes.io/region", region),
        ("karpenter.k8s.aws/ec2nodeclass", class),
        ("eks:eks-cluster-name", cluster.clone()),
    ];
    let on_request = action == "iam:CreateInstanceProfile";
    let on_resource = action != "iam:CreateInstanceProfile";
    let mut keys = Vec::new();
    for (key, value) in &tags {
        if on_request {
            keys.push((format!("aws:RequestTag/{key}"), vec![value.clone()]));
        }
        if on_resource {
            keys.push((format!("aws:ResourceTag/{key}"), vec![value.clone()]));
        }
    }
    if on_request {
        let names = tags.iter().map(|(key, _)| (*key).to_owned()).collect();
        keys.push(("aws:TagKeys".to_owned(), names));
    }
    keys
}

/// What the launcher's session carries: in Auto Mode the tag with the cluster's name
/// (EKS User Guide, "Amazon EKS Auto Mode cluster IAM role").
pub(super) fn session_keys(context: &ChainContext<'_>, action: &str) -> Vec<(String, Vec<String>)> {
    let mut keys = region_key(context, action);
    if context.flavour == Flavour::AutoMode {
        let cluster = context.cluster_for_questions();
        keys.push((
            "aws:PrincipalTag/eks:eks-cluster-name".to_owned(),
            vec![cluster],
        ));
    }
    keys
}

/// Asks on behalf of the launcher's role.
pub(super) fn ask_launcher(
    context: &ChainContext<'_>,
    action: &'static str,
    resource: String,
    keys: Vec<(String, Vec<String>)>,
    kind: &'static str,
) -> Asked {
    let question = |who: String, principal: String| Question {
        kind,
        who,
        principal,
        action: action.into(),
        resource: resource.clone(),
        context: keys.clone(),
        settled: &["aws:RequestTag/*", "aws:TagKeys", "iam:PassedToService"],
        place: context.place(),
    };
    match context.launcher_policies() {
        Ok((arn, who, policies)) => {
            ask_identity(&context.world.compiler, question(who, arn), &policies)
        }
        Err(why) => Asked::unknown(question("the launcher".to_owned(), String::new()), why),
    }
}
