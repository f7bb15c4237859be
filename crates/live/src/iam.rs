//! Roles with their policies, and instance profiles, as IAM tells them.

use std::sync::Arc;

use aws_sdk_iam::Client;
use aws_sdk_iam::types;
use percent_encoding::percent_decode_str;
use rolecall_arn::{AccountId, RoleArn};
use rolecall_facts::{
    Completeness, Fact, InstanceProfile, ManagedPolicy, NamedDocument, Origin, PolicyDocument,
    Principal, Reference, Role, Tag, Why,
};

use crate::Connection;
use crate::ledger::Ledger;
use crate::missing::Missing;
use crate::paging;
use crate::time::timestamp;

/// Reads one account's IAM.
#[derive(Debug, Clone)]
pub(crate) struct Iam {
    client: Client,
    ledger: Arc<Ledger>,
}

/// A role, and the managed policies of the customer's own that it refers to, by ARN.
#[derive(Debug, Clone)]
pub(crate) struct RoleRead {
    pub(crate) role: Role,
    pub(crate) policies: Vec<String>,
    /// What of it could not be read.
    pub(crate) missing: Vec<(Origin, Missing)>,
}

impl Iam {
    pub(crate) fn new(connection: &Connection, ledger: Arc<Ledger>) -> Self {
        Self {
            client: Client::new(&connection.aws),
            ledger,
        }
    }

    /// A role by its bare name: IAM knows no other way, and tells the path.
    pub(crate) async fn role(&self, name: &str) -> Result<RoleRead, (Origin, Missing)> {
        const CALL: &str = "iam:GetRole";
        let call = self.client.get_role().role_name(name).send();
        let (found, attached, inline) = tokio::join!(
            self.ledger.ask(CALL, name, call),
            self.attached(name),
            self.inline(name)
        );
        let found = found.and_then(|found| {
            found.role.ok_or_else(|| Missing::Failed {
                call: CALL.to_owned(),
                problem: "the answer holds no role".to_owned(),
            })
        });
        let found = found.map_err(at(CALL, name))?;
        Ok(assemble(found, attached, inline, &Origin::api(CALL, name)))
    }

    /// A role that is named and may not be read.
    pub(crate) fn opaque_role(name: &str, account: Option<AccountId>, why: &Why) -> Role {
        let origin = Origin::api("iam:GetRole", name);
        Role {
            id: None,
            partition: None,
            account,
            name: Fact::known(name.to_owned(), origin.clone()),
            path: Fact::unknown_at(why.clone(), origin.clone()),
            unique_id: None,
            created_at: None,
            replaced: None,
            tags: Vec::new(),
            trust: Fact::unknown_at(why.clone(), origin.clone()),
            inline_policies: Vec::new(),
            attached_policies: Vec::new(),
            policies_complete: Completeness::Partial(why.clone()),
            permissions_boundary: None,
            origin,
        }
    }

    /// An instance profile that is named and may not be read.
    pub(crate) fn opaque_profile(
        name: &str,
        account: Option<AccountId>,
        why: &Why,
    ) -> InstanceProfile {
        let origin = Origin::api("iam:GetInstanceProfile", name);
        InstanceProfile {
            id: None,
            account,
            name: Fact::known(name.to_owned(), origin.clone()),
            path: Fact::unknown_at(why.clone(), origin.clone()),
            role: Some(Reference::by_value(Fact::unknown_at(
                why.clone(),
                origin.clone(),
            ))),
            origin,
        }
    }

    async fn attached(&self, name: &str) -> Part<String> {
        const CALL: &str = "iam:ListAttachedRolePolicies";
        let policies = paging::all(CALL, async |marker| {
            let page = self.client.list_attached_role_policies();
            let page = page.role_name(name).set_marker(marker).send();
            let page = self.ledger.ask(CALL, name, page).await?;
            let policies = page.attached_policies.unwrap_or_default();
            Ok((policies, page.marker.filter(|_| page.is_truncated)))
        });
        let policies = policies.await.map_err(at(CALL, name))?.into_iter();
        Ok(policies.filter_map(|policy| policy.policy_arn).collect())
    }

