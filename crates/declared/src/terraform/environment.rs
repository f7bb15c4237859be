//! The account, partition and region a configuration is applied to.

use rolecall_arn::{AccountId, Partition};
use rolecall_facts::symbol;

use crate::tree::Node;

/// What is known of where the files are applied; what is not is written as a symbol.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Environment {
    pub(crate) partition: Option<Partition>,
    pub(crate) account: Option<AccountId>,
    pub(crate) region: Option<Box<str>>,
    /// The provider, where it acts in an account that is neither known nor surely the default one.
    pub(crate) foreign: Option<Box<str>>,
}

impl Environment {
    /// What the arguments of a `provider "aws"` block say: its region, and its account where
    /// `allowed_account_ids` leaves one only or a role to assume names it.
    pub(crate) fn of_provider(arguments: &Node) -> Self {
        let region = arguments.get("region").and_then(Node::as_str);
        Self {
            partition: region.map(Partition::of_region),
            account: only_allowed_account(arguments).or_else(|| assumed_account(arguments)),
            region: region.map(Into::into),
            foreign: None,
        }
    }

    /// The same for a provider beside the default one, `aws.alias`: with credentials of its own it
    /// may act in another account.
    pub(crate) fn of_alias(alias: &str, arguments: &Node) -> Self {
        const CREDENTIALS: [&str; 4] = [
            "assume_role",
            "profile",
            "access_key",
            "assume_role_with_web_identity",
        ];
        let own = CREDENTIALS.iter().any(|name| arguments.get(name).is_some());
        let mut environment = Self::of_provider(arguments);
        if own && environment.account.is_none() {
            environment.foreign = Some(alias.into());
        }
        environment
    }

    pub(crate) fn partition_text(&self) -> &str {
        self.partition
            .as_ref()
            .map_or(symbol::PARTITION, Partition::as_str)
    }

    pub(crate) fn account_text(&self) -> String {
        self.account
            .map_or_else(|| symbol::ACCOUNT.to_owned(), |account| account.to_string())
    }

    pub(crate) fn region_text(&self) -> &str {
        self.region.as_deref().unwrap_or(symbol::REGION)
    }
}

fn only_allowed_account(arguments: &Node) -> Option<AccountId> {
    match arguments.get("allowed_account_ids")?.items() {
        [only] => only.as_str()?.parse().ok(),
        _ => None,
    }
}

fn assumed_account(arguments: &Node) -> Option<AccountId> {
    let block = arguments.get("assume_role")?;
    let block = block.items().last().unwrap_or(block);
    let arn: rolecall_arn::RoleArn = block.get("role_arn")?.as_str()?.parse().ok()?;
    Some(arn.account())
}
