use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{AWS, Command, KUBERNETES, KubernetesPermission, ResourceKind, Scope};

/// How many characters a managed policy may have, white space not counted (IAM User Guide, "IAM and AWS
/// STS quotas").
const LONGEST: usize = 6_144;

/// The smallest IAM policy with which a command can read clusters: a statement for each kind of
/// resource, on nothing but what is in question. Where that would be more than AWS takes, the
/// statements are on all that the clusters have.
#[must_use]
pub fn policy(command: Command, scopes: &[Scope]) -> Value {
    let narrow = of_scopes(command, scopes);
    if narrow.to_string().len() <= LONGEST {
        return narrow;
    }
    let wide: Vec<Scope> = scopes.iter().map(Scope::widened).collect();
    of_scopes(command, &wide)
}

fn of_scopes(command: Command, scopes: &[Scope]) -> Value {
    let mut by_kind: BTreeMap<ResourceKind, Vec<&'static str>> = BTreeMap::new();
    for permission in AWS {
        let is_asked = scopes.iter().any(|scope| scope.asks(permission));
        if permission.commands.contains(&command) && is_asked {
            by_kind
                .entry(permission.on)
                .or_default()
                .push(permission.action);
        }
    }
    let statements: Vec<Value> = by_kind
        .into_iter()
        .filter_map(|(kind, actions)| {
            let mut resources: Vec<String> = Vec::new();
            for resource in scopes.iter().flat_map(|scope| scope.resources(kind)) {
                if !resources.contains(&resource) {
                    resources.push(resource);
                }
            }
            (!resources.is_empty()).then(|| {
                let mut statement = json!({
                    "Sid": kind.sid(),
                    "Effect": "Allow",
                    "Action": one_or_several(actions),
                    "Resource": one_or_several(resources),
                });
                let regional = matches!(kind, ResourceKind::EventHistory | ResourceKind::Instances);
                if let (true, Some(regions), Some(members)) =
                    (regional, regions(scopes), statement.as_object_mut())
                {
                    let only = json!({"StringEquals": {"aws:RequestedRegion": regions}});
                    members.insert("Condition".to_owned(), only);
                }
                statement
            })
        })
        .collect();
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// The regions of clusters, which narrow what has no resource; `None` where any is meant.
fn regions(scopes: &[Scope]) -> Option<Value> {
    let regions: BTreeSet<&str> = scopes.iter().map(Scope::region).collect();
    let any = regions.is_empty() || regions.contains("*");
    (!any).then(|| one_or_several(regions.into_iter().collect()))
}

pub(super) fn one_or_several<T: Into<Value>>(mut values: Vec<T>) -> Value {
    match values.pop() {
        Some(only) if values.is_empty() => only.into(),
        last => values.into_iter().chain(last).map(Into::into).collect(),
    }
}

/// The smallest ClusterRole with which a command can read a cluster's objects, as YAML.
#[must_use]
pub fn cluster_role(command: Command) -> String {
    let asked = KUBERNETES.iter();
    yaml(
        "rolecall-reader",
        asked.filter(|permission| permission.commands.contains(&command)),
    )
}

/// A ClusterRole of this name, with a rule for what is permitted alike; a Role where the permissions are
/// of one namespace.
pub(super) fn yaml<'a>(
    role: &str,
    permissions: impl IntoIterator<Item = &'a KubernetesPermission>,
) -> String {
    let permissions: Vec<_> = permissions.into_iter().collect();
    let namespace = permissions.first().and_then(|first| first.namespace);
    let (kind, namespace) = match namespace {
        Some(namespace) => ("Role", format!("\n  namespace: {namespace}")),
        None => ("ClusterRole", String::new()),
    };
    let mut text = format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata:\n  name: \
         {role}{namespace}\nrules:\n"
    );
    let mut rules: Vec<(Rule, Vec<&'static str>)> = Vec::new();
    for permission in permissions {
        let rule = (permission.group, permission.verb, permission.name);
        match rules.iter_mut().find(|(known, _)| *known == rule) {
            Some((_, resources)) => resources.push(permission.resource),
            None => rules.push((rule, vec![permission.resource])),
        }
    }
    for ((group, verb, name), resources) in rules {
        let group = if group.is_empty() { "\"\"" } else { group };
        text.push_str(&format!(
            "  - apiGroups: [{group}]\n    resources: [{}]\n",
            resources.join(", ")
        ));
        if let Some(name) = name {
            text.push_str(&format!("    resourceNames: [{name}]\n"));
        }
        text.push_str(&format!("    verbs: [{verb}]\n"));
    }
    text
}

/// Group, verb and the only name.
type Rule = (&'static str, &'static str, Option<&'static str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_role_groups_what_is_read_alike() {
        insta::assert_snapshot!(cluster_role(Command::Diagnose));
    }

    #[test]
    fn of_a_cluster_of_which_nothing_is_known_any_role_is_in_question() {
        let scope = Scope::of_unread("prod", "eu-central-1", None);
        let policy = policy(Command::Diagnose, &[scope]);
        insta::assert_snapshot!(serde_json::to_string_pretty(&policy).unwrap_or_default());
    }
}
