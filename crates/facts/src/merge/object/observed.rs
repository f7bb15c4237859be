use super::super::conflict::{Conflicts, UnsetMeans};
use super::{Join, conditions};
use crate::{Node, ObjectEvent, ObjectId, ObservedCall, Origin};

impl Join for Node {
    fn id(&self) -> Option<&ObjectId> {
        None
    }

    fn origin(&self) -> Option<&Origin> {
        Some(&self.origin)
    }

    fn title(&self) -> String {
        format!("node {}", self.name)
    }

    fn join(&mut self, other: Self, to: &mut Conflicts<'_>) {
        let Self {
            name: _,
            cluster,
            node_pool,
            node_group,
            compute_type,
            instance_id,
            conditions: their_conditions,
            origin: _,
        } = other;
        to.reference_option("cluster", &mut self.cluster, cluster, UnsetMeans::NOTHING);
        to.plain_option("node pool", &mut self.node_pool, node_pool);
        to.plain_option("node group", &mut self.node_group, node_group);
        to.plain_option("compute type", &mut self.compute_type, compute_type);
        to.plain_option("instance", &mut self.instance_id, instance_id);
        conditions(&mut self.conditions, their_conditions, to);
    }
}

impl Join for ObjectEvent {
    fn id(&self) -> Option<&ObjectId> {
        None
    }

    fn origin(&self) -> Option<&Origin> {
        Some(&self.origin)
    }

    fn title(&self) -> String {
        format!("event of {}", self.object)
    }

    /// The same event, seen again: the later sight counts.
    fn join(&mut self, other: Self, to: &mut Conflicts<'_>) {
        let Self {
            cluster,
            object: _,
            warning: _,
            reason: _,
            message: _,
            count,
            last_seen,
            origin: _,
        } = other;
        to.reference_option("cluster", &mut self.cluster, cluster, UnsetMeans::NOTHING);
        self.count = self.count.max(count);
        self.last_seen = self.last_seen.max(last_seen);
    }
}

impl Join for ObservedCall {
    fn id(&self) -> Option<&ObjectId> {
        None
    }

    fn origin(&self) -> Option<&Origin> {
        Some(&self.origin)
    }

    fn title(&self) -> String {
        format!("CloudTrail event {}", self.event_id)
    }

    /// A record never changes; two of one id are the same.
    fn join(&mut self, _: Self, _: &mut Conflicts<'_>) {}
}
