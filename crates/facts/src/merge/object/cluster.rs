//! What EKS keeps.

use super::super::conflict::{Conflicts, UnsetMeans};
use super::{Join, complete, name_of, set, shown};
use crate::{
    AccessEntry, AccessPolicyAssociation, Cluster, ComputeConfig, Fact, NodeGroup, ObjectId,
    Origin, PodIdentityAssociation,
};

impl Join for Cluster {
    fn id(&self) -> Option<&ObjectId> {
        self.id.as_ref()
    }

    fn origin(&self) -> Option<&Origin> {
        Some(&self.origin)
    }

    fn title(&self) -> String {
        format!("cluster {}", name_of(&self.name))
    }

    fn join(&mut self, other: Self, to: &mut Conflicts<'_>) {
        // A source that knows neither of these knows the cluster by name only.
        let described = |cluster: &Self| {
            cluster.authentication_mode.is_known()
                || cluster.role.value.is_known()
                || cluster.role.object.is_some()
        };
        let unset = UnsetMeans {
            ours: described(self),
            theirs: described(&other),
        };
        let Self {
            id,
            name,
            partition,
            account,
            region,
            authentication_mode,
            compute,
            role,
            oidc_issuer,
            access_entries_complete,
            aws_auth_complete,
            origin: _,
        } = other;
        set(&mut self.id, id);
        to.fact("name", &mut self.name, name);
        to.plain_option("partition", &mut self.partition, partition);
        to.plain_option("account", &mut self.account, account);
        to.plain_option("region", &mut self.region, region);
        to.fact(
            "authentication mode",
            &mut self.authentication_mode,
            authentication_mode,
        );
        join_compute(&mut self.compute, compute, unset, to);
        to.reference("cluster role", &mut self.role, role);
        to.fact_option("oidc issuer", &mut self.oidc_issuer, oidc_issuer);
        complete(&mut self.access_entries_complete, access_entries_complete);
        complete(&mut self.aws_auth_complete, aws_auth_complete);
    }
}

/// Settings that are left out mean that Auto Mode is off, as `enabled: false` does.
fn join_compute(
    kept: &mut Option<ComputeConfig>,
    other: Option<ComputeConfig>,
    unset: UnsetMeans,
    to: &mut Conflicts<'_>,
) {
    let is_off = |compute: &ComputeConfig| compute.enabled.value() == Some(&false);
    match (kept.as_mut(), other) {
        (None, None) => {}
        (Some(ours), Some(theirs)) => ours.join(theirs, to),
        (None, Some(theirs)) if unset.ours && !is_off(&theirs) => {
            if let Some(shown) = theirs.summary() {
                to.presence("Auto Mode", None, Some(shown));
            }
        }
        (None, theirs) => *kept = theirs,
        (Some(ours), None) if unset.theirs && !is_off(ours) => match ours.summary() {
            Some(shown) => to.presence("Auto Mode", Some(shown), None),
            None => *kept = None,
        },
        (Some(_), None) => {}
    }
}

impl ComputeConfig {
    /// What is known of the settings, if anything is.
    fn summary(&self) -> Option<String> {
        let enabled = self
            .enabled
            .value()
            .map(|on| if *on { "enabled" } else { "disabled" }.to_owned());
        let pools = self
            .node_pools
            .value()
            .map(|pools| format!("node pools [{}]", pools.join(", ")));
        let role = self
            .node_role
            .as_ref()
            .filter(|role| role.value.is_known() || role.object.is_some())
            .map(|role| format!("node role {}", shown(role)));
        let known: Vec<String> = [enabled, pools, role].into_iter().flatten().collect();
        (!known.is_empty()).then(|| known.join(", "))
    }

    fn join(&mut self, other: Self, to: &mut Conflicts<'_>) {
        let Self {
            enabled,
            node_pools,
            node_role,
            origin: _,
        } = other;
        to.fact("Auto Mode", &mut self.enabled, enabled);
        to.fact("built-in node pools", &mut self.node_pools, node_pools);
        to.reference_option(
            "Auto Mode's node role",
            &mut self.node_role,
            node_role,
            UnsetMeans::UNSET,
        );
    }
}

impl Join for NodeGroup {
    fn id(&self) -> Option<&ObjectId> {
        self.id.as_ref()
    }

    fn origin(&self) -> Option<&Origin> {
        Some(&self.origin)
    }

