use std::sync::atomic::{AtomicU64, Ordering};

use rolecall_arn::{AccountId, Partition};
use serde::{Deserialize, Serialize};

use crate::cloudtrail::CloudTrail;
use crate::ec2::Ec2;
use crate::eks::Eks;
use crate::iam::Iam;
use crate::s3::S3;
use crate::sts::Sts;
use crate::table::{AnyTable, Change, Journal, Lag, Table};

/// Everything the endpoint knows, of all accounts and regions.
pub struct State {
    /// The partition all accounts are in.
    pub partition: Partition,
    /// IAM.
    pub iam: Iam,
    /// STS.
    pub sts: Sts,
    /// EKS.
    pub eks: Eks,
    /// EC2.
    pub ec2: Ec2,
    /// CloudTrail.
    pub cloudtrail: CloudTrail,
    /// S3.
    pub s3: S3,
    /// Service control policies: the key is `<account>/<place in the chain>/<target>`.
    pub(crate) service_control: Table<ControlLevel>,
    /// Counts writes, so that compiled policies know when they are old.
    epoch: AtomicU64,
}

/// The service control policies of one level above an account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ControlLevel {
    /// The root, unit or account it is attached to.
    pub target: String,
    /// Name and document of each policy.
    pub policies: Vec<(String, String)>,
}

/// A row of a saved state that does not fit.
#[derive(Debug, thiserror::Error)]
#[error("the saved row `{key}` of table `{table}` cannot be read")]
pub struct RestoreError {
    /// The table, as saved.
    pub table: String,
    /// The row's key.
    pub key: String,
    /// What is wrong; none when there is no such table.
    pub source: Option<serde_json::Error>,
}

impl State {
    pub(crate) fn new(partition: Partition) -> Self {
        Self {
            partition,
            iam: Iam::new(),
            sts: Sts::new(),
            eks: Eks::new(),
            ec2: Ec2::new(),
            cloudtrail: CloudTrail::new(),
            s3: S3::new(),
            service_control: Table::new("organizations.service-control"),
            epoch: AtomicU64::new(0),
        }
    }

    fn tables(&mut self) -> Vec<&mut dyn AnyTable> {
        let mut tables: Vec<&mut dyn AnyTable> = vec![&mut self.service_control];
        tables.extend(self.iam.tables());
        tables.extend(self.sts.tables());
        tables.extend(self.eks.tables());
        tables.extend(self.ec2.tables());
        tables.extend(self.cloudtrail.tables());
        tables.extend(self.s3.tables());
        tables
    }

    /// Puts a saved row back.
    ///
    /// # Errors
    /// When no table of that name is here or the row is not what the table holds.
    pub fn restore(&mut self, table: &str, key: &str, json: &[u8]) -> Result<(), RestoreError> {
        self.touch();
        let fail = |source| RestoreError {
            table: table.to_owned(),
            key: key.to_owned(),
            source,
        };
        self.tables()
            .into_iter()
            .find(|candidate| candidate.name() == table)
            .ok_or_else(|| fail(None))?
            .restore(key, json)
            .map_err(|error| fail(Some(error)))
    }

    /// All rows of all tables.
    #[must_use]
    pub fn dump(&mut self) -> Vec<Change> {
        let mut rows = Vec::new();
        for table in self.tables() {
            table.dump(&mut rows);
        }
        rows
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.touch();
        for table in self.tables() {
            table.clear();
        }
    }

    /// `lag` gives the lag of a service by its name, the first part of its tables' names.
    pub(crate) fn attach(&mut self, journal: &Option<Journal>, lag: impl Fn(&str) -> Option<Lag>) {
        for table in self.tables() {
            let service = table.name().split('.').next().unwrap_or_default();
            table.attach(journal.clone(), lag(service));
        }
    }

    /// Sets the service control policies above an account, the root's first.
    pub fn set_service_control(&mut self, account: AccountId, levels: Vec<ControlLevel>) {
        self.touch();
        let prefix = format!("{account}/");
        let old: Vec<String> = self
            .service_control
            .range(&prefix, None)
            .map(|(key, _)| key.to_owned())
            .collect();
        for key in old {
            self.service_control.remove(&key);
        }
        for (place, level) in levels.into_iter().enumerate() {
            let key = format!("{prefix}{place:03}/{}", level.target);
            self.service_control.insert(&key, level);
        }
    }

    /// The service control policies above each account, the root's first.
    pub fn service_control_levels(&self) -> impl Iterator<Item = (AccountId, &ControlLevel)> {
        self.service_control
            .range("", None)
            .filter_map(|(key, level)| {
                let account = key.split('/').next()?.parse().ok()?;
                Some((account, level))
            })
    }

    /// Says that something was written.
    pub(crate) fn touch(&self) {
        self.epoch.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Relaxed)
    }
}
