//! Policies that are resources of their own and name the roles they go onto, also roles of other
//! templates.

use rolecall_facts::{Fact, NamedDocument, ObjectId, Reference, Role, Why};

use super::condition::Truth;
use super::evaluate::{Evaluator, name};
use super::imports::is_import;
use super::open;
use super::template::Resource;
use crate::output::Output;
use crate::tree::{Node, Value};

/// What a policy resource adds to a role.
#[derive(Debug, Clone)]
pub(super) enum Grant {
    Inline(NamedDocument),
    Managed(Reference<String>),
    /// Perhaps something; why that is open.
    Open(Why),
}

impl Grant {
    /// Adds it to a role.
    pub(super) fn put(&self, role: &mut Role) {
        match self {
            Self::Inline(policy) => role.inline_policies.push(policy.clone()),
            Self::Managed(policy) => {
                if !role.attached_policies.contains(policy) {
                    role.attached_policies.push(policy.clone());
                }
            }
            Self::Open(why) => open(&mut role.policies_complete, why),
        }
    }
}

/// Which role of another template is meant.
#[derive(Debug)]
pub(super) enum RoleElsewhere {
    Import(ObjectId),
    Name(String),
}

/// Puts policies onto the roles of `out`, which are those of this template, and notes those that go
/// onto others.
pub(super) fn read(evaluator: &mut Evaluator<'_>, out: &mut Output) {
    let kinds = [
        "AWS::IAM::Policy",
        "AWS::IAM::RolePolicy",
        "AWS::IAM::ManagedPolicy",
    ];
    for resource in evaluator.template.of_kind(&kinds) {
        let list = match resource.kind {
            "AWS::IAM::RolePolicy" => evaluator.property(&resource, "RoleName"),
            _ => evaluator.property(&resource, "Roles"),
        };
        let Some(list) = list else { continue };
        let grant = match evaluator.is_there(&resource) {
            Truth::False => continue,
            Truth::Unknown(why) => Grant::Open(why),
            Truth::True => evaluator.grant(&resource),
        };
        for named in listed(&list) {
            put(named, &resource, &grant, evaluator, out);
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

fn put(
    named: &Node,
    resource: &Resource<'_>,
    grant: &Grant,
    evaluator: &Evaluator<'_>,
    out: &mut Output,
) {
    if let Some(import) = named.object.as_ref().filter(|id| is_import(id)) {
        let role = RoleElsewhere::Import(import.clone());
        out.stacks.grants.push((role, grant.clone()));
        return;
    }
    let wanted = name(named);
    let mut is_here = named.object.is_some();
    for role in &mut out.snapshot.roles {
        match is_of(named, &wanted, evaluator, role) {
            Some(true) => {
                is_here = true;
                grant.put(role);
            }
            Some(false) => {}
            None => {
                let why = Why::not_evaluated(format!("the role of `{}`", resource.id));
                Grant::Open(why).put(role);
            }
        }
    }
    if let (false, Fact::Known { value, .. }) = (is_here, wanted) {
        let role = RoleElsewhere::Name(value);
        out.stacks.grants.push((role, grant.clone()));
    }
}

/// Whether the policy goes onto this role; `None` when that is open.
fn is_of(
    named: &Node,
    wanted: &Fact<String>,
    evaluator: &Evaluator<'_>,
    role: &Role,
) -> Option<bool> {
    if let Some(object) = &named.object {
        return Some(role.id.as_ref() == Some(object));
    }
    match (wanted.value(), role.name.value()) {
        (Some(wanted), Some(name)) => Some(wanted.eq_ignore_ascii_case(name)),
        (Some(_), None) => {
            // A name that CloudFormation makes up is written down nowhere.
            let is_given = evaluator
                .template
                .resources
                .iter()
                .find(|resource| role.id.as_ref() == Some(&resource.object))
                .is_some_and(|resource| resource.property("RoleName").is_some());
            (!is_given).then_some(false)
        }
        (None, _) => None,
    }
}

impl Evaluator<'_> {
    fn grant(&mut self, resource: &Resource<'_>) -> Grant {
        if resource.kind == "AWS::IAM::ManagedPolicy" {
            let place = Node::new(Value::Null, resource.origin.clone());
            let policy = self.attribute(resource.id, "Ref", &place);
            return Grant::Managed(policy.text_reference());
        }
        let named = self.property(resource, "PolicyName");
        Grant::Inline(NamedDocument {
            name: named
                .as_ref()
                .and_then(Node::as_str)
                .unwrap_or(resource.id)
                .to_owned(),
            document: match resource.property("PolicyDocument") {
                Some(document) => self.document(document),
                None => Fact::unknown_at(
                    Why::not_given(format!("the document of `{}`", resource.id)),
                    resource.origin.clone(),
                ),
            },
        })
    }
}