    fn title(&self) -> String {
        format!("node group {}", name_of(&self.name))
    }

    fn join(&mut self, other: Self, to: &mut Conflicts<'_>) {
        let Self {
            id,
            kind: _,
            name,
            cluster,
            role,
            instance_profile,
            windows,
            origin: _,
        } = other;
        set(&mut self.id, id);
        to.fact("name", &mut self.name, name);
        to.reference("cluster", &mut self.cluster, cluster);
        to.reference_option("node role", &mut self.role, role, UnsetMeans::NOTHING);
        to.reference_option(
            "instance profile",
            &mut self.instance_profile,
            instance_profile,
            UnsetMeans::NOTHING,
        );
        to.fact("windows", &mut self.windows, windows);
    }
}

impl Join for AccessEntry {
    fn id(&self) -> Option<&ObjectId> {
        self.id.as_ref()
    }

    fn origin(&self) -> Option<&Origin> {
        Some(&self.origin)
    }

    fn title(&self) -> String {
        format!(
            "access entry of {} in cluster {}",
            shown(&self.principal),
            shown(&self.cluster)
        )
    }

    fn join(&mut self, other: Self, to: &mut Conflicts<'_>) {
        // EKS gives node entries their groups itself; files leave them empty.
        let set_by_eks = self
            .entry_type
            .value()
            .or(other.entry_type.value())
            .is_some_and(|entry_type| entry_type != "STANDARD");
        let Self {
            id,
            cluster,
            principal,
            entry_type,
            kubernetes_groups,
            username,
            tags,
            created_at,
            made_by_this_change,
            policies_complete,
            origin: _,
        } = other;
        set(&mut self.id, id);
        to.reference("cluster", &mut self.cluster, cluster);
        to.reference("principal", &mut self.principal, principal);
        to.fact("type", &mut self.entry_type, entry_type);
        let is_empty = |groups: &Fact<Vec<String>>| groups.value().is_some_and(Vec::is_empty);
        if set_by_eks && is_empty(&self.kubernetes_groups) && kubernetes_groups.is_known() {
            self.kubernetes_groups = kubernetes_groups;
        } else if !(set_by_eks && is_empty(&kubernetes_groups)) {
            to.fact("groups", &mut self.kubernetes_groups, kubernetes_groups);
        } else if !self.kubernetes_groups.is_known() {
            self.kubernetes_groups = kubernetes_groups;
        }
        to.fact_option("username", &mut self.username, username);
        to.plain_option("time of creation", &mut self.created_at, created_at);
        if self.tags.is_empty() {
            self.tags = tags;
        }
        self.made_by_this_change |= made_by_this_change;
        complete(&mut self.policies_complete, policies_complete);
    }
}

impl Join for AccessPolicyAssociation {
    fn id(&self) -> Option<&ObjectId> {
        None
    }

    fn origin(&self) -> Option<&Origin> {
        Some(&self.origin)
    }

    fn title(&self) -> String {
        format!(
            "access policy of {} in cluster {}",
            shown(&self.principal),
            shown(&self.cluster)
        )
    }

    fn join(&mut self, other: Self, to: &mut Conflicts<'_>) {
        let Self {
            cluster,
            principal,
            policy_arn,
            scope,
            origin: _,
        } = other;
        to.reference("cluster", &mut self.cluster, cluster);
        to.reference("principal", &mut self.principal, principal);
        to.fact("policy", &mut self.policy_arn, policy_arn);
        to.fact("scope", &mut self.scope, scope);
    }
}

impl Join for PodIdentityAssociation {
    fn id(&self) -> Option<&ObjectId> {
        None
    }

    fn origin(&self) -> Option<&Origin> {
        Some(&self.origin)
    }

    fn title(&self) -> String {
        format!(
            "pod identity of {}/{} in cluster {}",
            name_of(&self.namespace),
            name_of(&self.service_account),
            shown(&self.cluster)
        )
    }

    fn join(&mut self, other: Self, to: &mut Conflicts<'_>) {
        let Self {
            cluster,
            namespace,
            service_account,
            role,
            origin: _,
        } = other;
        to.reference("cluster", &mut self.cluster, cluster);
        to.fact("namespace", &mut self.namespace, namespace);
        to.fact(
            "service account",
            &mut self.service_account,
            service_account,
        );
        to.reference("role", &mut self.role, role);
    }
}
