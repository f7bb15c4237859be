//! Facts as text, for snapshots.

#![expect(clippy::unwrap_used, reason = "an unknown fact has a reason")]

use std::fmt::Write as _;

use rolecall_facts::{Fact, NamedDocument, ObjectId, PolicyDocument, Reference};

use rolecall_declared::Read;

pub(crate) fn fact<T: ToString>(fact: &Fact<T>) -> String {
    match (fact.value(), fact.why()) {
        (Some(value), _) => value.to_string(),
        (None, why) => format!("? {}", why.unwrap()),
    }
}

fn list(fact: &Fact<Vec<String>>) -> String {
    match (fact.value(), fact.why()) {
        (Some(value), _) => format!("{value:?}"),
        (None, why) => format!("? {}", why.unwrap()),
    }
}

pub(crate) fn address(object: &ObjectId) -> &str {
    object.0.split_once('#').map_or("?", |(_, address)| address)
}

/// The value or why it is open, and the address of the object meant.
pub(crate) fn reference<T: ToString>(reference: &Reference<T>) -> String {
    let object = reference.object.as_ref().map_or("-", address);
    format!("{} <{object}>", fact(&reference.value))
}

fn document(document: &Fact<PolicyDocument>) -> String {
    match (document.value(), document.why()) {
        (Some(value), _) => {
            let open: Vec<String> = value.unknown.iter().map(ToString::to_string).collect();
            let open = if open.is_empty() {
                String::new()
            } else {
                format!(" {open:?}")
            };
            format!("{}{open}", value.text)
        }
        (None, why) => format!("? {}", why.unwrap()),
    }
}

fn name(id: Option<&ObjectId>) -> &str {
    id.map_or("-", address)
}

/// Everything read, a line for each fact, and the diagnostics.
pub(crate) fn summary(out: &Read) -> String {
    let mut text = String::new();
    let snapshot = &out.snapshot;
    for cluster in &snapshot.clusters {
        let _ = writeln!(text, "cluster {}", name(cluster.id.as_ref()));
        let _ = writeln!(text, "  name {}", fact(&cluster.name));
        let _ = writeln!(text, "  mode {}", fact(&cluster.authentication_mode));
        let _ = writeln!(text, "  role {}", reference(&cluster.role));
        if let Some(compute) = &cluster.compute {
            let enabled = fact(&compute.enabled);
            let _ = writeln!(text, "  auto {enabled} {}", list(&compute.node_pools));
            if let Some(role) = &compute.node_role {
                let _ = writeln!(text, "  node role {}", reference(role));
            }
        }
        let _ = writeln!(text, "  entries {:?}", cluster.access_entries_complete);
    }
    for role in &snapshot.roles {
        let _ = writeln!(text, "role {}", name(role.id.as_ref()));
        let _ = writeln!(text, "  {} {}", fact(&role.path), fact(&role.name));
        let _ = writeln!(text, "  trust {}", document(&role.trust));
        for NamedDocument { name, document: d } in &role.inline_policies {
            let _ = writeln!(text, "  inline {name} {}", document(d));
        }
        for attached in &role.attached_policies {
            let _ = writeln!(text, "  attached {}", reference(attached));
        }
        if let Some(boundary) = &role.permissions_boundary {
            let _ = writeln!(text, "  boundary {}", reference(boundary));
        }
        if !role.policies_complete.is_complete() {
            let _ = writeln!(text, "  {:?}", role.policies_complete);
        }
    }
    for policy in &snapshot.managed_policies {
        let _ = writeln!(text, "policy {}", name(policy.id.as_ref()));
        let _ = writeln!(
            text,
            "  {} {}",
            fact(&policy.arn),
            document(&policy.document)
        );
    }
    for profile in &snapshot.instance_profiles {
        let role = profile
            .role
            .as_ref()
            .map_or_else(|| "-".to_owned(), reference);
        let id = name(profile.id.as_ref());
        let _ = writeln!(text, "profile {id} {} {role}", fact(&profile.name));
    }
    for entry in &snapshot.access_entries {
        let _ = writeln!(text, "entry {}", name(entry.id.as_ref()));
        let _ = writeln!(text, "  cluster {}", reference(&entry.cluster));
        let _ = writeln!(text, "  principal {}", reference(&entry.principal));
        let _ = writeln!(text, "  type {}", fact(&entry.entry_type));
    }
    for policy in &snapshot.access_policies {
        let _ = writeln!(text, "association {}", fact(&policy.policy_arn));
        let _ = writeln!(text, "  principal {}", reference(&policy.principal));
        let scope = policy.scope.value().map(|scope| format!("{scope:?}"));
        let _ = writeln!(text, "  scope {}", scope.unwrap_or_else(|| "?".to_owned()));
    }
    for group in &snapshot.node_groups {
        let role = group
            .role
            .as_ref()
            .map_or_else(|| "-".to_owned(), reference);
        let id = name(group.id.as_ref());
        let _ = writeln!(text, "group {id} {} {role}", fact(&group.name));
    }
    for identity in &snapshot.pod_identities {
        let account = fact(&identity.service_account);
        let _ = writeln!(text, "pod identity {account} {}", reference(&identity.role));
    }
    for class in &snapshot.node_classes {
        let role = class
            .role
            .as_ref()
            .map_or_else(|| "-".to_owned(), reference);
        let _ = writeln!(text, "class {} {role} {}", class.name, class.origin);
    }
    for pool in &snapshot.node_pools {
        let _ = writeln!(text, "pool {} {}", pool.name, pool.origin);
    }
    for map in &snapshot.aws_auth {
        let _ = writeln!(text, "aws-auth {:?}", map.problems);
        for role in map.map_roles.value().into_iter().flatten() {
            let _ = writeln!(text, "  {} {}", fact(&role.role_arn), list(&role.groups));
        }
    }
    for diagnostic in &out.diagnostics {
        let _ = writeln!(text, "{:?} {diagnostic}", diagnostic.level);
    }
    text
}
