//! From a claim to an instance.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::client::AwsError;
use crate::client::ec2::{Launch, Template};
use crate::client::eks::Cluster;
use crate::object::Object;
use crate::reach::{Reach, Trouble, short_hash};
use crate::view::{POOL_LABEL, View};

/// What became of a launch.
pub(super) enum Launched {
    Running(Facts),
    Failed {
        reason: &'static str,
        message: String,
    },
    /// No launch can work: the class is not ready, or there is no capacity.
    Impossible,
}

/// What a running instance adds to its claim.
pub(super) struct Facts {
    pub(super) status: Map<String, Value>,
    pub(super) labels: Map<String, Value>,
}

/// Launches an instance as the cluster role: a launch template, then an instant fleet of one
/// (karpenter-provider-aws, `pkg/providers/instance`).
pub(super) fn launch(
    reach: &Reach,
    cluster: &Cluster,
    claim: &Object,
    view: &View,
) -> Result<Launched, Trouble> {
    let class = view.classes.get(claim.text("/spec/nodeClassRef/name"));
    let Some(class) = class.filter(|class| class.condition("Ready") == "True") else {
        return Ok(Launched::Impossible);
    };
    let launched = request(reach, cluster, claim, class);
    let id = match launched {
        Ok(id) => id,
        Err(error) if error.is_transient() => return Err(error.into()),
        Err(error) => return Ok(failed(&error)),
    };
    let described = reach.as_eks(|aws, credentials| aws.describe_instance(credentials, &id))?;
    let instance = described.unwrap_or_default();
    let capacity =
        json!({"cpu": "2", "memory": "7934Mi", "pods": "27", "ephemeral-storage": "80Gi"});
    let status = [
        (
            "providerID",
            format!("aws:///{}/{id}", instance.zone).into(),
        ),
        ("imageID", instance.image.into()),
        ("capacity", capacity.clone()),
        ("allocatable", capacity),
    ];
    let labels = [
        ("node.kubernetes.io/instance-type", instance.kind.as_str()),
        ("topology.kubernetes.io/zone", &instance.zone),
        ("topology.kubernetes.io/region", &reach.settings.region),
        ("karpenter.sh/capacity-type", capacity_type(claim)),
        ("eks.amazonaws.com/nodeclass", class.name()),
        ("kubernetes.io/arch", architecture(claim)),
        ("kubernetes.io/os", "linux"),
    ];
    Ok(Launched::Running(Facts {
        status: status
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        labels: labels
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect(),
    }))
}

fn request(
    reach: &Reach,
    cluster: &Cluster,
    claim: &Object,
    class: &Arc<Object>,
) -> Result<String, AwsError> {
    let tags = tags(reach, claim, class);
    let groups = ids(class, "/status/securityGroups");
    let zones = values(claim, "topology.kubernetes.io/zone");
    let subnets: Vec<&str> = class
        .list("/status/subnets")
        .iter()
        .filter(|subnet| {
            let zone = subnet.get("zone").and_then(Value::as_str);
            zones.is_empty() || zone.is_some_and(|zone| zones.contains(&zone))
        })
        .filter_map(|subnet| subnet.get("id")?.as_str())
        .collect();
    let profile = class.text("/status/instanceProfile");
    let image = image(cluster, claim);
    let name = format!(
        "eks.amazonaws.com/{:016x}{:016x}",
        short_hash(&format!(
            "{}{tags:?}{groups:?}{profile}{image}",
            class.uid()
        )),
        short_hash(&format!("{}/{}", class.uid(), claim.label(POOL_LABEL))),
    );
    let template = Template {
        name: &name,
        profile,
        image: &image,
        security_groups: groups,
        tags: &tags,
    };
    let created = reach.as_cluster(&cluster.role_arn, |aws, credentials| {
        aws.create_launch_template(credentials, &template)
    });
    match created {
        Err(error) if !error.code().contains("AlreadyExists") => return Err(error),
        _ => {}
    }
    let types = instance_types(claim);
    let token = format!("{}-{}", claim.uid(), reach.now().as_millisecond());
    reach.as_cluster(&cluster.role_arn, |aws, credentials| {
        let launch = Launch {
            template: &name,
            token: &token,
            instance_types: &types,
            subnets: subnets.clone(),
            capacity_type: capacity_type(claim),
            tags: &tags,
        };
        aws.create_fleet(credentials, &launch)
    })
}

