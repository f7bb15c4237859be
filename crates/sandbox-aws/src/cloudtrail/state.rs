use std::collections::BTreeMap;

use jiff::Timestamp;
use rolecall_arn::{AccountId, Partition};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::event::EventLog;
use crate::table::{AnyTable, Table};

/// Everything CloudTrail keeps: events, and trails by `<account>/<region>/<name>`.
pub struct CloudTrail {
    pub(crate) events: EventLog,
    pub(crate) trails: Table<Trail>,
    /// The number of the last event that is in a folder of the host.
    pub(crate) folders: Table<u64>,
}

/// A trail.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Trail {
    /// Its name.
    pub name: String,
    /// The account it is in.
    pub account: String,
    /// Its home region.
    pub region: String,
    /// The bucket it writes to.
    pub bucket: String,
    /// What its files' keys begin with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// Whether it has the events of IAM.
    pub global: bool,
    /// Whether it has the events of all regions.
    pub multi_region: bool,
    /// Whether digests were asked for; the sandbox writes none.
    pub validation: bool,
    /// Settings the sandbox keeps and does nothing with, by their names in the API.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub kept: BTreeMap<String, String>,
    /// Tags by key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// `EventSelectors`, when they were put.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selectors: Option<Value>,
    /// `AdvancedEventSelectors`, when they were put.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advanced: Option<Value>,
    /// Whether it is logging.
    pub logging: bool,
    /// When it last began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<Timestamp>,
    /// When it last stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Timestamp>,
    /// The number of the last event it has delivered or is not to deliver.
    pub delivered: u64,
    /// The number of the last event before it stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
    /// When files were last written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest_delivery: Option<Timestamp>,
    /// What went wrong the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_error: Option<String>,
}

impl Trail {
    /// `arn:aws:cloudtrail:eu-central-1:111122223333:trail/audit`
    #[must_use]
    pub fn arn(&self, partition: &Partition) -> String {
        arn(partition, &self.region, &self.account, &self.name)
    }

    pub(crate) fn key(&self) -> String {
        format!("{}/{}/{}", self.account, self.region, self.name)
    }
}

pub(crate) fn arn(partition: &Partition, region: &str, account: &str, name: &str) -> String {
    format!("arn:{partition}:cloudtrail:{region}:{account}:trail/{name}")
}

impl CloudTrail {
    pub(crate) fn new() -> Self {
        Self {
            events: EventLog::default(),
            trails: Table::new("cloudtrail.trails"),
            folders: Table::new("cloudtrail.folders"),
        }
    }

    pub(crate) fn tables(&mut self) -> [&mut dyn AnyTable; 3] {
        [&mut self.events, &mut self.trails, &mut self.folders]
    }

    /// The trails of an account that are seen in a region: its own, and those of all regions.
    pub(crate) fn seen_in(&self, account: AccountId, region: &str, shadows: bool) -> Vec<&Trail> {
        let account = account.to_string();
        self.trails
            .seen_range("")
            .into_iter()
            .map(|(_, trail)| trail)
            .filter(|trail| trail.account == account)
            .filter(|trail| trail.region == region || (shadows && trail.multi_region))
            .collect()
    }
}
