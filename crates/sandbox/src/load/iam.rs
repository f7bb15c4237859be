//! Roles, policies, instance profiles and service control policies.

use rolecall_arn::{AccountId, RoleArn};
use rolecall_facts::{Fact, ManagedPolicy, PolicyDocument, Role, Why, symbol};
use rolecall_sandbox_aws::ControlLevel;

use super::Loader;
use super::api::Refusal;

/// A trust policy for a role whose own is not known.
pub(super) const TRUST_EC2: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
pub(super) const TRUST_EKS: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}]}"#;

impl<'a> Loader<'a> {
    pub(super) fn service_control(&mut self) {
        let levels = &self.load.snapshot.service_control_levels;
        let mut accounts: Vec<AccountId> = levels
            .iter()
            .flat_map(|level| level.accounts.iter().copied())
            .collect();
        if levels.iter().any(|level| level.accounts.is_empty()) {
            accounts.extend(self.accounts());
        }
        accounts.sort_unstable();
        accounts.dedup();
        for account in accounts {
            let above = levels
                .iter()
                .filter(|level| level.accounts.is_empty() || level.accounts.contains(&account))
                .map(|level| ControlLevel {
                    target: level.target.clone(),
                    policies: level
                        .policies
                        .iter()
                        .filter_map(|policy| {
                            let text = policy.document.value()?.text.to_string();
                            Some((policy.name.clone(), self.place.settle(&text)))
                        })
                        .collect(),
                })
                .collect();
            self.aws
                .write(|state| state.set_service_control(account, above));
        }
    }

    /// All accounts the facts name, and the one for what they leave open.
    fn accounts(&self) -> Vec<AccountId> {
        let snapshot = &self.load.snapshot;
        let roles = snapshot.roles.iter().filter_map(|role| role.account);
        let clusters = snapshot
            .clusters
            .iter()
            .filter_map(|cluster| cluster.account);
        roles.chain(clusters).chain([self.place.account]).collect()
    }

    pub(super) fn policies(&mut self) {
        let load = self.load;
        for policy in &load.snapshot.managed_policies {
            let Some(arn) = self.place.text(&policy.arn) else {
                self.note(
                    Some(&policy.origin),
                    "a managed policy was not made: its ARN is not known",
                );
                continue;
            };
            if let Err(refusal) = self.policy(policy, &arn) {
                self.refused(&format!("the policy `{arn}`"), &policy.origin, &refusal);
            }
            self.remember(policy.id.as_ref(), &arn);
        }
    }

    fn policy(&mut self, policy: &ManagedPolicy, arn: &str) -> Result<(), Refusal> {
        let mut fields = arn.splitn(6, ':');
        let account = fields.nth(4).and_then(|account| account.parse().ok());
        let path_and_name = fields.next().and_then(|rest| rest.strip_prefix("policy"));
        let (Some(account), Some((path, name))) = (
            account,
            path_and_name.and_then(|rest| rest.rsplit_once('/')),
        ) else {
            return Err(Refusal {
                code: "InvalidInput".to_owned(),
                message: format!("`{arn}` is not the ARN of a customer managed policy"),
            });
        };
        let document = self.document(&format!("the policy `{name}`"), &policy.document, None);
        let Some(document) = document else {
            return Ok(());
        };
        let path = format!("{path}/");
        let fields = [
            ("PolicyName", name),
            ("Path", path.as_str()),
            ("PolicyDocument", document.as_str()),
        ];
        self.api(account).iam("CreatePolicy", &fields).map(drop)
    }

    /// Says what references to declared roles stand for, before anything is made of them.
    pub(super) fn remember_roles(&mut self) {
        let load = self.load;
        for role in &load.snapshot.roles {
            if let Some(arn) = self.declared_arn(role) {
                self.remember(role.id.as_ref(), &arn);
            }
        }
    }

    pub(super) fn roles(&mut self) {
        let load = self.load;
        for role in &load.snapshot.roles {
            let Some(Ok(identity)) = role.identity() else {
                let name = role.name.value().map_or("", String::as_str);
                self.note(
                    Some(&role.origin),
                    format!("a role was not made: its name or path is not known ({name})"),
                );
                continue;
            };
            let Some(arn) = self.place.role_arn(&identity) else {
                continue;
            };
            // The entries of a role that was deleted and made again were made before it was: the
            // role is made when they are.
            if self.older_entries(role, &arn).is_empty() {
                self.role(role, &arn);
            }
        }
    }