/// The tags of what is launched: EKS's own, which `AmazonEKSComputePolicy` asks for and compares with
/// the session's tag, then those of the class.
fn tags(reach: &Reach, claim: &Object, class: &Object) -> Vec<(String, String)> {
    let own = [
        ("eks:eks-cluster-name", reach.settings.cluster.as_str()),
        ("eks:kubernetes-node-class-name", class.name()),
        ("eks:kubernetes-node-pool-name", claim.label(POOL_LABEL)),
    ];
    own.into_iter()
        .chain(class.map("/spec/tags"))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

fn ids<'a>(class: &'a Object, pointer: &str) -> Vec<&'a str> {
    let all = class.list(pointer).iter();
    all.filter_map(|one| one.get("id")?.as_str()).collect()
}

/// The values a claim requires of a label by `In`.
fn values<'a>(claim: &'a Object, key: &str) -> Vec<&'a str> {
    claim
        .list("/spec/requirements")
        .iter()
        .filter(|one| {
            let text = |name: &str| one.get(name).and_then(Value::as_str);
            text("key") == Some(key) && text("operator") == Some("In")
        })
        .filter_map(|one| one.get("values")?.as_array())
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

fn capacity_type(claim: &Object) -> &'static str {
    match values(claim, "karpenter.sh/capacity-type").as_slice() {
        ["spot"] => "spot",
        _ => "on-demand",
    }
}

fn architecture(claim: &Object) -> &'static str {
    match values(claim, "kubernetes.io/arch").as_slice() {
        ["arm64"] => "arm64",
        _ => "amd64",
    }
}

/// The instance types a claim asks for by name, or one of its architecture: nothing here weighs
/// prices or sizes.
fn instance_types(claim: &Object) -> Vec<String> {
    let named = values(claim, "node.kubernetes.io/instance-type");
    match (named.as_slice(), architecture(claim)) {
        ([], "arm64") => vec!["m6g.large".to_owned()],
        ([], _) => vec!["m5.large".to_owned()],
        (named, _) => named.iter().map(|one| (*one).to_owned()).collect(),
    }
}

/// An image id that is the same for one Kubernetes version and architecture. The images of Auto Mode
/// are AWS's own, and their ids are not published.
fn image(cluster: &Cluster, claim: &Object) -> String {
    let hash = short_hash(&format!("{}/{}", cluster.version, architecture(claim)));
    format!("ami-0{hash:016x}")
}

/// The condition of a launch that AWS refused (karpenter-provider-aws, `pkg/errors/errors.go`;
/// kubernetes-sigs/karpenter, `pkg/controllers/nodeclaim/lifecycle/launch.go`).
fn failed(error: &AwsError) -> Launched {
    const LONGEST: usize = 300;
    let (code, text) = match error {
        AwsError::Answered { code, message, .. } => (code.as_str(), message.as_str()),
        _ => ("", ""),
    };
    let failed = |reason, message: &str| Launched::Failed {
        reason,
        message: message.chars().take(LONGEST).collect(),
    };
    match code {
        "UnauthorizedOperation" | "AccessDenied" | "AccessDeniedException" => {
            failed("Unauthorized", why_unauthorized(text))
        }
        "InsufficientInstanceCapacity" | "MaxSpotInstanceCountExceeded" | "VcpuLimitExceeded" => {
            Launched::Impossible
        }
        _ if text.contains("Invalid IAM Instance Profile name") => {
            failed("InstanceProfileNameInvalid", text)
        }
        _ => failed("LaunchFailed", &error.to_string()),
    }
}

/// Karpenter tells the causes apart by AWS's words for an explicit deny.
fn why_unauthorized(text: &str) -> &'static str {
    if text.contains("explicit deny in a permissions boundary") {
        "User is not authorized to perform this operation due to a permission boundary"
    } else if text.contains("explicit deny in a service control policy") {
        "User is not authorized to perform this operation due to a service control policy"
    } else {
        "User is not authorized to perform this operation because no identity-based policy allows it"
    }
}
