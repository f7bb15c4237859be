use rolecall_arn::{AccountId, Partition};
use rolecall_facts::{Fact, Principal, Reference, RoleIdentity, symbol};

/// The account, region and partition that files are applied to, for what they leave open.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) account: AccountId,
    pub(super) region: String,
    pub(super) partition: Partition,
}

impl Place {
    /// The text with this place in place of its symbols.
    pub(super) fn settle(&self, text: &str) -> String {
        if !text.contains("${") {
            return text.to_owned();
        }
        text.replace(symbol::ACCOUNT, &self.account.to_string())
            .replace(symbol::REGION, &self.region)
            .replace(symbol::PARTITION, self.partition.as_str())
    }

    /// A known text, settled; `None` when it or a part of it is unknown.
    pub(super) fn text(&self, fact: &Fact<String>) -> Option<String> {
        let text = self.settle(fact.value()?);
        (!symbol::has_any(&text)).then_some(text)
    }

    /// As [`text`](Self::text), of a reference.
    pub(super) fn reference(&self, reference: &Reference<String>) -> Option<String> {
        self.text(&reference.value)
    }

    /// The ARN of a principal; a role's account is this one's where the facts leave it out.
    pub(super) fn principal(&self, reference: &Reference<Principal>) -> Option<String> {
        match reference.value.value()? {
            Principal::Role(role) => self.role_arn(role),
            other => {
                let text = self.settle(&other.to_string());
                (!symbol::has_any(&text)).then_some(text)
            }
        }
    }

    pub(super) fn role_arn(&self, role: &RoleIdentity) -> Option<String> {
        let settled = RoleIdentity {
            partition: Some(
                role.partition
                    .clone()
                    .unwrap_or_else(|| self.partition.clone()),
            ),
            account: Some(role.account.unwrap_or(self.account)),
            ..role.clone()
        };
        settled.arn().map(|arn| arn.to_string())
    }
}
