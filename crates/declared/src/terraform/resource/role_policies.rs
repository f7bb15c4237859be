//! What is attached to roles by resources of their own.

use std::collections::HashMap;

use rolecall_facts::{Completeness, NamedDocument, ObjectId, Reference, Role, Why};

use super::{Declared, Resource};
use crate::output::Output;
use crate::tree::{Node, Value};

/// Puts inline policies and attachments onto the roles of `out`, which are those of one root module.
pub(super) fn read(declared: &Declared, out: &mut Output) {
    let mut roles = Roles::of(&mut out.snapshot.roles);
    forget_detached(declared, roles.all);
    for resource in declared.of_kind("aws_iam_role_policy") {
        roles.change(resource, "role", &|role| set_inline(role, resource));
    }
    for resource in declared.of_kind("aws_iam_role_policy_attachment") {
        let policy = resource.required("policy_arn").text_reference();
        roles.change(resource, "role", &|role| attach(role, policy.clone()));
    }
    for resource in declared.of_kind("aws_iam_policy_attachment") {
        let policy = resource.required("policy_arn").text_reference();
        // It may be for users and groups only.
        if resource.argument("roles").is_some() {
            roles.change(resource, "roles", &|role| attach(role, policy.clone()));
        }
    }
    for resource in declared.of_kind("aws_iam_role_policy_attachments_exclusive") {
        let policies = resource.required("policy_arns");
        roles.change(resource, "role_name", &|role| {
            for policy in listed(&policies) {
                attach(role, policy.text_reference());
            }
        });
    }
}

/// Roles by what names them.
struct Roles<'r> {
    all: &'r mut [Role],
    by_id: HashMap<ObjectId, usize>,
    by_name: HashMap<String, Vec<usize>>,
    /// Those whose name is not known.
    nameless: Vec<usize>,
}

impl<'r> Roles<'r> {
    fn of(all: &'r mut [Role]) -> Self {
        let (mut by_id, mut by_name) = (HashMap::new(), HashMap::<_, Vec<usize>>::new());
        let mut nameless = Vec::new();
        for (index, role) in all.iter().enumerate() {
            by_id.extend(role.id.clone().map(|id| (id, index)));
            match role.name.value() {
                Some(name) => by_name.entry(name.clone()).or_default().push(index),
                None => nameless.push(index),
            }
        }
        Self {
            all,
            by_id,
            by_name,
            nameless,
        }
    }

    /// The roles that a reference surely names, and those that it may name.
    fn named_by(&self, reference: &Reference<String>) -> (Vec<usize>, Vec<usize>) {
        if let Some(object) = &reference.object {
            return (
                self.by_id.get(object).copied().into_iter().collect(),
                Vec::new(),
            );
        }
        match reference.value.value() {
            Some(name) => {
                // Names are unique, so a role of this name leaves no room for another.
                match self.by_name.get(name) {
                    Some(sure) => (sure.clone(), Vec::new()),
                    None => (Vec::new(), self.nameless.clone()),
                }
            }
            None => (Vec::new(), (0..self.all.len()).collect()),
        }
    }

    /// Changes every role that the argument names. A role that may be named, but not surely, is
    /// marked as not knowing all its policies.
    fn change(&mut self, resource: &Resource, argument: &str, change: &dyn Fn(&mut Role)) {
        let named = resource.required(argument);
        for node in listed(&named) {
            let (sure, maybe) = self.named_by(&node.text_reference());
            for role in sure {
                match (self.all.get_mut(role), &resource.uncertain) {
                    (Some(role), Some(why)) => open(role, why),
                    (Some(role), None) => change(role),
                    (None, _) => {}
                }
            }
            let why = Why::not_evaluated(format!("the role of `{}`", resource.address));
            for role in maybe {
                if let Some(role) = self.all.get_mut(role) {
                    open(role, resource.uncertain.as_ref().unwrap_or(&why));
                }
            }
        }
    }
}

/// A state or an existing role's plan lists what was attached when it was last read; what this plan
/// takes away is not there any more.
fn forget_detached(declared: &Declared, roles: &mut [Role]) {
    for (name, policy) in &declared.detached {
        for role in roles.iter_mut() {
            if role.name.value() == Some(name) {
                role.attached_policies
                    .retain(|attached| attached.value.value() != Some(policy));
                role.inline_policies.retain(|inline| inline.name != *policy);
            }
        }
    }
}

/// The items of a list, or the value itself where it is not one.
fn listed(node: &Node) -> &[Node] {
    match &node.value {
        Value::List(items) => items,
        _ => std::slice::from_ref(node),
    }
}

fn open(role: &mut Role, why: &Why) {
    if role.policies_complete.is_complete() {
        role.policies_complete = Completeness::Partial(why.clone());
    }
}

fn attach(role: &mut Role, policy: Reference<String>) {
    let same = |attached: &Reference<String>| {
        (attached.object.is_some() && attached.object == policy.object)
            || (attached.value.is_known() && attached.value.value() == policy.value.value())
    };
    if !role.attached_policies.iter().any(same) {
        role.attached_policies.push(policy);
    }
}

/// The resource's document takes the place of one that a state lists under the same name.
fn set_inline(role: &mut Role, resource: &Resource) {
    let name = resource.argument("name").and_then(Node::as_str);
    let inline = NamedDocument {
        name: name.unwrap_or(&resource.address).to_owned(),
        document: resource.required("policy").policy_fact(),
    };
    role.inline_policies
        .retain(|known| known.name != inline.name);
    role.inline_policies.push(inline);
}
