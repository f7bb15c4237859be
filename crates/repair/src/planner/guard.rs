//! What a plan never does, whatever a rule proposes.

use std::collections::HashSet;

use rolecall_facts::{AccessEntry, Change, Principal, Snapshot};
use serde_json::Value;

use crate::TAG;

/// The change would grant more than what it mends: says which statement and why.
///
/// A statement that the account already has in a document of the snapshot is no widening: the twin of a
/// role carries what the role carries.
pub(crate) fn widens(change: &Change, snapshot: &Snapshot) -> Option<String> {
    let (document, is_trust) = match change {
        Change::PutInlinePolicy { document, .. } => (document, false),
        Change::SetTrust { document, .. } => (document, true),
        Change::CreateRole(role) => (&role.trust, true),
        _ => return None,
    };
    let Ok(parsed) = serde_json::from_str::<Value>(document) else {
        return Some("its policy document is not JSON".to_owned());
    };
    let known = statements_of(snapshot);
    statements(&parsed)
        .into_iter()
        .filter(|statement| !known.contains(&statement.to_string()))
        .find_map(|statement| too_wide(&statement, is_trust))
}

/// Why one statement grants too much.
fn too_wide(statement: &Value, is_trust: bool) -> Option<String> {
    if statement.get("Effect").and_then(Value::as_str) != Some("Allow") {
        return None;
    }
    for negated in ["NotAction", "NotResource", "NotPrincipal"] {
        if statement.get(negated).is_some() {
            return Some(format!(
                "a statement allows everything but what its {negated} names"
            ));
        }
    }
    let texts = |key: &str| statement.get(key).map(all_texts).unwrap_or_default();
    if let Some(action) = texts("Action")
        .iter()
        .find(|action| action.as_str() == "*" || action.ends_with(":*"))
    {
        return Some(format!("a statement allows the action `{action}`"));
    }
    if is_trust && texts("Principal").iter().any(|principal| principal == "*") {
        return Some("a statement trusts the principal `*`".to_owned());
    }
    let bounded = statement
        .get("Condition")
        .and_then(Value::as_object)
        .is_some_and(|condition| !condition.is_empty());
    if !bounded && texts("Resource").iter().any(|resource| resource == "*") {
        return Some(
            "a statement allows its actions on the resource `*` without a condition".to_owned(),
        );
    }
    None
}

/// All strings in a value: one, a list of them, or a map of either.
fn all_texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(all_texts).collect(),
        Value::Object(fields) => fields.values().flat_map(all_texts).collect(),
        _ => Vec::new(),
    }
}

fn statements(document: &Value) -> Vec<Value> {
    match document.get("Statement") {
        Some(Value::Array(all)) => all.clone(),
        Some(one) => vec![one.clone()],
        None => Vec::new(),
    }
}

/// Every statement that a document of the snapshot has, as compact JSON.
fn statements_of(snapshot: &Snapshot) -> HashSet<String> {
    let of_roles = snapshot.roles.iter().flat_map(|role| {
        let inline = role.inline_policies.iter().map(|policy| &policy.document);
        inline.chain([&role.trust])
    });
    let managed = snapshot
        .managed_policies
        .iter()
        .map(|policy| &policy.document);
    of_roles
        .chain(managed)
        .filter_map(|document| serde_json::from_str::<Value>(&document.value()?.text).ok())
        .flat_map(|document| statements(&document))
        .map(|statement| statement.to_string())
        .collect()
}

/// The entry that a change deletes or alters and that no repair made: says what would become of it.
///
/// A policy that is associated besides those there are leaves the entry as it is; one whose scope is
/// replaced does not.
pub(crate) fn touches_foreign_entry(change: &Change, snapshot: &Snapshot) -> Option<String> {
    let (principal, what) = match change {
        Change::DeleteAccessEntry { principal } => (principal, "deletes".to_owned()),
        Change::DisassociateAccessPolicy {
            principal,
            policy_arn,
        } => {
            let policy = policy_arn.rsplit('/').next().unwrap_or(policy_arn);
            (principal, format!("takes {policy} away from"))
        }
        Change::AssociateAccessPolicy {
            principal,
            policy_arn,
            scope,
        } => {
            let wanted = Principal::parse(principal);
            let replaced = snapshot.access_policies.iter().any(|known| {
                known.principal.value.value() == Some(&wanted)
                    && known.policy_arn.value() == Some(policy_arn)
                    && known.scope.value() != Some(scope)
            });
            if !replaced {
                return None;
            }
            (principal, "changes the scope of a policy of".to_owned())
        }
        _ => return None,
    };
    let wanted = Principal::parse(principal);
    let entry = snapshot
        .access_entries
        .iter()
        .find(|entry| entry.principal.value.value() == Some(&wanted))?;
    let is_ours = is_made_by_repair(entry);
    (!is_ours).then(|| format!("it {what} an entry that rolecall did not make"))
}

fn is_made_by_repair(entry: &AccessEntry) -> bool {
    entry.tags.iter().any(|tag| tag.key == TAG)
}

#[cfg(test)]
mod tests {
    use rolecall_facts::{Change, Snapshot};
    use serde_json::{Value, json};

    use super::widens;

    fn refused(statement: &Value) -> Option<String> {
        let change = Change::PutInlinePolicy {
            role: "node".to_owned(),
            name: "more".to_owned(),
            document: json!({"Version": "2012-10-17", "Statement": statement}).to_string(),
        };
        widens(&change, &Snapshot::default())
    }

    #[test]
    fn no_policy_is_widened_to_everything() {
        let arn = "arn:aws:iam::111122223333:role/node";
        let allow = |action: &str, resource: &str| json!({"Effect": "Allow", "Action": action, "Resource": resource});
        for wide in [
            allow("*", arn),
            allow("iam:*", arn),
            allow("iam:PassRole", "*"),
            json!([allow("iam:PassRole", arn), allow("ec2:RunInstances", "*")]),
            json!({"Effect": "Allow", "NotAction": "iam:CreateUser", "Resource": arn}),
            json!({"Effect": "Allow", "Action": "iam:PassRole", "NotResource": arn}),
        ] {
            assert!(refused(&wide).is_some(), "{wide}");
        }
        assert_eq!(refused(&allow("iam:PassRole", arn)), None);
        let denied = json!({"Effect": "Deny", "Action": "*", "Resource": "*"});
        assert_eq!(refused(&denied), None);
    }

    #[test]
    fn everybody_is_not_trusted_and_half_a_document_is_refused() {
        let trust = |principal: Value| Change::SetTrust {
            role: "node".to_owned(),
            document: json!({"Statement": {
                "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole",
            }})
            .to_string(),
        };
        let nothing = Snapshot::default();
        assert!(widens(&trust(json!("*")), &nothing).is_some());
        assert!(widens(&trust(json!({"AWS": "*"})), &nothing).is_some());
        let service = json!({"Service": "ec2.amazonaws.com"});
        assert_eq!(widens(&trust(service), &nothing), None);
        let broken = Change::SetTrust {
            role: "node".to_owned(),
            document: "{".to_owned(),
        };
        assert!(widens(&broken, &nothing).is_some());
    }
}
