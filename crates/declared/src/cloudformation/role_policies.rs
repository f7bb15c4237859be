//! Policies that are resources of their own and name the roles they go onto.

use rolecall_facts::{Fact, NamedDocument, Role, Why};

use super::condition::Truth;
use super::evaluate::{Evaluator, name};
use super::open;
use super::template::Resource;
use crate::output::Output;
use crate::tree::{Node, Value};

/// Puts policies onto the roles of `out`, which are those of this template. A role of another
/// template that is named by its name is not changed: which role that is cannot be told from here.
pub(super) fn read(evaluator: &mut Evaluator<'_>, out: &mut Output) {
    let kinds = [
        "AWS::IAM::Policy",
        "AWS::IAM::RolePolicy",
        "AWS::IAM::ManagedPolicy",
    ];
    for resource in evaluator.template.of_kind(&kinds) {
        let there = evaluator.is_there(&resource);
        if there == Truth::False {
            continue;
        }
        let list = match resource.kind {
            "AWS::IAM::RolePolicy" => evaluator.property(&resource, "RoleName"),
            _ => evaluator.property(&resource, "Roles"),
        };
        for named in list.as_ref().map(listed).unwrap_or_default() {
            let attach = Attachment {
                named,
                resource: &resource,
                there: &there,
            };
            attach.put(evaluator, &mut out.snapshot.roles);
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

struct Attachment<'a> {
    /// The role, by name or by reference.
    named: &'a Node,
    resource: &'a Resource<'a>,
    there: &'a Truth,
}

impl Attachment<'_> {
    fn put(&self, evaluator: &mut Evaluator<'_>, roles: &mut [Role]) {
        let wanted = name(self.named);
        for role in roles {
            match (self.is_of(evaluator, role, &wanted), self.there) {
                (Some(true), Truth::Unknown(why)) => open(&mut role.policies_complete, why),
                (Some(true), _) => self.add(evaluator, role),
                (Some(false), _) => {}
                (None, _) => open(
                    &mut role.policies_complete,
                    &Why::not_evaluated(format!("the role of `{}`", self.resource.id)),
                ),
            }
        }
    }

    /// Whether the policy goes onto this role; `None` when that is open.
    fn is_of(&self, evaluator: &Evaluator<'_>, role: &Role, wanted: &Fact<String>) -> Option<bool> {
        if let Some(object) = &self.named.object {
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

    fn add(&self, evaluator: &mut Evaluator<'_>, role: &mut Role) {
        if self.resource.kind == "AWS::IAM::ManagedPolicy" {
            let policy = evaluator
                .attribute(self.resource.id, "Ref", self.named)
                .text_reference();
            if !role.attached_policies.contains(&policy) {
                role.attached_policies.push(policy);
            }
            return;
        }
        let named = evaluator.property(self.resource, "PolicyName");
        role.inline_policies.push(NamedDocument {
            name: named
                .as_ref()
                .and_then(Node::as_str)
                .unwrap_or(self.resource.id)
                .to_owned(),
            document: match self.resource.property("PolicyDocument") {
                Some(document) => evaluator.document(document),
                None => Fact::unknown_at(
                    Why::not_given(format!("the document of `{}`", self.resource.id)),
                    self.resource.origin.clone(),
                ),
            },
        });
    }
}
