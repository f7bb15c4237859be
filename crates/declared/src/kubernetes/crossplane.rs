//! AWS resources as Crossplane's Upbound provider declares them (`iam.aws.upbound.io`,
//! `eks.aws.upbound.io`, and their namespaced twins `….aws.m.upbound.io`).
//!
//! One object names another by value (`role`), by name (`roleRef`) or by labels (`roleSelector`), and
//! a role's policies are objects of their own. So the objects are kept until all files are read, and
//! [`resolve`] makes facts of them together.

mod index;
mod resource;

use rolecall_facts::{Completeness, Fact, NamedDocument, Reference, Role, Snapshot, Why};

use super::object::Object;
use crate::output::Output;
use crate::tree::Node;

use index::Index;
use resource::Resource;

/// An object that waits for the others.
#[derive(Debug)]
pub(crate) struct Pending {
    node: Node,
    group: Box<str>,
    kind: Box<str>,
}

const IAM: [&str; 2] = ["iam.aws.upbound.io", "iam.aws.m.upbound.io"];
const EKS: [&str; 2] = ["eks.aws.upbound.io", "eks.aws.m.upbound.io"];
const IAM_KINDS: [&str; 5] = [
    "Role",
    "RolePolicy",
    "RolePolicyAttachment",
    "Policy",
    "InstanceProfile",
];
const EKS_KINDS: [&str; 5] = [
    "Cluster",
    "AccessEntry",
    "AccessPolicyAssociation",
    "NodeGroup",
    "PodIdentityAssociation",
];

/// Keeps an object of a kind that holds facts.
pub(super) fn read(object: &Object<'_>, output: &mut Output) {
    let known = |groups: [&str; 2], kinds: [&str; 5]| {
        groups.contains(&object.group) && kinds.contains(&object.kind)
    };
    if object.spec().is_some() && (known(IAM, IAM_KINDS) || known(EKS, EKS_KINDS)) {
        output.crossplane.push(Pending {
            node: object.node.clone(),
            group: object.group.into(),
            kind: object.kind.into(),
        });
    }
}

/// Makes facts of all objects that were kept.
pub(crate) fn resolve(output: &mut Output) {
    let mut pending = std::mem::take(&mut output.crossplane);
    pending.sort_by(|a, b| a.node.origin.cmp(&b.node.origin));
    let index = Index::new(&pending);
    let snapshot = &mut output.snapshot;
    let resources: Vec<Resource<'_>> = pending
        .iter()
        .filter_map(|pending| Resource::new(pending, &index))
        .collect();
    for resource in &resources {
        match resource.kind() {
            "Role" => snapshot.roles.push(resource.role()),
            "Policy" => snapshot.managed_policies.push(resource.policy()),
            "InstanceProfile" => snapshot.instance_profiles.push(resource.instance_profile()),
            "Cluster" => snapshot.clusters.push(resource.cluster()),
            "AccessEntry" => snapshot.access_entries.push(resource.access_entry()),
            "AccessPolicyAssociation" => snapshot.access_policies.push(resource.association()),
            "NodeGroup" => snapshot.node_groups.push(resource.node_group()),
            "PodIdentityAssociation" => snapshot.pod_identities.push(resource.pod_identity()),
            _ => {}
        }
    }
    for resource in &resources {
        let role = resource.role_name();
        match resource.kind() {
            "RolePolicy" => {
                let policy = resource.inline_policy();
                attach(snapshot, &role, |role| {
                    role.inline_policies.push(policy.clone())
                });
            }
            "RolePolicyAttachment" => {
                let policy = resource.policy_reference();
                attach(snapshot, &role, |role| {
                    role.attached_policies.push(policy.clone())
                });
            }
            _ => {}
        }
    }
}

/// Gives a policy to the role it names. If it cannot be told which that is, every role may lack it.
fn attach(snapshot: &mut Snapshot, role: &Reference<String>, give: impl Fn(&mut Role)) {
    let names = |candidate: &Role| match &role.object {
        Some(object) => candidate.id.as_ref() == Some(object),
        None => role.value.is_known() && candidate.name.value() == role.value.value(),
    };
    if let Some(found) = snapshot.roles.iter_mut().find(|candidate| names(candidate)) {
        give(found);
    } else if let (Fact::Unknown { why, .. }, None) = (&role.value, &role.object) {
        for role in &mut snapshot.roles {
            role.policies_complete = Completeness::Partial(why.clone());
        }
    }
}

/// The value of what the provider's older versions hold as a list of one.
fn single(node: Option<&Node>) -> Option<&Node> {
    match node?.items() {
        [] => node,
        [first, ..] => Some(first),
    }
}

fn not_given(field: &str) -> Why {
    Why::not_given(format!("`{field}`"))
}

impl Resource<'_> {
    fn inline_policy(&self) -> NamedDocument {
        NamedDocument {
            name: self.external_name().value().cloned().unwrap_or_default(),
            document: self.policy_document("policy"),
        }
    }
}
