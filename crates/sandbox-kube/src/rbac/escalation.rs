//! Nobody gives away through RBAC what they do not have themselves.

use serde_json::Value;

use super::rules::{Rule, Rules};
use crate::object;
use crate::status::Status;
use crate::store::Store;
use crate::user::{Attributes, User};

const RBAC: &str = "rbac.authorization.k8s.io";

/// Refuses a role with rules, or a binding to a role with rules, that its writer does not have.
/// Whoever may `escalate` roles, or `bind` them, is not asked; the caller has found that out.
pub(crate) fn check(
    user: &User,
    store: &Store,
    plural: &str,
    old: Option<&Value>,
    new: &Value,
) -> Result<(), Status> {
    let rules = Rules::compile(store);
    let namespace = object::namespace(new);
    let granted = match plural {
        "roles" | "clusterroles" => {
            if old.is_some_and(|old| old.get("rules") == new.get("rules")) {
                return Ok(());
            }
            super::rules::rules(new)
        }
        _ => {
            let reference = |field: &str| {
                new.pointer(&format!("/roleRef/{field}"))
                    .and_then(Value::as_str)
                    .unwrap_or_default()
            };
            let bound = Attributes {
                verb: "bind",
                group: RBAC,
                version: "v1",
                resource: if reference("kind") == "Role" {
                    "roles"
                } else {
                    "clusterroles"
                },
                namespace,
                name: reference("name"),
                ..Attributes::default()
            };
            if rules.allows(user, &bound) {
                return Ok(());
            }
            Rules::of_role(namespace, reference("kind"), reference("name"), store)
        }
    };
    let missing: Vec<String> = granted
        .iter()
        .filter(|rule| !covered(rule, user, namespace, &rules))
        .map(shown)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let groups: Vec<String> = user
        .groups
        .iter()
        .map(|group| format!("{group:?}"))
        .collect();
    let why = format!(
        "user {:?} (groups=[{}]) is attempting to grant RBAC permissions not currently held:\n{}",
        user.name,
        groups.join(" "),
        missing.join("\n")
    );
    Err(Status::forbidden(RBAC, plural, object::name(new), &why))
}

/// Whether a user has all that a rule gives.
fn covered(rule: &Rule, user: &User, namespace: &str, held: &Rules) -> bool {
    let none = [String::new()];
    let names = if rule.names.is_empty() {
        &none[..]
    } else {
        &rule.names
    };
    rule.verbs.iter().all(|verb| {
        rule.paths.iter().all(|path| {
            held.allows(
                user,
                &Attributes {
                    verb,
                    path,
                    ..Attributes::default()
                },
            )
        }) && rule.groups.iter().all(|group| {
            rule.resources.iter().all(|resource| {
                let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
                names.iter().all(|name| {
                    let ask = Attributes {
                        verb,
                        group,
                        resource,
                        subresource,
                        namespace,
                        name,
                        ..Attributes::default()
                    };
                    held.allows(user, &ask)
                })
            })
        })
    })
}

/// A rule as Kubernetes prints it.
fn shown(rule: &Rule) -> String {
    let parts = [
        ("APIGroups", &rule.groups),
        ("Resources", &rule.resources),
        ("ResourceNames", &rule.names),
        ("NonResourceURLs", &rule.paths),
        ("Verbs", &rule.verbs),
    ];
    let texts: Vec<String> = parts
        .into_iter()
        .filter(|(_, list)| !list.is_empty())
        .map(|(name, list)| {
            let quoted: Vec<String> = list.iter().map(|one| format!("{one:?}")).collect();
            format!("{name}:[{}]", quoted.join(" "))
        })
        .collect();
    format!("{{{}}}", texts.join(", "))
}
