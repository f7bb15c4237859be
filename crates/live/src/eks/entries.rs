//! Access entries, and the access policies that are associated with them.

use std::collections::HashMap;

use aws_sdk_eks::types;
use rolecall_facts::{
    AccessEntry, AccessPolicyAssociation, AccessScope, Completeness, Fact, Origin, Tag, Why,
};

use super::{Eks, by_value, unsaid};
use crate::missing::Missing;
use crate::paging;
use crate::time::timestamp;

impl Eks {
    /// The principals of all entries, by ARN.
    pub(crate) async fn principals(&self) -> Result<Vec<String>, Missing> {
        const CALL: &str = "eks:ListAccessEntries";
        paging::all(CALL, async |next| {
            let page = self.client.list_access_entries();
            let page = page.cluster_name(&self.cluster).set_next_token(next).send();
            let page = self.ledger.ask(CALL, &self.cluster, page).await?;
            Ok((page.access_entries.unwrap_or_default(), page.next_token))
        })
        .await
    }

    /// The entry of one principal.
    pub(crate) async fn entry(&self, principal: &str) -> Result<AccessEntry, Missing> {
        const CALL: &str = "eks:DescribeAccessEntry";
        let origin = Origin::api(CALL, principal);
        let call = self
            .client
            .describe_access_entry()
            .cluster_name(&self.cluster)
            .principal_arn(principal)
            .send();
        let answer = self.ledger.ask(CALL, principal, call).await?;
        let entry = answer.access_entry.ok_or_else(|| Missing::Failed {
            call: CALL.to_owned(),
            problem: "the answer holds no entry".to_owned(),
        })?;
        let known = |text: Option<String>| text.map(|text| Fact::known(text, origin.clone()));
        Ok(AccessEntry {
            id: None,
            cluster: self.reference(),
            principal: by_value(entry.principal_arn.as_deref().unwrap_or(principal), &origin),
            entry_type: known(entry.r#type).unwrap_or_else(|| unsaid("type", &origin)),
            kubernetes_groups: Fact::known(
                entry.kubernetes_groups.unwrap_or_default(),
                origin.clone(),
            ),
            username: known(entry.username),
            created_at: entry.created_at.as_ref().and_then(timestamp),
            tags: tags(entry.tags, &origin),
            made_by_this_change: false,
            policies_complete: Completeness::Complete,
            origin,
        })
    }

    /// An entry that is there, of which nothing more may be known.
    pub(crate) fn opaque_entry(&self, principal: &str, why: &Why) -> AccessEntry {
        let origin = Origin::api("eks:ListAccessEntries", principal);
        AccessEntry {
            id: None,
            cluster: self.reference(),
            principal: by_value(principal, &origin),
            entry_type: Fact::unknown(why.clone()),
            kubernetes_groups: Fact::unknown(why.clone()),
            username: None,
            created_at: None,
            tags: Vec::new(),
            made_by_this_change: false,
            policies_complete: Completeness::Partial(why.clone()),
            origin,
        }
    }

    /// The access policies of one principal's entry.
    pub(crate) async fn policies(
        &self,
        principal: &str,
    ) -> Result<Vec<AccessPolicyAssociation>, Missing> {
        const CALL: &str = "eks:ListAssociatedAccessPolicies";
        let origin = Origin::api(CALL, principal);
        let associated = paging::all(CALL, async |next| {
            let call = self.client.list_associated_access_policies();
            let call = call.cluster_name(&self.cluster).principal_arn(principal);
            let page = call.set_next_token(next).send();
            let page = self.ledger.ask(CALL, principal, page).await?;
            let policies = page.associated_access_policies.unwrap_or_default();
            Ok((policies, page.next_token))
        });
        let associated = associated.await?.into_iter();
        Ok(associated
            .map(|policy| AccessPolicyAssociation {
                cluster: self.reference(),
                principal: by_value(principal, &origin),
                policy_arn: policy.policy_arn.map_or_else(
                    || unsaid("policyArn", &origin),
                    |arn| Fact::known(arn, origin.clone()),
                ),
                scope: scope(policy.access_scope, &origin),
                origin: origin.clone(),
            })
            .collect())
    }
}

fn scope(scope: Option<types::AccessScope>, origin: &Origin) -> Fact<AccessScope> {
    let Some(scope) = scope else {
        return unsaid("accessScope", origin);
    };
    match scope.r#type {
        Some(types::AccessScopeType::Cluster) => Fact::known(AccessScope::Cluster, origin.clone()),
        Some(types::AccessScopeType::Namespace) => Fact::known(
            AccessScope::Namespaces(scope.namespaces.unwrap_or_default()),
            origin.clone(),
        ),
        _ => unsaid("accessScope.type", origin),
    }
}

/// The tags, in the order of their keys.
fn tags(tags: Option<HashMap<String, String>>, origin: &Origin) -> Vec<Tag> {
    let mut tags: Vec<Tag> = tags
        .into_iter()
        .flatten()
        .map(|(key, value)| Tag {
            key,
            value: Fact::known(value, origin.clone()),
        })
        .collect();
    tags.sort_by(|left, right| left.key.cmp(&right.key));
    tags
}
