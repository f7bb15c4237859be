//! Access entries, and the access policies that are associated with them.

use std::collections::BTreeSet;

use aws_sdk_eks::types;
use rolecall_facts::{AccessScope, NewAccessEntry};

use super::Carrier;
use super::attempt::{Again, AtMost, InVain, Step};
use super::error::CarryError;
use super::refusal::{Failure, Refusal};

const NEW_PRINCIPAL: &str =
    "EKS does not know the principal; IAM tells it of a new one within seconds";
const NEW_ENTRY: &str =
    "EKS does not show the entry; one that was made only now is shown within seconds";

impl Carrier<'_> {
    pub(super) async fn create_entry(&self, wanted: &NewAccessEntry) -> Step {
        let tags = wanted.tags.clone().into_iter().collect();
        let groups = wanted.kubernetes_groups.clone();
        let call = self
            .eks
            .create_access_entry()
            .cluster_name(self.cluster)
            .principal_arn(&wanted.principal)
            .r#type(&wanted.entry_type)
            .set_username(wanted.username.clone())
            .set_kubernetes_groups(Some(groups).filter(|groups| !groups.is_empty()))
            .set_tags(Some(tags).filter(|_| !wanted.tags.is_empty()))
            .client_request_token(self.token);
        let Err(error) = call.send().await else {
            return Step::Done;
        };
        let failure = Failure::of(&error, "eks:CreateAccessEntry", self.cluster);
        let refusal = match failure {
            Failure::Step(step) => return step,
            Failure::Refused(refusal) => refusal,
        };
        match refusal.code() {
            "InvalidParameter" if refusal.says("invalid principal") => Step::again(
                format!("role `{}` in EKS", wanted.principal),
                NEW_PRINCIPAL,
                AtMost::Usual,
                refusal,
            ),
            "ResourceInUse" => self.entry_in_use(wanted, refusal).await,
            _ => refusal.failed(),
        }
    }

    /// There is an entry: the one that is wanted, one that is about to go, or another one.
    async fn entry_in_use(&self, wanted: &NewAccessEntry, refusal: Refusal) -> Step {
        let principal = &wanted.principal;
        let call = self
            .eks
            .describe_access_entry()
            .cluster_name(self.cluster)
            .principal_arn(principal);
        let found = match call.send().await {
            Ok(answer) => answer.access_entry,
            Err(error) => {
                let failure = Failure::of(&error, "eks:DescribeAccessEntry", principal);
                return failure.or(|missing| match missing.code() {
                    "ResourceNotFound" if !missing.is_of_cluster() => Step::again(
                        format!("the entry of `{principal}`"),
                        "EKS says that it is in use and that it is not there; it does not agree with \
                         itself yet",
                        AtMost::Usual,
                        refusal,
                    ),
                    _ => missing.failed(),
                });
            }
        };
        match found.as_ref().and_then(|found| difference(found, wanted)) {
            None => Step::Done,
            Some(difference) => Step::Again(Again {
                what: format!("the end of the entry of `{principal}`"),
                why: "there is another entry; one that was deleted only now is gone within seconds",
                at_most: AtMost::Short,
                in_vain: InVain::Failed(CarryError::Changed {
                    what: format!("the access entry of `{principal}`"),
                    found: difference,
                }),
            }),
        }
    }

    pub(super) async fn delete_entry(&self, principal: &str) -> Step {
        let call = self
            .eks
            .delete_access_entry()
            .cluster_name(self.cluster)
            .principal_arn(principal);
        let Err(error) = call.send().await else {
            return Step::Done;
        };
        let failure = Failure::of(&error, "eks:DeleteAccessEntry", principal);
        failure.or(|refusal| match refusal.code() {
            "ResourceNotFound" if !refusal.is_of_cluster() => {
                Step::gone(format!("the entry of `{principal}`"))
            }
            _ => refusal.failed(),
        })
    }

    pub(super) async fn associate(
        &self,
        principal: &str,
        policy_arn: &str,
        scope: &AccessScope,
    ) -> Step {
        let scope = match scope {
            AccessScope::Cluster => {
                types::AccessScope::builder().r#type(types::AccessScopeType::Cluster)
            }
            AccessScope::Namespaces(namespaces) => types::AccessScope::builder()
                .r#type(types::AccessScopeType::Namespace)
                .set_namespaces(Some(namespaces.clone())),
        };
        let call = self
            .eks
            .associate_access_policy()
            .cluster_name(self.cluster)
            .principal_arn(principal)
            .policy_arn(policy_arn)
            .access_scope(scope.build());
        let Err(error) = call.send().await else {
            return Step::Done;
        };
        let failure = Failure::of(&error, "eks:AssociateAccessPolicy", principal);
        failure.or(|refusal| match refusal.code() {
            "ResourceNotFound" if refusal.says("principalArn") => Step::again(
                format!("the entry of `{principal}`"),
                NEW_ENTRY,
                AtMost::Usual,
                refusal,
            ),
            _ => refusal.failed(),
        })
    }

    pub(super) async fn disassociate(&self, principal: &str, policy_arn: &str) -> Step {
        let call = self
            .eks
            .disassociate_access_policy()
            .cluster_name(self.cluster)
            .principal_arn(principal)
            .policy_arn(policy_arn);
        let Err(error) = call.send().await else {
            return Step::Done;
        };
        let failure = Failure::of(&error, "eks:DisassociateAccessPolicy", principal);
        failure.or(|refusal| match refusal.code() {
            "ResourceNotFound" if !refusal.is_of_cluster() => {
                Step::gone(format!("`{policy_arn}` with `{principal}`"))
            }
            _ => refusal.failed(),
        })
    }
}

/// What an entry has otherwise than wanted; `None` where it is the wanted one. Groups and user name
/// are EKS's to choose where none are asked for.
fn difference(found: &types::AccessEntry, wanted: &NewAccessEntry) -> Option<String> {
    let kind = found.r#type.as_deref().unwrap_or_default();
    if !kind.eq_ignore_ascii_case(&wanted.entry_type) {
        return Some(format!("is of type `{kind}`, not `{}`", wanted.entry_type));
    }
    let groups: BTreeSet<&String> = found.kubernetes_groups.iter().flatten().collect();
    if !wanted.kubernetes_groups.is_empty() && groups != wanted.kubernetes_groups.iter().collect() {
        return Some(format!(
            "has the groups {groups:?}, not those that were wanted"
        ));
    }
    let username = found.username.as_deref();
    if wanted.username.is_some() && wanted.username.as_deref() != username {
        let found = username.unwrap_or_default();
        return Some(format!(
            "has the user name `{found}`, not the one that was wanted"
        ));
    }
    let tagged = |(key, value): (&String, &String)| {
        let tags = found.tags.as_ref();
        tags.and_then(|tags| tags.get(key)) == Some(value)
    };
    if !wanted.tags.iter().all(tagged) {
        return Some("was made by somebody else: it has not the tags of the one wanted".to_owned());
    }
    None
}
