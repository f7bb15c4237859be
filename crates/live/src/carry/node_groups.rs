//! Managed node groups.

use aws_sdk_eks::types::NodegroupStatus;

use super::Carrier;
use super::attempt::{AtMost, Step};
use super::error::CarryError;
use super::refusal::{Failure, Refusal};
use crate::LiveError;

const CREATE: &str = "eks:CreateNodegroup";

impl Carrier<'_> {
    /// In the subnets of the cluster, with EKS's own choice of everything else. It is made when EKS has
    /// taken it on; its nodes come later.
    pub(super) async fn create_node_group(&self, name: &str, node_role: &str) -> Step {
        let subnets = match self.subnets().await {
            Ok(subnets) => subnets,
            Err(step) => return step,
        };
        let call = self
            .eks
            .create_nodegroup()
            .cluster_name(self.cluster)
            .nodegroup_name(name)
            .node_role(node_role)
            .set_subnets(Some(subnets))
            .client_request_token(self.token);
        let Err(error) = call.send().await else {
            return Step::Done;
        };
        let refusal = match Failure::of(&error, CREATE, self.cluster) {
            Failure::Step(step) => return step,
            Failure::Refused(refusal) => refusal,
        };
        match refusal.code() {
            "ResourceInUse" => self.group_in_use(name, node_role, refusal).await,
            "InvalidParameter" if refusal.says("cannot be found") => Step::again(
                format!("role `{node_role}` in EKS"),
                "EKS does not find the role; IAM tells it of a new one within seconds",
                AtMost::Usual,
                refusal,
            ),
            _ => refusal.failed(),
        }
    }

    async fn subnets(&self) -> Result<Vec<String>, Step> {
        let call = self.eks.describe_cluster().name(self.cluster);
        let answer = call
            .send()
            .await
            .map_err(|error| Failure::of(&error, "eks:DescribeCluster", self.cluster).step())?;
        let network = answer
            .cluster
            .and_then(|cluster| cluster.resources_vpc_config);
        let subnets = network.and_then(|network| network.subnet_ids);
        subnets
            .filter(|subnets| !subnets.is_empty())
            .ok_or_else(|| {
                Step::Failed(CarryError::Live(LiveError::Failed {
                    call: "eks:DescribeCluster".to_owned(),
                    problem: "the answer names no subnets to put a node group into".to_owned(),
                }))
            })
    }

    /// There is a group of that name: the one that is wanted, one that is about to go, or another one.
    async fn group_in_use(&self, name: &str, node_role: &str, refusal: Refusal) -> Step {
        let call = self
            .eks
            .describe_nodegroup()
            .cluster_name(self.cluster)
            .nodegroup_name(name);
        let group = match call.send().await {
            Ok(answer) => answer.nodegroup,
            Err(error) => {
                return Failure::of(&error, "eks:DescribeNodegroup", name).or(|missing| {
                    match missing.code() {
                        "ResourceNotFound" if !missing.is_of_cluster() => Step::again(
                            format!("node group `{name}`"),
                            "EKS says that it is in use and that it is not there; it does not agree \
                             with itself yet",
                            AtMost::Usual,
                            refusal,
                        ),
                        _ => missing.failed(),
                    }
                });
            }
        };
        let status = group.as_ref().and_then(|group| group.status.clone());
        if status == Some(NodegroupStatus::Deleting) {
            return Step::again(
                format!("the end of the node group `{name}`"),
                "a node group of that name is being deleted, and its instances with it",
                AtMost::Update,
                refusal,
            );
        }
        let role = group.and_then(|group| group.node_role).unwrap_or_default();
        if role == node_role {
            return Step::Done;
        }
        Step::changed(
            format!("the node group `{name}`"),
            format!("is there and has the role `{role}`, not `{node_role}`"),
        )
    }

    pub(super) async fn delete_node_group(&self, name: &str) -> Step {
        let call = self
            .eks
            .delete_nodegroup()
            .cluster_name(self.cluster)
            .nodegroup_name(name);
        let Err(error) = call.send().await else {
            return Step::Done;
        };
        Failure::of(&error, "eks:DeleteNodegroup", name).or(|refusal| match refusal.code() {
            "ResourceNotFound" if !refusal.is_of_cluster() => {
                Step::gone(format!("node group `{name}`"))
            }
            _ => refusal.failed(),
        })
    }
}
