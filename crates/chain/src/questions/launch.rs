use super::pass_role::{ask_launcher, session_keys};
use crate::context::{ChainContext, Flavour};
use crate::iam::{Answer, Asked};

/// May the launcher do one of the calls that start an instance?
pub(crate) struct LaunchQuestion {
    /// With the tags the class asks for.
    pub(crate) asked: Asked,
    /// The same without the class's own tags, when it has any and the answer above is no.
    pub(crate) without_custom_tags: Option<Answer>,
}

/// The calls of a launch and the resource whose request tags the policies look at: Karpenter and
/// Auto Mode make a launch template, then a fleet, which runs instances
/// (karpenter-provider-aws, `pkg/controllers/nodeclass/validation.go`).
const CALLS: [(&str, &str); 3] = [
    ("ec2:CreateLaunchTemplate", "launch-template"),
    ("ec2:CreateFleet", "fleet"),
    ("ec2:RunInstances", "instance"),
];

pub(super) fn launch(context: &ChainContext<'_>) -> Vec<LaunchQuestion> {
    if !context.launcher_is_asked() {
        return Vec::new();
    }
    let custom: Vec<(String, String)> = context
        .class
        .found()
        .map(|class| {
            let tag = |tag: &rolecall_facts::Tag| {
                (
                    tag.key.clone(),
                    tag.value.value().cloned().unwrap_or_default(),
                )
            };
            class.tags.iter().map(tag).collect()
        })
        .unwrap_or_default();
    let open = open_tag(context);
    CALLS
        .iter()
        .map(|(action, kind)| {
            let mut asked = ask(context, action, kind, &custom);
            if let (true, Some(why)) = (asked.is_denied(), &open) {
                asked = Asked::unknown(asked.question, why.clone());
            }
            let plain = (asked.is_denied() && !custom.is_empty())
                .then(|| ask(context, action, kind, &[]).answer);
            LaunchQuestion {
                asked,
                without_custom_tags: plain,
            }
        })
        .collect()
}

/// Why the value of a custom tag that the launcher's policies look at is not known.
fn open_tag(context: &ChainContext<'_>) -> Option<String> {
    let tags = &context.class.found()?.tags;
    let (_, _, policies) = context.launcher_policies().ok()?;
    tags.iter().find_map(|tag| {
        let why = tag.value.why()?;
        let condition = format!("aws:RequestTag/{}", tag.key).to_ascii_lowercase();
        let looked_at = policies
            .identity
            .iter()
            .any(|document| document.text.to_ascii_lowercase().contains(&condition));
        looked_at.then(|| format!("tag `{}`: {why}", tag.key))
    })
}

fn ask(
    context: &ChainContext<'_>,
    action: &'static str,
    kind: &str,
    custom: &[(String, String)],
) -> Asked {
    let place = context.place();
    let resource = format!(
        "arn:{}:ec2:{}:{}:{kind}/*",
        place.partition(),
        place.region(),
        place.account()
    );
    let mut tags = own_tags(context);
    tags.extend(custom.iter().cloned());
    let mut keys = session_keys(context, action);
    for (key, value) in &tags {
        keys.push((format!("aws:RequestTag/{key}"), vec![value.clone()]));
    }
    keys.push((
        "aws:TagKeys".to_owned(),
        tags.into_iter().map(|(key, _)| key).collect(),
    ));
    ask_launcher(context, action, resource, keys, "launch")
}

/// The tags that the controller itself puts on what it launches (AWS managed policy
/// `AmazonEKSComputePolicy`; karpenter.sh, "CloudFormation").
fn own_tags(context: &ChainContext<'_>) -> Vec<(String, String)> {
    let cluster = context.cluster_for_questions();
    let class = context
        .class
        .found()
        .map_or_else(|| "default".to_owned(), |class| class.name.clone());
    let pool = context.pool.name.clone();
    match context.flavour {
        Flavour::AutoMode => vec![
            ("eks:eks-cluster-name".to_owned(), cluster),
            ("eks:kubernetes-node-class-name".to_owned(), class),
            ("eks:kubernetes-node-pool-name".to_owned(), pool),
        ],
        _ => vec![
            (
                format!("kubernetes.io/cluster/{cluster}"),
                "owned".to_owned(),
            ),
            ("eks:eks-cluster-name".to_owned(), cluster),
            ("karpenter.sh/nodepool".to_owned(), pool),
            ("karpenter.k8s.aws/ec2nodeclass".to_owned(), class),
        ],
    }
}
