use jiff::Timestamp;
use rolecall_sandbox_aws::sigv4::Credentials;
use serde_json::json;

use super::node::{condition_ready, described, heartbeat};
use super::{Machine, Step};
use crate::client::ec2::Instance;
use crate::client::{KubeClient, KubeError, LEASES, NODES};
use crate::identity::cluster_token;
use crate::object::Object;
use crate::reach::{Reach, Trouble};
use crate::view::View;

/// What a node's own agents read before pods have a network. `AmazonEKSAutoNodePolicy` grants it; the
/// group `system:nodes` alone does not (EKS User Guide, "Review access policy permissions").
const READ_BY_AGENTS: &str = "/apis/discovery.k8s.io/v1/endpointslices";

impl Machine {
    /// Goes as far as it is let.
    pub(super) fn knock(
        &mut self,
        reach: &Reach,
        id: &str,
        claim: &Object,
        view: &View,
    ) -> Result<Step, Trouble> {
        let described = reach.as_eks(|aws, credentials| aws.describe_instance(credentials, id))?;
        let Some(instance) = described.filter(Instance::is_alive) else {
            return Ok(Step::Gone);
        };
        let Some(credentials) = self.credentials(reach, &instance)? else {
            return Ok(Step::Refused);
        };
        let settings = &reach.settings;
        let token = cluster_token(
            &credentials,
            &settings.cluster,
            &settings.region,
            settings.suffix(),
            Timestamp::now(),
        );
        let Some(token) = token else {
            return Ok(Step::Refused);
        };
        let kube = KubeClient::with_token(settings.nodes.clone(), token);
        match present(reach, &kube, &instance, claim, view) {
            Ok(()) => Ok(Step::Joined),
            Err(error) if matches!(error.status(), 401 | 403) => Ok(Step::Refused),
            Err(error) => Err(error.into()),
        }
    }

    /// The credentials of the instance's role: EC2 assumes it for the instance, whose id is the
    /// session's name. `None` where there is no role or EC2 may not assume it.
    fn credentials(
        &mut self,
        reach: &Reach,
        instance: &Instance,
    ) -> Result<Option<Credentials>, Trouble> {
        if let Some(session) = &self.session
            && reach.now() < session.expires
        {
            return Ok(Some(session.credentials.clone()));
        }
        let Some(profile) = instance.profile_arn.rsplit('/').next() else {
            return Ok(None);
        };
        let ec2 = &reach.settings.ec2;
        let assumed =
            reach
                .aws
                .get_instance_profile(ec2, profile)
                .and_then(|profile| match profile.role {
                    Some(role) => {
                        let aws = &reach.aws;
                        aws.assume_role(ec2, &role.arn, &instance.id, &[]).map(Some)
                    }
                    None => Ok(None),
                });
        match assumed {
            Ok(session) => {
                self.session.clone_from(&session);
                Ok(session.map(|session| session.credentials))
            }
            Err(error) if error.is_transient() => Err(error.into()),
            Err(_) => Ok(None),
        }
    }
}

/// Registers the node, or says that it lives.
fn present(
    reach: &Reach,
    kube: &KubeClient,
    instance: &Instance,
    claim: &Object,
    view: &View,
) -> Result<(), KubeError> {
    let id = &instance.id;
    let known = view.nodes.get(id);
    if known.is_none() {
        let node = described(reach, instance, claim);
        match kube.create(NODES, &node) {
            Err(error) if error.status() != 409 => return Err(error),
            _ => {}
        }
    }
    let network = match kube.may_list(READ_BY_AGENTS) {
        Ok(()) => true,
        Err(error) if error.status() == 403 => false,
        Err(error) => return Err(error),
    };
    let is_ready = known.is_some_and(|node| node.condition("Ready") == "True");
    if known.is_none() || is_ready != network {
        let status = condition_ready(instance, claim, network, reach.now());
        kube.merge(NODES, &format!("{id}/status"), &json!({ "status": status }))?;
    }
    let lease = heartbeat(id, known.map(|node| node.uid()), reach.now());
    match kube.merge(LEASES, id, &lease) {
        Err(error) if error.status() == 404 => kube.create(LEASES, &lease).map(drop),
        other => other.map(drop),
    }
}

/// Marks a node that stopped saying that it lives, as the node lifecycle controller of Kubernetes does.
pub(super) fn lost(reach: &Reach, node: &Object) -> Result<(), KubeError> {
    if node.condition("Ready") == "Unknown" {
        return Ok(());
    }
    let now = reach.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mut conditions = node.list("/status/conditions").to_vec();
    conditions.retain(|one| one["type"] != "Ready");
    conditions.push(json!({
        "type": "Ready",
        "status": "Unknown",
        "reason": "NodeStatusUnknown",
        "message": "Kubelet stopped posting node status.",
        "lastHeartbeatTime": now,
        "lastTransitionTime": now,
    }));
    let change = json!({"status": {"conditions": conditions}});
    reach
        .kube
        .merge(NODES, &format!("{}/status", node.name()), &change)
        .map(drop)
}
