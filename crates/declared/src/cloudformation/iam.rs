//! Roles, instance profiles and managed policies.

use rolecall_facts::{
    Completeness, Fact, InstanceProfile, ManagedPolicy, NamedDocument, Principal, Reference, Role,
    Why,
};

use super::condition::Truth;
use super::evaluate::{Evaluator, name, name_reference};
use super::open;
use super::template::Resource;
use crate::output::Output;
use crate::tree::{Node, Value};

pub(super) fn read(evaluator: &mut Evaluator<'_>, out: &mut Output) {
    for resource in evaluator.template.of_kind(&["AWS::IAM::Role"]) {
        match evaluator.is_there(&resource) {
            Truth::False => {}
            Truth::True => {
                let role = evaluator.role(&resource);
                out.snapshot.roles.push(role);
            }
            Truth::Unknown(why) => {
                let role = evaluator.possible_role(&resource, &why);
                add_possible(&mut out.snapshot.roles, role, &why);
            }
        }
    }
    for resource in evaluator.template.of_kind(&["AWS::IAM::ManagedPolicy"]) {
        if evaluator.is_there(&resource) == Truth::True {
            let policy = evaluator.managed_policy(&resource);
            out.snapshot.managed_policies.push(policy);
        }
    }
    for resource in evaluator.template.of_kind(&["AWS::IAM::InstanceProfile"]) {
        if evaluator.is_there(&resource) == Truth::True {
            let profile = evaluator.instance_profile(&resource);
            out.snapshot.instance_profiles.push(profile);
        }
    }
}

/// Two of one name are written where only one of them is ever made: they are one role, of which
/// only what both say is known.
fn add_possible(roles: &mut Vec<Role>, role: Role, why: &Why) {
    let twin = roles
        .iter_mut()
        .find(|other| role.name.is_known() && other.name.value() == role.name.value());
    let Some(twin) = twin else {
        roles.push(role);
        return;
    };
    if twin.path.value() != role.path.value() {
        twin.path = Fact::unknown_at(why.clone(), twin.origin.clone());
    }
    twin.trust = role.trust;
    open(&mut twin.policies_complete, why);
}

impl Evaluator<'_> {
    fn role(&mut self, resource: &Resource<'_>) -> Role {
        let mut completeness = Completeness::Complete;
        let trust = match resource.property("AssumeRolePolicyDocument") {
            Some(document) => self.document(document),
            None => Fact::unknown_at(
                Why::not_given(format!("the trust policy of `{}`", resource.id)),
                resource.origin.clone(),
            ),
        };
        let name_node = self.own_name(resource);
        let path = self.path(resource);
        Role {
            id: Some(resource.object.clone()),
            partition: None,
            account: None,
            name: name(&name_node),
            path: name(&path),
            unique_id: None,
            created_at: None,
            replaced: None,
            tags: Vec::new(),
            trust,
            inline_policies: self.inline_policies(resource, &mut completeness),
            attached_policies: self.attached_policies(resource, &mut completeness),
            policies_complete: completeness,
            permissions_boundary: self
                .property(resource, "PermissionsBoundary")
                .map(|node| node.text_reference()),
            origin: resource.origin.clone(),
        }
    }

    /// A role that may not be made: where it would be is known, what it may do is not claimed.
    fn possible_role(&mut self, resource: &Resource<'_>, why: &Why) -> Role {
        let mut role = self.role(resource);
        role.trust = Fact::unknown_at(why.clone(), resource.origin.clone());
        open(&mut role.policies_complete, why);
        role
    }

    fn inline_policies(
        &mut self,
        resource: &Resource<'_>,
        completeness: &mut Completeness,
    ) -> Vec<NamedDocument> {
        let Some(written) = resource.property("Policies") else {
            return Vec::new();
        };
        // With holes, so that a document keeps what is known around its unknown parts.
        let list = self.raw(written);
        if let Value::Unknown(why) = &list.value {
            open(completeness, why);
        }
        let mut policies = Vec::new();
        for item in list.items() {
            if let Value::Unknown(why) = &item.value {
                open(completeness, why);
                continue;
            }
            let document = item.get("PolicyDocument").map_or_else(
                || Fact::unknown_at(Why::not_given("the policy's document"), item.origin.clone()),
                |document| self.holes.document(document),
            );
            let named = item.get("PolicyName").cloned();
            let named = named.map(|named| self.holes.settle(named));
            policies.push(NamedDocument {
                name: named.as_ref().and_then(Node::as_str).map_or_else(
                    || format!("{} #{}", resource.id, policies.len() + 1),
                    str::to_owned,
                ),
                document,
            });
        }
        policies
    }

    fn attached_policies(
        &mut self,
        resource: &Resource<'_>,
        completeness: &mut Completeness,
    ) -> Vec<Reference<String>> {
        let Some(list) = self.property(resource, "ManagedPolicyArns") else {
            return Vec::new();
        };
        if let Value::Unknown(why) = &list.value {
            open(completeness, why);
        }
        list.items().iter().map(Node::text_reference).collect()
    }

    fn managed_policy(&mut self, resource: &Resource<'_>) -> ManagedPolicy {
        let place = Node::new(Value::Null, resource.origin.clone());
        let arn = self.attribute(resource.id, "Ref", &place);
        ManagedPolicy {
            id: Some(resource.object.clone()),
            arn: arn.text_fact(),
            document: match resource.property("PolicyDocument") {
                Some(document) => self.document(document),
                None => Fact::unknown_at(
                    Why::not_given(format!("the document of `{}`", resource.id)),
                    resource.origin.clone(),
                ),
            },
            origin: resource.origin.clone(),
        }
    }

    fn instance_profile(&mut self, resource: &Resource<'_>) -> InstanceProfile {
        let name_node = self.own_name(resource);
        let path = self.path(resource);
        let roles = self.required(resource, "Roles");
        let role = match &roles.value {
            Value::List(items) => items.first().cloned(),
            _ => Some(roles),
        };
        InstanceProfile {
            id: Some(resource.object.clone()),
            account: None,
            name: name(&name_node),
            path: name(&path),
            role: role.map(|role| {
                let Reference { value, object } = name_reference(&role);
                Reference {
                    value: value.map(|name| Principal::parse(&name)),
                    object,
                }
            }),
            origin: resource.origin.clone(),
        }
    }
}
