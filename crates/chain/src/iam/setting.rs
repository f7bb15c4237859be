//! Where a question plays, and what stands in for the part of it that the files leave open.

use rolecall_facts::{RoleIdentity, symbol};

use super::question::Question;

/// The name of a cluster that no input tells, in questions. It stands on both sides wherever a policy
/// uses a variable; where a policy names a cluster, that name is tried as well.
pub(crate) const CLUSTER: &str = "${Rolecall::Cluster}";

/// Account, region and cluster, made up where the input leaves them open: they stand on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) account: String,
    pub(super) region: String,
    pub(super) cluster: String,
}

impl Setting {
    /// What the question's place says, and made-up values for the rest.
    pub(super) fn of(place: &Place) -> Self {
        let or = |known: &Option<String>, made_up: &str| {
            known.clone().unwrap_or_else(|| made_up.to_owned())
        };
        Self {
            account: or(&place.account, "000000000000"),
            region: or(&place.region, "us-east-1"),
            cluster: "rolecall-cluster".to_owned(),
        }
    }

    /// Puts account, partition, region and cluster in place of their symbols.
    pub(super) fn settle(&self, text: &str, partition: &str) -> String {
        if !text.contains("${") {
            return text.to_owned();
        }
        text.replace(symbol::ACCOUNT, &self.account)
            .replace(symbol::PARTITION, partition)
            .replace(symbol::REGION, &self.region)
            .replace(CLUSTER, &self.cluster)
    }

    /// A text for people, in which the made-up values are what they stand for.
    pub(super) fn taken_out(&self, question: &Question, text: &str) -> String {
        let mut text = text.replace(&self.cluster, "CLUSTER");
        if question.place.account.is_none() {
            text = text.replace(&self.account, symbol::ACCOUNT);
        }
        if question.place.region.is_none() {
            text = text.replace(&self.region, symbol::REGION);
        }
        text
    }
}

/// Where a question plays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) partition: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) account: Option<String>,
}

impl Place {
    pub(crate) fn partition(&self) -> &str {
        self.partition.as_deref().unwrap_or("aws")
    }

    /// The region, or its symbol.
    pub(crate) fn region(&self) -> &str {
        self.region.as_deref().unwrap_or(symbol::REGION)
    }

    /// The account, or its symbol.
    pub(crate) fn account(&self) -> &str {
        self.account.as_deref().unwrap_or(symbol::ACCOUNT)
    }

    /// A role's ARN with the symbols left in for the account.
    pub(crate) fn role_arn(&self, role: &RoleIdentity) -> String {
        role.to_string()
            .replace(symbol::PARTITION, self.partition())
    }
}