    async fn inline(&self, name: &str) -> Part<InlineRead> {
        const CALL: &str = "iam:ListRolePolicies";
        let names = paging::all(CALL, async |marker| {
            let page = self.client.list_role_policies();
            let page = page.role_name(name).set_marker(marker).send();
            let page = self.ledger.ask(CALL, name, page).await?;
            Ok((page.policy_names, page.marker.filter(|_| page.is_truncated)))
        });
        let names = names.await.map_err(at(CALL, name))?;
        let mut documents = Vec::new();
        for policy in names {
            documents.push(self.inline_policy(name, policy).await);
        }
        Ok(documents)
    }

    /// One inline policy; what may not be read of it is unknown.
    async fn inline_policy(&self, role: &str, policy: String) -> InlineRead {
        let origin = Origin::api("iam:GetRolePolicy", &format!("{role}/{policy}"));
        let call = self
            .client
            .get_role_policy()
            .role_name(role)
            .policy_name(&policy)
            .send();
        let (document, missing) = match self.ledger.call(&origin, call).await {
            Ok(answer) => (document(Some(&answer.policy_document), &origin), None),
            Err(error) => {
                let missing = Missing::of(&error, "iam:GetRolePolicy", role);
                let document = Fact::unknown_at(why_or_vanished(&missing), origin.clone());
                (document, Some((origin, missing)))
            }
        };
        let policy = NamedDocument {
            name: policy,
            document,
        };
        (policy, missing)
    }

    /// A managed policy of the customer's own, with its default version's document.
    pub(crate) async fn policy(&self, arn: &str) -> (ManagedPolicy, Option<(Origin, Missing)>) {
        let origin = Origin::api("iam:GetPolicy", arn);
        let (text, missing) = match self.policy_text(arn).await {
            Ok((text, origin)) => (document(Some(&text), &origin), None),
            Err((origin, missing)) => (
                Fact::unknown_at(why_or_vanished(&missing), origin.clone()),
                Some((origin, missing)),
            ),
        };
        let policy = ManagedPolicy {
            id: None,
            arn: Fact::known(arn.to_owned(), origin.clone()),
            document: text,
            origin,
        };
        (policy, missing)
    }

    async fn policy_text(&self, arn: &str) -> Result<(String, Origin), (Origin, Missing)> {
        const CALL: &str = "iam:GetPolicy";
        let call = self.client.get_policy().policy_arn(arn).send();
        let answer = self.ledger.ask(CALL, arn, call).await;
        let answer = answer.map_err(at(CALL, arn))?;
        let version = answer.policy.and_then(|policy| policy.default_version_id);
        let version = version.unwrap_or_else(|| "v1".to_owned());
        let origin = Origin::api("iam:GetPolicyVersion", &format!("{arn} {version}"));
        let call = self
            .client
            .get_policy_version()
            .policy_arn(arn)
            .version_id(&version)
            .send();
        let answer = self.ledger.call(&origin, call).await.map_err(|error| {
            let missing = Missing::of(&error, "iam:GetPolicyVersion", arn);
            (origin.clone(), missing)
        })?;
        let text = answer.policy_version.and_then(|version| version.document);
        Ok((text.unwrap_or_default(), origin))
    }

    /// An instance profile by name, with the role in it.
    pub(crate) async fn instance_profile(
        &self,
        name: &str,
    ) -> Result<InstanceProfile, (Origin, Missing)> {
        const CALL: &str = "iam:GetInstanceProfile";
        let origin = Origin::api(CALL, name);
        let call = self
            .client
            .get_instance_profile()
            .instance_profile_name(name)
            .send();
        let answer = self.ledger.ask(CALL, name, call).await;
        let answer = answer.map_err(at(CALL, name))?;
        let profile = answer.instance_profile;
        let role = profile.as_ref().and_then(|profile| profile.roles.first());
        let role = role.map(|role| {
            Reference::by_value(Fact::known(Principal::parse(&role.arn), origin.clone()))
        });
        let account = profile
            .as_ref()
            .and_then(|profile| account_of(&profile.arn));
        let path = profile.map_or_else(|| "/".to_owned(), |profile| profile.path);
        Ok(InstanceProfile {
            id: None,
            account,
            name: Fact::known(name.to_owned(), origin.clone()),
            path: Fact::known(path, origin.clone()),
            role,
            origin,
        })
    }
}

