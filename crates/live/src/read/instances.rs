//! Self-managed node groups: what only EC2 knows.
//!
//! An Auto Scaling group of the user's own leaves no trace in EKS. Its instances carry the tag
//! `kubernetes.io/cluster/NAME` (EKS User Guide, "Self-managed nodes"), and their instance profile
//! tells the role.

use std::collections::{BTreeMap, BTreeSet};

use rolecall_facts::{Fact, NodeGroup, NodeGroupKind, Origin, Reference};

use super::{Note, Reader};
use crate::ec2::Instance;
use crate::missing::Missing;

/// Tags of instances that somebody else than the user launched: EKS for a managed node group, Auto
/// Mode, Karpenter.
const OF_OTHERS: [&str; 4] = [
    "eks:nodegroup-name",
    "eks:eks-cluster-name",
    "eks:kubernetes-node-pool-name",
    "karpenter.sh/nodepool",
];
const GROUP: &str = "aws:autoscaling:groupName";
/// Instances named in a note; more are counted.
const NAMED: usize = 5;

impl Reader<'_> {
    /// The instances, where the cluster has nodes that nothing else explains, or nothing at all that
    /// nodes could come from.
    pub(super) async fn instances(&self) -> Option<Result<Vec<Instance>, Missing>> {
        let nothing_else = self.snapshot.node_pools.is_empty()
            && self.snapshot.node_groups.is_empty()
            && self.question.pool.is_none()
            && self.nodes_are_known
            && !self.has_built_in_pools();
        if !self.has_unexplained_nodes && !nothing_else {
            return None;
        }
        Some(self.ec2.instances(&self.question.cluster).await)
    }

    fn has_built_in_pools(&self) -> bool {
        self.snapshot.clusters.iter().any(|cluster| {
            let compute = cluster.compute.as_ref();
            compute.is_some_and(|compute| compute.enabled.value() != Some(&false))
        })
    }

    pub(super) fn take_instances(&mut self, told: Option<Result<Vec<Instance>, Missing>>) {
        let origin = Origin::api("ec2:DescribeInstances", &self.question.cluster);
        let instances = match told {
            None => return,
            Some(Ok(instances)) => instances,
            Some(Err(missing)) => return self.note(&origin, &missing),
        };
        let mut by_profile: BTreeMap<String, Vec<Instance>> = BTreeMap::new();
        for instance in instances {
            let of_others = OF_OTHERS.iter().any(|tag| instance.tags.contains_key(*tag));
            if let (false, Some(profile)) = (of_others, &instance.profile) {
                by_profile
                    .entry(profile.clone())
                    .or_default()
                    .push(instance);
            }
        }
        for (profile, instances) in by_profile {
            let group = self.group(&profile, &instances, &origin);
            let name = group.name.value().cloned().unwrap_or_default();
            if !self.wants(&name) {
                continue;
            }
            self.note_unregistered(&name, &instances);
            let ids: BTreeSet<&str> = instances.iter().map(|one| one.id.as_str()).collect();
            for node in &mut self.snapshot.nodes {
                let id = node.instance_id.as_deref();
                if node.node_group.is_none() && id.is_some_and(|id| ids.contains(id)) {
                    node.node_group = Some(name.clone());
                }
            }
            self.snapshot.node_groups.push(group);
        }
    }

    /// The group of one profile. It goes by the name of its Auto Scaling group, if that is one.
    fn group(&self, profile: &str, instances: &[Instance], origin: &Origin) -> NodeGroup {
        let profile = profile.rsplit('/').next().unwrap_or(profile);
        let groups: BTreeSet<&String> = instances
            .iter()
            .filter_map(|instance| instance.tags.get(GROUP))
            .collect();
        let mut groups = groups.into_iter();
        let name = match (groups.next(), groups.next()) {
            (Some(only), None) => only.clone(),
            _ => profile.to_owned(),
        };
        NodeGroup {
            id: None,
            kind: NodeGroupKind::SelfManaged,
            name: Fact::known(name, origin.clone()),
            cluster: self.eks.reference(),
            role: None,
            instance_profile: Some(Reference::by_value(Fact::known(
                profile.to_owned(),
                origin.clone(),
            ))),
            windows: Fact::known(
                instances.iter().any(|instance| instance.is_windows),
                origin.clone(),
            ),
            origin: origin.clone(),
        }
    }

    fn note_unregistered(&mut self, group: &str, instances: &[Instance]) {
        if !self.nodes_are_known {
            return;
        }
        let nodes = self.snapshot.nodes.iter();
        let nodes: BTreeSet<&str> = nodes
            .filter_map(|node| node.instance_id.as_deref())
            .collect();
        let mut absent: Vec<&str> = instances
            .iter()
            .map(|instance| instance.id.as_str())
            .filter(|id| !nodes.contains(id))
            .collect();
        absent.sort_unstable();
        if absent.is_empty() {
            return;
        }
        let more = match absent.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let named = absent.iter().take(NAMED).copied().collect::<Vec<_>>();
        self.notes.push(Note {
            message: format!(
                "{} of {} instances of the self-managed group `{group}` run and have not registered \
                 as nodes: {}{more}",
                absent.len(),
                instances.len(),
                named.join(", ")
            ),
            help: "an instance registers within minutes of its start; if these are older, read \
                   /var/log/cloud-init-output.log and the kubelet's journal on one of them"
                .to_owned(),
        });
    }
}
