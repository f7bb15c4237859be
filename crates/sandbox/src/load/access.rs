//! Access entries, and roles that were made again after them.

use std::time::Duration;

use rolecall_arn::RoleArn;
use rolecall_facts::{AccessEntry, AccessScope, Fact, Role};
use serde_json::{Value, json};

use super::Loader;
use super::api::segment;
use super::cluster::Made;

/// Longer than the second IAM's times are told to, so that an order of events can be read from them.
const A_WHILE: Duration = Duration::from_secs(60);

impl Loader<'_> {
    /// Makes the entries that are older than their role: first a role of that name, then the entry,
    /// then the role is deleted. Once it is made as it is declared, the entry is bound to a unique id
    /// that nobody has any more.
    pub(super) fn dead_entries(&mut self, clusters: &[Made]) {
        let load = self.load;
        let mut any = false;
        for role in &load.snapshot.roles {
            let Some(arn) = self.declared_arn(role) else {
                continue;
            };
            for entry in self.older_entries(role, &arn) {
                let Some(principal) = self.principal(&entry.principal) else {
                    continue;
                };
                for cluster in clusters {
                    if self.cluster_is(&entry.cluster, &cluster.name) {
                        self.past_role(&principal);
                        self.access_entry(cluster, entry);
                        self.delete_role(&principal);
                        any = true;
                    }
                }
            }
        }
        if any {
            self.aws.clock().step(A_WHILE);
        }
        for role in &load.snapshot.roles {
            if let Some(arn) = self.declared_arn(role)
                && !self.older_entries(role, &arn).is_empty()
            {
                self.role(role, &arn);
            }
        }
    }

    /// Makes all other entries of a cluster.
    pub(super) fn live_entries(&mut self, cluster: &Made) {
        let load = self.load;
        for (place, entry) in load.snapshot.access_entries.iter().enumerate() {
            if self.cluster_is(&entry.cluster, &cluster.name) && !self.is_dead(place) {
                self.access_entry(cluster, entry);
            }
        }
    }

    pub(super) fn declared_arn(&self, role: &Role) -> Option<String> {
        self.place.role_arn(&role.identity()?.ok()?)
    }

    /// A role as it was before it was made again: nothing but its name counts.
    fn past_role(&mut self, arn: &str) {
        let Ok(role) = arn.parse::<RoleArn>() else {
            return;
        };
        let fields = [
            ("RoleName", role.name().as_str()),
            ("Path", role.path().as_str()),
            ("AssumeRolePolicyDocument", super::iam::TRUST_EC2),
        ];
        // A refusal shows when the entry is refused for want of the role.
        let _ = self.api(role.account()).iam("CreateRole", &fields);
    }

    fn delete_role(&mut self, arn: &str) {
        if let Ok(role) = arn.parse::<RoleArn>() {
            let fields = [("RoleName", role.name().as_str())];
            let _ = self.api(role.account()).iam("DeleteRole", &fields);
        }
    }

    fn access_entry(&mut self, cluster: &Made, entry: &AccessEntry) {
        let Some(principal) = self.principal(&entry.principal) else {
            self.note(
                Some(&entry.origin),
                "an access entry was not made: its principal is not known",
            );
            return;
        };
        let what = format!("the access entry for `{principal}`");
        let Some(kind) = self.place.text(&entry.entry_type) else {
            self.note(
                Some(&entry.origin),
                format!("{what} was not made: its type is not known"),
            );
            return;
        };
        let is_standard = kind == "STANDARD";
        let mut body = json!({"principalArn": principal, "type": kind});
        if let Some(members) = body.as_object_mut() {
            // What EKS fills in itself for node types it refuses when users give it.
            let groups = entry.kubernetes_groups.value().cloned().unwrap_or_default();
            if is_standard && !groups.is_empty() {
                members.insert("kubernetesGroups".to_owned(), groups.into());
            }
            let username = entry.username.as_ref().and_then(Fact::value);
            if let Some(username) = username.filter(|_| is_standard) {
                members.insert("username".to_owned(), username.as_str().into());
            }
        }
        let path = format!("/clusters/{}/access-entries", cluster.name);
        match self.eks(cluster, "POST", &path, &body) {
            Ok(_) => {}
            // EKS made it itself, as it does for the node role of built-in pools.
            Err(refusal) if refusal.code == "ResourceInUseException" => {}
            Err(refusal) => {
                self.refused(&what, &entry.origin, &refusal);
                return;
            }
        }
        self.associations(cluster, &principal);
    }

    fn associations(&mut self, cluster: &Made, principal: &str) {
        let mut associations = self.policies_of(principal);
        associations.retain(|association| self.cluster_is(&association.cluster, &cluster.name));
        for association in associations {
            let (Some(policy), Some(scope)) = (
                self.place.text(&association.policy_arn),
                association.scope.value(),
            ) else {
                self.note(
                    Some(&association.origin),
                    format!("an access policy of `{principal}` is not known and was left out"),
                );
                continue;
            };
            let scope: Value = match scope {
                AccessScope::Cluster => json!({"type": "cluster"}),
                AccessScope::Namespaces(namespaces) => {
                    json!({"type": "namespace", "namespaces": namespaces})
                }
            };
            let path = format!(
                "/clusters/{}/access-entries/{}/access-policies",
                cluster.name,
                segment(principal)
            );
            let body = json!({"policyArn": policy, "accessScope": scope});
            if let Err(refusal) = self.eks(cluster, "POST", &path, &body) {
                let what = format!("the access policy `{policy}` of `{principal}`");
                self.refused(&what, &association.origin, &refusal);
            }
        }
    }
}
