use rolecall_facts::{Fact, PolicyDocument, Role};
use serde_json::{Value, json};

use super::role::update_trust;
use crate::Repair;
use crate::context::ChainContext;

/// Adds a statement to a role's trust policy that lets a service assume it. What the policy says
/// otherwise is kept; where a part of it is not known, a whole new policy is offered to merge by hand.
pub(crate) fn trust_service(
    context: &ChainContext<'_>,
    role: &Role,
    name: &str,
    service: &str,
    actions: &[&str],
) -> Repair {
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
    let known = known_whole(&role.trust);
    match known.and_then(|document| with_statement(document, &statement)) {
        Some(document) => update_trust(context, role, name, &what, &document, true),
        None => {
            let document = json!({ "Version": "2012-10-17", "Statement": [statement] });
            let mut repair = update_trust(context, role, name, &what, &document, false);
            repair.safety = crate::Safety::ByHand;
            repair
        }
    }
}

/// A document of which every part is known.
pub(super) fn known_whole(document: &Fact<PolicyDocument>) -> Option<Value> {
    let document = document.value()?;
    let is_whole = document.unknown.is_empty();
    serde_json::from_str(&document.text)
        .ok()
        .filter(|_| is_whole)
}

/// A document with one statement more.
pub(super) fn with_statement(mut document: Value, statement: &Value) -> Option<Value> {
    let statements = document.get_mut("Statement")?;
    match statements {
        Value::Array(all) => all.push(statement.clone()),
        one => *one = json!([one.take(), statement]),
    }
    Some(document)
}
