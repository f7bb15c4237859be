//! What a control plane is made with.

use std::sync::Arc;
use std::time::Duration;

use rolecall_arn::{AccountId, Partition};
use rolecall_sandbox_aws::sigv4::Credentials;
use rolecall_sandbox_aws::{Aws, Clock};
use rolecall_sandbox_kube::{ApiServer, User};

use crate::client::{AwsTransport, InProcessKube, KubeTransport};

/// How the control plane finds the ARN of a node class's role
/// (aws/containers-roadmap#2486).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Generation {
    /// It reads the ARN from the instance profile it put the role into, path and all.
    #[default]
    Current,
    /// It puts the ARN together from `spec.role`, so that a path is lost.
    Legacy,
}

/// What a control plane is made with.
#[derive(Clone)]
pub struct Settings {
    /// How it finds a role's ARN.
    pub generation: Generation,
    /// The cluster's name.
    pub cluster: String,
    /// The cluster's account.
    pub account: AccountId,
    /// The cluster's region.
    pub region: String,
    /// Names of node claims and events follow from it.
    pub seed: u64,
    /// How often a node class is looked at again when nothing changed. AWS publishes no number;
    /// Karpenter's is ten minutes (karpenter-provider-aws, `pkg/controllers/nodeclass`).
    pub resync: Duration,
    /// The sandbox's time. Signatures are made by the wall clock, as any client makes them.
    pub clock: Arc<Clock>,
    /// Carries requests to AWS.
    pub aws: Arc<dyn AwsTransport>,
    /// Credentials of `eks.amazonaws.com`, which assumes the roles EKS acts under.
    pub eks: Credentials,
    /// Credentials of `ec2.amazonaws.com`, which hands a role's credentials to its instances.
    pub ec2: Credentials,
    /// Carries the control plane's requests to the cluster's API server.
    pub kube: Arc<dyn KubeTransport>,
    /// Carries the nodes' requests there; they show tokens.
    pub nodes: Arc<dyn KubeTransport>,
}

impl Settings {
    /// A current control plane of a cluster whose two endpoints live in this process.
    #[must_use]
    pub fn in_process(
        aws: &Aws,
        server: &Arc<ApiServer>,
        cluster: &str,
        account: AccountId,
        region: &str,
    ) -> Self {
        let user = User::new("eks:compute", ["system:masters"]);
        Self {
            generation: Generation::Current,
            cluster: cluster.to_owned(),
            account,
            region: region.to_owned(),
            seed: 0,
            resync: Duration::from_secs(600),
            clock: Arc::clone(aws.clock()),
            aws: Arc::new(aws.clone()),
            eks: aws.service_credentials("eks.amazonaws.com", account),
            ec2: aws.service_credentials("ec2.amazonaws.com", account),
            kube: Arc::new(InProcessKube::acting_as(Arc::clone(server), user)),
            nodes: Arc::new(InProcessKube::unauthenticated(Arc::clone(server))),
        }
    }

    pub(crate) fn partition(&self) -> Partition {
        Partition::of_region(&self.region)
    }

    /// What the names of AWS's hosts end with.
    pub(crate) fn suffix(&self) -> &'static str {
        if self.region.starts_with("cn-") {
            "amazonaws.com.cn"
        } else {
            "amazonaws.com"
        }
    }
}
