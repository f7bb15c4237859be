use rolecall_facts::Role;
use serde_json::{Value, json};

use super::update_trust;
use crate::Repair;

/// Adds a statement to a role's trust policy that lets a service assume it. What the policy says
/// otherwise is kept; where a part of it is not known, a whole new policy is offered to merge by hand.
pub(crate) fn trust_service(role: &Role, name: &str, service: &str, actions: &[&str]) -> Repair {
    let wanted = match actions {
        [action] => json!(action),
        actions => json!(actions),
    };
    let statement = json!({
        "Effect": "Allow",
        "Principal": { "Service": service },
        "Action": wanted,
    });
    let what = format!("Allow {service} {}", actions.join(" and "));
    let known = role
        .trust
        .value()
        .filter(|document| document.unknown.is_empty())
        .and_then(|document| serde_json::from_str::<Value>(&document.text).ok());
    match known.and_then(|document| with_statement(document, &statement)) {
        Some(document) => update_trust(name, &what, &document),
        None => {
            let document = json!({ "Version": "2012-10-17", "Statement": [statement] });
            let mut repair = update_trust(name, &what, &document);
            repair.safety = crate::Safety::ByHand;
            repair
        }
    }
}

fn with_statement(mut document: Value, statement: &Value) -> Option<Value> {
    let statements = document.get_mut("Statement")?;
    match statements {
        Value::Array(all) => all.push(statement.clone()),
        one => *one = json!([one.take(), statement]),
    }
    Some(document)
}
