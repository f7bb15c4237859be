//! What the control plane calls of EKS.

use rolecall_sandbox_aws::sigv4::Credentials;
use serde_json::Value;

use super::{AwsClient, AwsError};

/// What the control plane must know of its cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Cluster {
    pub(crate) role_arn: String,
    /// Whether Auto Mode's compute is on.
    pub(crate) compute: bool,
    /// The built-in pools that are on.
    pub(crate) node_pools: Vec<String>,
    /// The role of the built-in pools.
    pub(crate) node_role_arn: Option<String>,
    pub(crate) subnets: Vec<String>,
    pub(crate) security_group: Option<String>,
    /// As in `1.33`.
    pub(crate) version: String,
}

impl AwsClient {
    /// `eks:DescribeCluster`
    pub(crate) fn describe_cluster(
        &self,
        credentials: &Credentials,
        name: &str,
    ) -> Result<Cluster, AwsError> {
        const OPERATION: &str = "DescribeCluster";
        let answer = self.get(credentials, OPERATION, &["clusters", name])?;
        let cluster = answer.get("cluster").ok_or(AwsError::Unreadable {
            operation: OPERATION,
            missing: "cluster",
        })?;
        let text = |path: &str| cluster.pointer(path).and_then(Value::as_str);
        let texts = |path: &str| {
            let list = cluster.pointer(path).and_then(Value::as_array);
            list.into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect()
        };
        Ok(Cluster {
            role_arn: text("/roleArn").unwrap_or_default().to_owned(),
            compute: cluster.pointer("/computeConfig/enabled") == Some(&Value::Bool(true)),
            node_pools: texts("/computeConfig/nodePools"),
            node_role_arn: text("/computeConfig/nodeRoleArn").map(str::to_owned),
            subnets: texts("/resourcesVpcConfig/subnetIds"),
            security_group: text("/resourcesVpcConfig/clusterSecurityGroupId").map(str::to_owned),
            version: text("/version").unwrap_or_default().to_owned(),
        })
    }

    /// `eks:DescribeAccessEntry`: the answer is all that is asked for.
    pub(crate) fn describe_access_entry(
        &self,
        credentials: &Credentials,
        cluster: &str,
        principal: &str,
    ) -> Result<(), AwsError> {
        let path = ["clusters", cluster, "access-entries", principal];
        self.get(credentials, "DescribeAccessEntry", &path)
            .map(drop)
    }
}
