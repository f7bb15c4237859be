//! What IAM and Organizations keep.

use super::super::conflict::{Conflicts, UnsetMeans};
use super::super::key::split_arn;
use super::{Join, complete, documents, items, name_of, set};
use crate::{Fact, InstanceProfile, ManagedPolicy, ObjectId, Origin, Role, ServiceControlLevel};

impl Join for Role {
    fn id(&self) -> Option<&ObjectId> {
        self.id.as_ref()
    }

    fn origin(&self) -> Option<&Origin> {
        Some(&self.origin)
    }

    fn title(&self) -> String {
        format!("role {}", name_of(&self.name))
    }

    fn join(&mut self, other: Self, to: &mut Conflicts<'_>) {
        // A source that could not read the role itself does not know whether it has a boundary.
        let unset = UnsetMeans {
            ours: self.trust.is_known(),
            theirs: other.trust.is_known(),
        };
        let Self {
            id,
            partition,
            account,
            name,
            path,
            unique_id,
            created_at,
            replaced,
            tags,
            trust,
            inline_policies,
            attached_policies,
            policies_complete,
            permissions_boundary,
            origin: _,
        } = other;
        set(&mut self.id, id);
        to.plain_option("partition", &mut self.partition, partition);
        to.plain_option("account", &mut self.account, account);
        join_iam_name(&mut self.name, name, to);
        to.fact("path", &mut self.path, path);
        to.plain_option("unique id", &mut self.unique_id, unique_id);
        to.plain_option("time of creation", &mut self.created_at, created_at);
        to.plain_option("replacement", &mut self.replaced, replaced);
        if self.tags.is_empty() {
            self.tags = tags;
        }
        to.fact("trust policy", &mut self.trust, trust);
        documents(&mut self.inline_policies, inline_policies, to);
        items(
            &mut self.attached_policies,
            attached_policies,
            |policy| match (policy.value.value(), &policy.object) {
                // A role's policies are its own account's or those of AWS.
                (Some(arn), _) => {
                    let (account, resource) = split_arn(arn);
                    Some(format!(
                        "{} {}",
                        account.as_deref() == Some("aws"),
                        resource.unwrap_or_default()
                    ))
                }
                (None, Some(object)) => Some(format!("@{object}")),
                (None, None) => None,
            },
            |kept, other| to.reference("attached policy", kept, other),
        );
        complete(&mut self.policies_complete, policies_complete);
        to.reference_option(
            "permissions boundary",
            &mut self.permissions_boundary,
            permissions_boundary,
            unset,
        );
    }
}

/// IAM does not tell names apart by case; what the source that is kept writes stays.
fn join_iam_name(kept: &mut Fact<String>, other: Fact<String>, to: &mut Conflicts<'_>) {
    if let (Some(ours), Some(theirs)) = (kept.value(), other.value())
        && ours.eq_ignore_ascii_case(theirs)
    {
        return;
    }
    to.fact("name", kept, other);
}

impl Join for InstanceProfile {
    fn id(&self) -> Option<&ObjectId> {
        self.id.as_ref()
    }

    fn origin(&self) -> Option<&Origin> {
        Some(&self.origin)
    }

    fn title(&self) -> String {
        format!("instance profile {}", name_of(&self.name))
    }

    fn join(&mut self, other: Self, to: &mut Conflicts<'_>) {
        let Self {
            id,
            account,
            name,
            path,
            role,
            origin: _,
        } = other;
        set(&mut self.id, id);
        to.plain_option("account", &mut self.account, account);
        join_iam_name(&mut self.name, name, to);
        to.fact("path", &mut self.path, path);
        to.reference_option("role", &mut self.role, role, UnsetMeans::UNSET);
    }
}

impl Join for ManagedPolicy {
    fn id(&self) -> Option<&ObjectId> {
        self.id.as_ref()
    }

    fn origin(&self) -> Option<&Origin> {
        Some(&self.origin)
    }

    fn title(&self) -> String {
        format!("managed policy {}", name_of(&self.arn))
    }

    fn join(&mut self, other: Self, to: &mut Conflicts<'_>) {
        let Self {
            id,
            arn,
            document,
            origin: _,
        } = other;
        set(&mut self.id, id);
        to.fact("arn", &mut self.arn, arn);
        to.fact("document", &mut self.document, document);
    }
}

impl Join for ServiceControlLevel {
    fn id(&self) -> Option<&ObjectId> {
        None
    }

    fn origin(&self) -> Option<&Origin> {
        None
    }

    fn title(&self) -> String {
        format!("service control policies of {}", self.target)
    }

    fn join(&mut self, other: Self, to: &mut Conflicts<'_>) {
        let Self {
            target: _,
            accounts,
            policies,
        } = other;
        let names = |accounts: &[rolecall_arn::AccountId]| -> Vec<String> {
            accounts.iter().map(ToString::to_string).collect()
        };
        to.plain("accounts", &mut names(&self.accounts), names(&accounts));
        documents(&mut self.policies, policies, to);
    }
}
