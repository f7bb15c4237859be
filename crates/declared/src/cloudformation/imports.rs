//! `Fn::ImportValue` across the templates that are read together, as CDK writes it for every value
//! that one stack takes from another.

use std::collections::HashMap;

use rolecall_facts::{Fact, ObjectId, Principal, Reference, Role, Snapshot, Why};

use super::evaluate::{Evaluator, name_reference, principal};
use super::role_policies::{Grant, RoleElsewhere};
use crate::output::Output;
use crate::tree::Node;

/// How often an export may be an import itself.
const MAX_HOPS: usize = 8;

const SCOPE: &str = "CloudFormation export";

/// What stands for an imported value until all templates are read.
pub(super) fn import_id(export: &str) -> ObjectId {
    ObjectId::new(SCOPE, export)
}

pub(super) fn is_import(id: &ObjectId) -> bool {
    id.0.strip_prefix(SCOPE)
        .is_some_and(|rest| rest.starts_with('#'))
}

/// What templates give to one another.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    exports: Vec<(ObjectId, Node)>,
    /// Policies for roles of other templates.
    pub(super) grants: Vec<(RoleElsewhere, Grant)>,
}

impl Shared {
    /// Adds what another template gives.
    pub(crate) fn append(&mut self, other: Self) {
        self.exports.extend(other.exports);
        self.grants.extend(other.grants);
    }
}

/// Notes what a template exports.
pub(super) fn note_exports(evaluator: &mut Evaluator<'_>, out: &mut Output) {
    let template = evaluator.template;
    for (name, value) in &template.exports {
        let name = evaluator.value(name);
        if let Some(name) = name.as_str() {
            let value = evaluator.value(value);
            out.stacks.exports.push((import_id(name), value));
        }
    }
}

/// Puts the exported values in place of the imports. An export of which there are two, or none,
/// leaves the import unknown.
pub(crate) fn resolve(output: &mut Output) {
    let Shared { exports, grants } = std::mem::take(&mut output.stacks);
    let mut by_id: HashMap<ObjectId, Option<Node>> = HashMap::new();
    for (id, value) in exports {
        by_id
            .entry(id)
            .and_modify(|other| *other = None)
            .or_insert(Some(value));
    }
    let exports = Exports(by_id);
    for (role, grant) in &grants {
        exports.grant(role, grant, &mut output.snapshot.roles);
    }
    exports.put_into(&mut output.snapshot);
}

struct Exports(HashMap<ObjectId, Option<Node>>);

impl Exports {
    /// The value behind an import, through exports that are imports themselves.
    fn find(&self, id: &ObjectId) -> Option<&Node> {
        let mut value = self.0.get(id)?.as_ref()?;
        for _ in 0..MAX_HOPS {
            match &value.object {
                Some(next) if is_import(next) => value = self.0.get(next)?.as_ref()?,
                _ => return Some(value),
            }
        }
        None
    }

    /// Puts a policy onto the role it names, where that is one of those that were read. A name that
    /// several have, in several accounts it may be, leaves each of them open.
    fn grant(&self, wanted: &RoleElsewhere, grant: &Grant, roles: &mut [Role]) {
        let (object, name) = match wanted {
            RoleElsewhere::Name(name) => (None, Some(name)),
            RoleElsewhere::Import(id) => match self.find(id) {
                Some(value) => (value.object.as_ref(), None),
                None => return,
            },
        };
        let is_meant = |role: &Role| match (object, name, role.name.value()) {
            (Some(object), _, _) => role.id.as_ref() == Some(object),
            (None, Some(wanted), Some(name)) => wanted.eq_ignore_ascii_case(name),
            _ => false,
        };
        let open = Grant::Open(Why::not_evaluated(
            "which role of this name a policy is for",
        ));
        let count = roles.iter().filter(|role| is_meant(role)).count();
        let grant = if count > 1 { &open } else { grant };
        for role in roles.iter_mut().filter(|role| is_meant(role)) {
            grant.put(role);
        }
    }

    fn fill<T>(&self, reference: &mut Reference<T>, read: impl Fn(&Node) -> Reference<T>) {
        let Some(id) = reference.object.as_ref().filter(|id| is_import(id)) else {
            return;
        };
        let Some(value) = self.find(id) else {
            reference.object = None;
            return;
        };
        // The place stays that of the import.
        let origin = reference.value.origin().cloned();
        let found = read(value);
        reference.object = found.object;
        reference.value = match (found.value, origin) {
            (Fact::Known { value, .. }, Some(origin)) => Fact::known(value, origin),
            (Fact::Unknown { why, .. }, origin) => Fact::Unknown { why, origin },
            (known, None) => known,
        };
    }

    fn name(&self, reference: &mut Reference<String>) {
        self.fill(reference, name_reference);
    }

    fn arn(&self, reference: &mut Reference<String>) {
        self.fill(reference, Node::text_reference);
    }

    fn principal(&self, reference: &mut Reference<Principal>) {
        self.fill(reference, principal);
    }

    fn put_into(&self, snapshot: &mut Snapshot) {
        for cluster in &mut snapshot.clusters {
            self.principal(&mut cluster.role);
            if let Some(role) = cluster.compute.as_mut().and_then(|c| c.node_role.as_mut()) {
                self.principal(role);
            }
        }
        for pool in &mut snapshot.node_pools {
            pool.cluster
                .iter_mut()
                .for_each(|cluster| self.name(cluster));
        }
        for class in &mut snapshot.node_classes {
            [
                &mut class.cluster,
                &mut class.role,
                &mut class.instance_profile,
            ]
            .into_iter()
            .flatten()
            .for_each(|reference| self.name(reference));
        }
        for group in &mut snapshot.node_groups {
            self.name(&mut group.cluster);
            group.role.iter_mut().for_each(|role| self.principal(role));
        }
        for entry in &mut snapshot.access_entries {
            self.name(&mut entry.cluster);
            self.principal(&mut entry.principal);
        }
        for association in &mut snapshot.access_policies {
            self.name(&mut association.cluster);
            self.principal(&mut association.principal);
        }
        for map in &mut snapshot.aws_auth {
            map.cluster
                .iter_mut()
                .for_each(|cluster| self.name(cluster));
        }
        for identity in &mut snapshot.pod_identities {
            self.name(&mut identity.cluster);
            self.principal(&mut identity.role);
        }
        for role in &mut snapshot.roles {
            role.attached_policies
                .iter_mut()
                .chain(role.permissions_boundary.as_mut())
                .for_each(|policy| self.arn(policy));
        }
        for profile in &mut snapshot.instance_profiles {
            profile
                .role
                .iter_mut()
                .for_each(|role| self.principal(role));
        }
    }
}
