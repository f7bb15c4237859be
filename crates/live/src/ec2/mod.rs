//! The running instances of a cluster, as EC2 tells them.

mod instance;

use std::sync::Arc;

use aws_config::SdkConfig;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rolecall_facts::Origin;

use crate::by_hand::Operation;
use crate::ledger::Ledger;
use crate::missing::Missing;
use crate::{Connection, paging};

pub(crate) use instance::Instance;

const CALL: &str = "ec2:DescribeInstances";
const VERSION: &str = "2016-11-15";
/// As many as EC2 puts on a page (EC2 API Reference, `DescribeInstances`).
const PAGE: &str = "1000";

const DESCRIBE_INSTANCES: Operation = Operation {
    call: CALL,
    headers: &[(
        "content-type",
        "application/x-www-form-urlencoded; charset=utf-8",
    )],
    refusal: instance::error,
};

/// Reads one account's instances in one region.
#[derive(Debug, Clone)]
pub(crate) struct Ec2 {
    aws: SdkConfig,
    region: String,
    ledger: Arc<Ledger>,
}

impl Ec2 {
    pub(crate) fn new(connection: &Connection, ledger: Arc<Ledger>) -> Self {
        Self {
            aws: connection.aws.clone(),
            region: connection.region().to_owned(),
            ledger,
        }
    }

    /// The instances that are tagged as the cluster's own and run or begin to.
    pub(crate) async fn instances(&self, cluster: &str) -> Result<Vec<Instance>, Missing> {
        let origin = Origin::api(CALL, cluster);
        let tag = format!("tag:kubernetes.io/cluster/{cluster}");
        paging::all(CALL, async |next: Option<String>| {
            let mut parameters = vec![
                ("Action", "DescribeInstances"),
                ("Version", VERSION),
                ("MaxResults", PAGE),
                ("Filter.1.Name", &tag),
                ("Filter.1.Value.1", "owned"),
                ("Filter.2.Name", "instance-state-name"),
                ("Filter.2.Value.1", "pending"),
                ("Filter.2.Value.2", "running"),
            ];
            if let Some(token) = next.as_deref() {
                parameters.push(("NextToken", token));
            }
            let page = DESCRIBE_INSTANCES.ask(&self.aws, &self.region, form(&parameters));
            let page = self.ledger.call(&origin, page).await?;
            let page = instance::page(&page).ok_or_else(|| Missing::Failed {
                call: CALL.to_owned(),
                problem: "the answer is not XML".to_owned(),
            })?;
            Ok((page.instances, page.next))
        })
        .await
    }
}

fn form(parameters: &[(&str, &str)]) -> String {
    let fields = parameters
        .iter()
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
    fields.collect::<Vec<_>>().join("&")
}
