//! What Kubernetes keeps.

use super::super::conflict::{Conflicts, UnsetMeans};
use super::super::value::Compare;
use super::{Join, conditions, items, set, shown, tags};
use crate::{AwsAuth, AwsAuthRole, Fact, NodeClaim, NodeClass, NodePool, ObjectId, Origin};

impl Join for NodePool {
    fn id(&self) -> Option<&ObjectId> {
        None
    }

    fn origin(&self) -> Option<&Origin> {
        Some(&self.origin)
    }

    fn title(&self) -> String {
        format!("node pool {}", self.name)
    }

    fn join(&mut self, other: Self, to: &mut Conflicts<'_>) {
        let Self {
            name: _,
            cluster,
            node_class_ref,
            label_keys,
            conditions: their_conditions,
            origin: _,
        } = other;
        to.reference_option("cluster", &mut self.cluster, cluster, UnsetMeans::NOTHING);
        to.fact("node class", &mut self.node_class_ref, node_class_ref);
        items(
            &mut self.label_keys,
            label_keys,
            |label| Some(label.key.clone()),
            |_, _| {},
        );
        conditions(&mut self.conditions, their_conditions, to);
    }
}

impl Join for NodeClass {
    fn id(&self) -> Option<&ObjectId> {
        self.id.as_ref()
    }

    fn origin(&self) -> Option<&Origin> {
        Some(&self.origin)
    }

    fn title(&self) -> String {
        format!("{} {}", self.kind, self.name)
    }

    fn join(&mut self, other: Self, to: &mut Conflicts<'_>) {
        let Self {
            kind: _,
            name: _,
            cluster,
            role,
            instance_profile,
            tags: their_tags,
            conditions: their_conditions,
            id,
            origin: _,
        } = other;
        set(&mut self.id, id);
        to.reference_option("cluster", &mut self.cluster, cluster, UnsetMeans::NOTHING);
        to.reference_option("role", &mut self.role, role, UnsetMeans::UNSET);
        to.reference_option(
            "instance profile",
            &mut self.instance_profile,
            instance_profile,
            UnsetMeans::UNSET,
        );
        tags(&mut self.tags, their_tags, to);
        conditions(&mut self.conditions, their_conditions, to);
    }
}

impl Join for NodeClaim {
    fn id(&self) -> Option<&ObjectId> {
        None
    }

    fn origin(&self) -> Option<&Origin> {
        Some(&self.origin)
    }

    fn title(&self) -> String {
        format!("node claim {}", self.name)
    }

    fn join(&mut self, other: Self, to: &mut Conflicts<'_>) {
        let Self {
            name: _,
            cluster,
            node_pool,
            node_name,
            instance_id,
            conditions: their_conditions,
            origin: _,
        } = other;
        to.reference_option("cluster", &mut self.cluster, cluster, UnsetMeans::NOTHING);
        to.plain_option("node pool", &mut self.node_pool, node_pool);
        to.plain_option("node", &mut self.node_name, node_name);
        to.plain_option("instance", &mut self.instance_id, instance_id);
        conditions(&mut self.conditions, their_conditions, to);
    }
}

impl Join for AwsAuth {
    fn id(&self) -> Option<&ObjectId> {
        None
    }

    fn origin(&self) -> Option<&Origin> {
        Some(&self.origin)
    }

    fn title(&self) -> String {
        self.cluster.as_ref().map_or_else(
            || "aws-auth".to_owned(),
            |cluster| format!("aws-auth of cluster {}", shown(cluster)),
        )
    }

    fn join(&mut self, other: Self, to: &mut Conflicts<'_>) {
        let Self {
            cluster,
            map_roles,
            problems,
            origin: _,
        } = other;
        to.reference_option("cluster", &mut self.cluster, cluster, UnsetMeans::NOTHING);
        join_mappings(&mut self.map_roles, map_roles, to);
        items(
            &mut self.problems,
            problems,
            |problem| Some(problem.clone()),
            |_, _| {},
        );
    }
}

/// Mappings that agree, place by place, are joined place by place.
fn join_mappings(
    kept: &mut Fact<Vec<AwsAuthRole>>,
    other: Fact<Vec<AwsAuthRole>>,
    to: &mut Conflicts<'_>,
) {
    match (&mut *kept, other) {
        (Fact::Known { value: ours, .. }, Fact::Known { value: theirs, .. })
            if ours.agrees(&theirs) =>
        {
            for (ours, theirs) in ours.iter_mut().zip(theirs) {
                to.fact("rolearn", &mut ours.role_arn, theirs.role_arn);
                to.fact("username", &mut ours.username, theirs.username);
                to.fact("groups", &mut ours.groups, theirs.groups);
            }
        }
        (_, other) => to.fact("mapRoles", kept, other),
    }
}
