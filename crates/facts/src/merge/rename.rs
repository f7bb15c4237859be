//! Keeps references whole: when two declared objects become one, what referred to the other's id
//! refers to ours.

use std::collections::HashMap;

use crate::{
    AccessEntry, AccessPolicyAssociation, AwsAuth, Cluster, InstanceProfile, ManagedPolicy, Node,
    NodeClaim, NodeClass, NodeGroup, NodePool, ObjectEvent, ObjectId, PodIdentityAssociation,
    Reference, Role,
};

/// What the other snapshot's ids are called in ours.
#[derive(Debug, Default)]
pub(super) struct Renames(HashMap<ObjectId, ObjectId>);

impl Renames {
    /// Notes that two objects are one.
    pub(super) fn note(&mut self, ours: Option<&ObjectId>, theirs: Option<&ObjectId>) {
        if let (Some(ours), Some(theirs)) = (ours, theirs)
            && ours != theirs
        {
            self.0.insert(theirs.clone(), ours.clone());
        }
    }

    fn id(&self, id: &mut Option<ObjectId>) {
        if let Some(new) = id.as_ref().and_then(|id| self.0.get(id)) {
            *id = Some(new.clone());
        }
    }

    fn reference<T>(&self, reference: &mut Reference<T>) {
        self.id(&mut reference.object);
    }

    fn option<T>(&self, reference: &mut Option<Reference<T>>) {
        if let Some(reference) = reference {
            self.reference(reference);
        }
    }
}

/// What holds references.
pub(super) trait Refers {
    fn rename(&mut self, renames: &Renames);
}

pub(super) fn all<T: Refers>(items: &mut [T], renames: &Renames) {
    if !renames.0.is_empty() {
        for item in items {
            item.rename(renames);
        }
    }
}

impl Refers for ManagedPolicy {
    fn rename(&mut self, _: &Renames) {}
}

impl Refers for Role {
    fn rename(&mut self, renames: &Renames) {
        for policy in &mut self.attached_policies {
            renames.reference(policy);
        }
        renames.option(&mut self.permissions_boundary);
    }
}

impl Refers for InstanceProfile {
    fn rename(&mut self, renames: &Renames) {
        renames.option(&mut self.role);
    }
}

impl Refers for Cluster {
    fn rename(&mut self, renames: &Renames) {
        renames.reference(&mut self.role);
        if let Some(compute) = &mut self.compute {
            renames.option(&mut compute.node_role);
        }
    }
}

impl Refers for NodeClass {
    fn rename(&mut self, renames: &Renames) {
        renames.option(&mut self.cluster);
        renames.option(&mut self.role);
        renames.option(&mut self.instance_profile);
    }
}

impl Refers for NodePool {
    fn rename(&mut self, renames: &Renames) {
        renames.option(&mut self.cluster);
    }
}

impl Refers for NodeClaim {
    fn rename(&mut self, renames: &Renames) {
        renames.option(&mut self.cluster);
    }
}

impl Refers for Node {
    fn rename(&mut self, renames: &Renames) {
        renames.option(&mut self.cluster);
    }
}

impl Refers for ObjectEvent {
    fn rename(&mut self, renames: &Renames) {
        renames.option(&mut self.cluster);
    }
}

impl Refers for NodeGroup {
    fn rename(&mut self, renames: &Renames) {
        renames.reference(&mut self.cluster);
        renames.option(&mut self.role);
        renames.option(&mut self.instance_profile);
    }
}

impl Refers for AccessEntry {
    fn rename(&mut self, renames: &Renames) {
        renames.reference(&mut self.cluster);
        renames.reference(&mut self.principal);
    }
}

impl Refers for AccessPolicyAssociation {
    fn rename(&mut self, renames: &Renames) {
        renames.reference(&mut self.cluster);
        renames.reference(&mut self.principal);
    }
}

impl Refers for AwsAuth {
    fn rename(&mut self, renames: &Renames) {
        renames.option(&mut self.cluster);
    }
}

impl Refers for PodIdentityAssociation {
    fn rename(&mut self, renames: &Renames) {
        renames.reference(&mut self.cluster);
        renames.reference(&mut self.role);
    }
}