    /// Makes a role with all that belongs to it.
    pub(super) fn role(&mut self, role: &Role, arn: &str) {
        let Ok(parsed) = arn.parse::<RoleArn>() else {
            return;
        };
        let (account, name) = (parsed.account(), parsed.name().to_string());
        let what = format!("the role `{name}`");
        let fallback = if self.is_cluster_role(arn) {
            TRUST_EKS
        } else {
            TRUST_EC2
        };
        let trust = self
            .document(
                &format!("the trust policy of {what}"),
                &role.trust,
                Some(fallback),
            )
            .unwrap_or_else(|| fallback.to_owned());
        let boundary = role
            .permissions_boundary
            .as_ref()
            .and_then(|boundary| self.resolved(boundary));
        let mut fields = vec![
            ("RoleName", name.as_str()),
            ("Path", parsed.path().as_str()),
            ("AssumeRolePolicyDocument", trust.as_str()),
        ];
        if let Some(boundary) = &boundary {
            fields.push(("PermissionsBoundary", boundary));
        }
        if let Err(refusal) = self.api(account).iam("CreateRole", &fields) {
            self.refused(&what, &role.origin, &refusal);
            return;
        }
        for policy in &role.inline_policies {
            let whose = format!("the policy `{}` of {what}", policy.name);
            let Some(document) = self.document(&whose, &policy.document, None) else {
                continue;
            };
            let fields = [
                ("RoleName", name.as_str()),
                ("PolicyName", policy.name.as_str()),
                ("PolicyDocument", document.as_str()),
            ];
            if let Err(refusal) = self.api(account).iam("PutRolePolicy", &fields) {
                self.refused(&whose, &role.origin, &refusal);
            }
        }
        for attached in &role.attached_policies {
            let Some(policy) = self.resolved(attached) else {
                self.note(
                    Some(&role.origin),
                    format!("a policy was not attached to {what}: its ARN is not known"),
                );
                continue;
            };
            let fields = [("RoleName", name.as_str()), ("PolicyArn", policy.as_str())];
            if let Err(refusal) = self.api(account).iam("AttachRolePolicy", &fields) {
                self.refused(&format!("`{policy}` at {what}"), &role.origin, &refusal);
            }
        }
    }

    fn is_cluster_role(&self, arn: &str) -> bool {
        self.load
            .snapshot
            .clusters
            .iter()
            .any(|cluster| self.principal(&cluster.role).as_deref() == Some(arn))
    }

    pub(super) fn instance_profiles(&mut self) {
        let load = self.load;
        for profile in &load.snapshot.instance_profiles {
            let (Some(name), Some(path)) = (
                self.place.text(&profile.name),
                self.place.text(&profile.path),
            ) else {
                self.note(
                    Some(&profile.origin),
                    "an instance profile was not made: its name or path is not known",
                );
                continue;
            };
            self.remember(profile.id.as_ref(), &name);
            let account = profile.account.unwrap_or(self.place.account);
            let what = format!("the instance profile `{name}`");
            let fields = [
                ("InstanceProfileName", name.as_str()),
                ("Path", path.as_str()),
            ];
            if let Err(refusal) = self.api(account).iam("CreateInstanceProfile", &fields) {
                self.refused(&what, &profile.origin, &refusal);
                continue;
            }
            let role = profile.role.as_ref().and_then(|role| self.principal(role));
            let Some(role) = role else { continue };
            let bare = role.rsplit_once('/').map_or(&*role, |(_, name)| name);
            let fields = [("InstanceProfileName", name.as_str()), ("RoleName", bare)];
            if let Err(refusal) = self.api(account).iam("AddRoleToInstanceProfile", &fields) {
                self.refused(&format!("the role in {what}"), &profile.origin, &refusal);
            }
        }
    }

    /// A document's text, settled. Unknown documents are replaced by `fallback`, with a note.
    fn document(
        &mut self,
        what: &str,
        document: &Fact<PolicyDocument>,
        fallback: Option<&str>,
    ) -> Option<String> {
        let why: Option<&Why> = match document.value() {
            Some(known) => {
                let text = self.place.settle(&known.text);
                if !symbol::has_any(&text) {
                    return Some(text);
                }
                known.unknown.first()
            }
            None => document.why(),
        };
        let why = why.map_or_else(|| "it is not known whole".to_owned(), ToString::to_string);
        let end = if fallback.is_some() {
            "the documented one stands in for it"
        } else {
            "it is left out"
        };
        self.note(document.origin(), format!("{what}: {why}; {end}"));
        fallback.map(str::to_owned)
    }
}
