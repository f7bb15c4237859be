//! What is attached to roles by resources of their own.

use rolecall_facts::{Completeness, NamedDocument, Reference, Role, Why};

use super::{Declared, Resource, may_refer_to};
use crate::output::Output;
use crate::tree::{Node, Value};

/// Puts inline policies and attachments onto the roles of `out`, which are those of one root module.
pub(super) fn read(declared: &Declared, out: &mut Output) {
    let roles = &mut out.snapshot.roles;
    forget_detached(declared, roles);
    for resource in declared.of_kind("aws_iam_role_policy") {
        on_roles(resource, "role", roles, &|role| set_inline(role, resource));
    }
    for resource in declared.of_kind("aws_iam_role_policy_attachment") {
        let policy = resource.required("policy_arn").text_reference();
        on_roles(resource, "role", roles, &|role| {
            attach(role, policy.clone())
        });
    }
    for resource in declared.of_kind("aws_iam_policy_attachment") {
        let policy = resource.required("policy_arn").text_reference();
        on_roles(resource, "roles", roles, &|role| {
            attach(role, policy.clone())
        });
    }
    for resource in declared.of_kind("aws_iam_role_policy_attachments_exclusive") {
        let policies = resource.required("policy_arns");
        on_roles(resource, "role_name", roles, &|role| {
            for policy in listed(&policies) {
                attach(role, policy.text_reference());
            }
        });
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

/// Calls `change` for every role that the argument names. A role that may be named, but not surely,
/// is marked as not knowing all its policies.
fn on_roles(resource: &Resource, argument: &str, roles: &mut [Role], change: &dyn Fn(&mut Role)) {
    let named = resource.required(argument);
    for node in listed(&named) {
        let reference = node.text_reference();
        for role in roles.iter_mut() {
            if !may_refer_to(&reference, role.id.as_ref(), role.name.value()) {
                continue;
            }
            if let Some(why) = &resource.uncertain {
                open(role, why);
            } else if is_sure(&reference, role) {
                change(role);
            } else {
                open(
                    role,
                    &Why::not_evaluated(format!("the role of `{}`", resource.address)),
                );
            }
        }
    }
}

fn is_sure(reference: &Reference<String>, role: &Role) -> bool {
    match &reference.object {
        Some(object) => role.id.as_ref() == Some(object),
        None => reference.value.is_known() && role.name.is_known(),
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
