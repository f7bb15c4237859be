//! `aws_iam_role` and `aws_iam_instance_profile`.

use rolecall_facts::{Completeness, Fact, InstanceProfile, NamedDocument, Role};

use super::{Change, Declared, Resource, blocks};
use crate::output::Output;
use crate::terraform::environment::Environment;
use crate::terraform::identity;
use crate::tree::{Node, Value};

pub(super) fn read(declared: &Declared, out: &mut Output) {
    out.snapshot
        .roles
        .extend(declared.certain("aws_iam_role").map(role));
    let profiles = declared.certain("aws_iam_instance_profile").map(profile);
    out.snapshot.instance_profiles.extend(profiles);
}

fn role(resource: &Resource) -> Role {
    let environment = environment(resource);
    let text = |name: &str| resource.argument(name).and_then(Node::as_str);
    Role {
        id: Some(resource.id.clone()),
        partition: environment.partition,
        account: environment.account,
        name: name(resource),
        path: path(resource),
        unique_id: text("unique_id").and_then(|id| id.parse().ok()),
        created_at: text("create_date").and_then(|date| date.parse().ok()),
        tags: Vec::new(),
        replaced: match &resource.change {
            Change::Replaced(why) => Some(why.clone()),
            Change::Kept | Change::Created => None,
        },
        trust: resource.required("assume_role_policy").policy_fact(),
        inline_policies: inline_policies(resource),
        attached_policies: attached_policies(resource),
        policies_complete: Completeness::Complete,
        permissions_boundary: resource
            .argument("permissions_boundary")
            .filter(|boundary| boundary.as_str() != Some(""))
            .map(Node::text_reference),
        origin: resource.origin(),
    }
}

/// Account and partition from the role's own ARN, where the plan or state knows it.
fn environment(resource: &Resource) -> Environment {
    let arn = resource.argument("arn").and_then(Node::as_str);
    match arn.and_then(|arn| arn.parse::<rolecall_arn::RoleArn>().ok()) {
        Some(arn) => Environment {
            partition: Some(arn.partition().clone()),
            account: Some(arn.account()),
            ..Environment::default()
        },
        None => resource.environment.clone(),
    }
}

fn name(resource: &Resource) -> Fact<String> {
    let origin = resource.origin();
    identity::name(&origin, &mut |name| resource.argument(name).cloned()).text_fact()
}

fn path(resource: &Resource) -> Fact<String> {
    resource.argument("path").map_or_else(
        || Fact::known("/".to_owned(), resource.origin()),
        Node::text_fact,
    )
}

fn inline_policies(resource: &Resource) -> Vec<NamedDocument> {
    resource
        .argument("inline_policy")
        .into_iter()
        .flat_map(blocks)
        .filter_map(|block| {
            let document = block.get("policy")?.policy_fact();
            let name = block.get("name").and_then(Node::as_str);
            Some(NamedDocument {
                name: name.unwrap_or("inline_policy").to_owned(),
                document,
            })
        })
        .collect()
}

fn attached_policies(resource: &Resource) -> Vec<rolecall_facts::Reference<String>> {
    match resource.argument("managed_policy_arns") {
        Some(list) if matches!(list.value, Value::List(_)) => {
            list.items().iter().map(Node::text_reference).collect()
        }
        Some(unknown) => vec![unknown.text_reference()],
        None => Vec::new(),
    }
}

fn profile(resource: &Resource) -> InstanceProfile {
    InstanceProfile {
        id: Some(resource.id.clone()),
        account: resource.environment.account,
        name: name(resource),
        path: path(resource),
        role: resource
            .argument("role")
            .filter(|role| role.as_str() != Some(""))
            .map(Node::principal_reference),
        origin: resource.origin(),
    }
}
