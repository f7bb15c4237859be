//! Updates of the cluster's own configuration.

use aws_sdk_eks::types;
use rolecall_facts::AuthenticationMode;

use super::Carrier;
use super::attempt::{Again, AtMost, InVain, Step};
use super::error::CarryError;
use super::refusal::{Failure, Refusal};
use super::waiting::Waiting;

const CALL: &str = "eks:UpdateClusterConfig";

impl Carrier<'_> {
    pub(super) async fn set_mode(&self, mode: AuthenticationMode) -> Step {
        let access = types::UpdateAccessConfigRequest::builder()
            .authentication_mode(types::AuthenticationMode::from(mode.as_str()));
        let call = self
            .eks
            .update_cluster_config()
            .name(self.cluster)
            .access_config(access.build())
            .client_request_token(self.token);
        match call.send().await {
            Ok(answer) => begun(answer.update),
            Err(error) => match Failure::of(&error, CALL, self.cluster) {
                Failure::Step(step) => step,
                Failure::Refused(refusal) => {
                    let is_so = |cluster: &types::Cluster| {
                        let access = cluster.access_config.as_ref();
                        let found = access.and_then(|access| access.authentication_mode.as_ref());
                        found.is_some_and(|found| found.as_str() == mode.as_str())
                    };
                    self.refused_update(refusal, is_so).await
                }
            },
        }
    }

    /// All three settings of Auto Mode are sent: EKS takes them only together
    /// (kubernetes-sigs/cluster-api-provider-aws#5278).
    pub(super) async fn set_compute(
        &self,
        enabled: bool,
        node_pools: &[String],
        node_role: Option<&str>,
    ) -> Step {
        let compute = types::ComputeConfigRequest::builder()
            .enabled(enabled)
            .set_node_pools(Some(node_pools.to_vec()).filter(|_| enabled))
            .set_node_role_arn(node_role.map(str::to_owned));
        let balancing = types::ElasticLoadBalancing::builder().enabled(enabled);
        let network = types::KubernetesNetworkConfigRequest::builder()
            .elastic_load_balancing(balancing.build());
        let block = types::BlockStorage::builder().enabled(enabled);
        let storage = types::StorageConfigRequest::builder().block_storage(block.build());
        let call = self
            .eks
            .update_cluster_config()
            .name(self.cluster)
            .compute_config(compute.build())
            .kubernetes_network_config(network.build())
            .storage_config(storage.build())
            .client_request_token(self.token);
        match call.send().await {
            Ok(answer) => begun(answer.update),
            Err(error) => match Failure::of(&error, CALL, self.cluster) {
                Failure::Step(step) => step,
                Failure::Refused(refusal) if refusal.says("cannot be found") => Step::again(
                    format!("role `{}` in EKS", node_role.unwrap_or_default()),
                    "EKS does not find the role; IAM tells it of a new one within seconds",
                    AtMost::Usual,
                    refusal,
                ),
                Failure::Refused(refusal) => {
                    let is_so = |cluster: &types::Cluster| {
                        let found = cluster.compute_config.as_ref();
                        let pools = found.and_then(|found| found.node_pools.as_deref());
                        let mut pools = pools.unwrap_or_default().to_vec();
                        let mut wanted = node_pools.to_vec();
                        pools.sort();
                        wanted.sort();
                        found.and_then(|found| found.enabled).unwrap_or(false) == enabled
                            && (!enabled
                                || pools == wanted
                                    && found.and_then(|found| found.node_role_arn.as_deref())
                                        == node_role)
                    };
                    self.refused_update(refusal, is_so).await
                }
            },
        }
    }

    /// An update that is refused because the cluster is so already has been made.
    async fn refused_update(
        &self,
        refusal: Refusal,
        is_so: impl Fn(&types::Cluster) -> bool,
    ) -> Step {
        match refusal.code() {
            "ResourceInUse" => Step::again(
                format!("the end of an update of the cluster `{}`", self.cluster),
                "EKS makes one update of a cluster at a time",
                AtMost::Update,
                refusal,
            ),
            "InvalidParameter" | "InvalidRequest" => {
                let call = self.eks.describe_cluster().name(self.cluster);
                match call.send().await {
                    Ok(answer) if answer.cluster.as_ref().is_some_and(is_so) => Step::Done,
                    Ok(_) => refusal.failed(),
                    Err(error) => Failure::of(&error, "eks:DescribeCluster", self.cluster).step(),
                }
            }
            _ => refusal.failed(),
        }
    }

    /// Waits until an update has ended.
    pub(super) async fn updated(
        &self,
        update: &str,
        waiting: &mut Waiting<'_>,
    ) -> Result<(), CarryError> {
        loop {
            let call = self
                .eks
                .describe_update()
                .name(self.cluster)
                .update_id(update);
            let step = match call.send().await {
                Ok(answer) => ended(answer.update, update),
                Err(error) => {
                    let failure = Failure::of(&error, "eks:DescribeUpdate", self.cluster);
                    failure.or(|refusal| match refusal.code() {
                        "ResourceNotFound" if !refusal.is_of_cluster() => Step::again(
                            format!("update `{update}`"),
                            "EKS does not show the update; one that began only now is shown within \
                             seconds",
                            AtMost::Usual,
                            refusal,
                        ),
                        _ => refusal.failed(),
                    })
                }
            };
            match step {
                Step::Failed(error) => return Err(error),
                Step::Again(again) => {
                    if !waiting.pause(again).await? {
                        return Ok(());
                    }
                }
                Step::Done | Step::Begun(_) => return Ok(()),
            }
        }
    }
}

fn begun(update: Option<types::Update>) -> Step {
    // An answer without an update says that there is nothing to wait for.
    update
        .and_then(|update| update.id)
        .map_or(Step::Done, Step::Begun)
}

fn ended(update: Option<types::Update>, id: &str) -> Step {
    let status = update.as_ref().and_then(|update| update.status.as_ref());
    let said = update.as_ref().map(|update| {
        let errors = update.errors.iter().flatten();
        let errors = errors.map(|error| {
            let code = error
                .error_code
                .as_ref()
                .map_or("", types::ErrorCode::as_str);
            let message = error.error_message.as_deref().unwrap_or_default();
            format!("{code}: {message}")
        });
        errors.collect::<Vec<_>>().join("; ")
    });
    match status {
        Some(types::UpdateStatus::Successful) => Step::Done,
        Some(status @ (types::UpdateStatus::Failed | types::UpdateStatus::Cancelled)) => {
            Step::Failed(CarryError::Refused {
                call: CALL.to_owned(),
                said: format!(
                    "update `{id}` is {}: {}",
                    status.as_str(),
                    said.unwrap_or_default()
                ),
                waited: None,
            })
        }
        _ => Step::Again(Again {
            what: format!("update `{id}` of the cluster"),
            why: "EKS takes minutes to update a cluster",
            at_most: AtMost::Update,
            in_vain: InVain::Refused(Refusal {
                call: CALL,
                code: "InProgress".to_owned(),
                message: format!("update `{id}` has not ended"),
            }),
        }),
    }
}