/// An inline policy, and why its document is unknown.
type InlineRead = (NamedDocument, Option<(Origin, Missing)>);

type Part<T> = Result<Vec<T>, (Origin, Missing)>;

/// Says which call it was that told nothing.
fn at<'a>(call: &'a str, of: &'a str) -> impl FnOnce(Missing) -> (Origin, Missing) + 'a {
    move |missing| (Origin::api(call, of), missing)
}

fn assemble(
    found: types::Role,
    attached: Part<String>,
    inline: Part<InlineRead>,
    origin: &Origin,
) -> RoleRead {
    let arn: Option<RoleArn> = found.arn.parse().ok();
    let mut missing = Vec::new();
    let mut policies_complete = Completeness::Complete;
    let mut part = |part: &mut Vec<(Origin, Missing)>, failed: (Origin, Missing)| {
        policies_complete = Completeness::Partial(why_or_vanished(&failed.1));
        part.push(failed);
    };
    let attached = attached.unwrap_or_else(|failed| {
        part(&mut missing, failed);
        Vec::new()
    });
    let inline = inline.unwrap_or_else(|failed| {
        part(&mut missing, failed);
        Vec::new()
    });
    let (inline_policies, refused): (_, Vec<_>) = inline.into_iter().unzip();
    missing.extend(refused.into_iter().flatten());
    let boundary = found
        .permissions_boundary
        .and_then(|boundary| boundary.permissions_boundary_arn);
    let of_attached = Origin::api("iam:ListAttachedRolePolicies", &found.role_name);
    let own = |arn: &&String| rolecall_policy::managed::find(arn).is_none();
    let policies = attached.iter().chain(&boundary).filter(own).cloned();
    RoleRead {
        policies: policies.collect(),
        missing,
        role: Role {
            id: None,
            partition: arn.as_ref().map(|arn| arn.partition().clone()),
            account: arn.as_ref().map(RoleArn::account),
            name: Fact::known(found.role_name, origin.clone()),
            path: Fact::known(found.path, origin.clone()),
            unique_id: found.role_id.parse().ok(),
            created_at: timestamp(&found.create_date),
            replaced: None,
            tags: found
                .tags
                .unwrap_or_default()
                .into_iter()
                .map(|tag| Tag {
                    key: tag.key,
                    value: Fact::known(tag.value, origin.clone()),
                })
                .collect(),
            trust: document(found.assume_role_policy_document.as_deref(), origin),
            inline_policies,
            attached_policies: attached
                .into_iter()
                .map(|arn| Reference::by_value(Fact::known(arn, of_attached.clone())))
                .collect(),
            policies_complete,
            permissions_boundary: boundary
                .map(|arn| Reference::by_value(Fact::known(arn, origin.clone()))),
            origin: origin.clone(),
        },
    }
}

/// A document as IAM writes it: JSON, percent-encoded (IAM API Reference, `GetRolePolicy`).
fn document(encoded: Option<&str>, origin: &Origin) -> Fact<PolicyDocument> {
    let Some(encoded) = encoded else {
        let why = Why::ReadFailed("the document, which the answer does not hold,".into());
        return Fact::unknown_at(why, origin.clone());
    };
    match percent_decode_str(encoded).decode_utf8() {
        Ok(text) => Fact::known(PolicyDocument::whole(&text), origin.clone()),
        Err(_) => Fact::unknown_at(
            Why::ReadFailed("the document, which is not UTF-8,".into()),
            origin.clone(),
        ),
    }
}

fn why_or_vanished(missing: &Missing) -> Why {
    missing
        .why()
        .unwrap_or_else(|| Why::ReadFailed("what was there a moment ago".into()))
}

fn account_of(arn: &str) -> Option<AccountId> {
    arn.split(':').nth(4)?.parse().ok()
}
