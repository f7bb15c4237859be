//! What making the rest of a plan needs to be permitted, beside reading.

use std::collections::BTreeSet;

use rolecall_facts::Change;
use rolecall_live::permissions::{Scope, policy_of_changes, roles_of_changes};
use serde_json::{Value, json};

use crate::journal::Read;
use crate::plan::{Object, Plan, PlannedCall};
use crate::world::Refused;

/// What is to be permitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needs {
    /// The smallest IAM policy; none where nothing is asked of AWS.
    pub policy: Option<Value>,
    /// The smallest ClusterRole, and the Role for `aws-auth`, as YAML; none where nothing is asked of the cluster's API server.
    pub cluster_role: Option<String>,
}

/// What the calls that are still to be made need, the one that was refused among them.
#[must_use]
pub fn needs_of_rest(read: &Read, refused: Option<&Refused>) -> Needs {
    let calls = read.calls.iter().zip(read.plan.calls());
    let rest = calls.filter(|(state, _)| !state.is_settled());
    let rest: Vec<&PlannedCall> = rest.map(|(_, planned)| planned).collect();
    let actions: Vec<&str> = rest.iter().map(|planned| &*planned.action).collect();
    let is_of_kubernetes = |action: &&str| action.starts_with("kubernetes:");
    let mut policy = policy_of_changes(&actions, &scope(&read.plan, &rest));
    if !rest.iter().any(|planned| passes_to_eks(&planned.change)) {
        leave_out(&mut policy, "iam:PassRole", "eks.amazonaws.com");
    }
    let changes = || rest.iter().map(|planned| &planned.change);
    hold_to(
        &mut policy,
        "eks:policyArn",
        changes().filter_map(access_policy),
    );
    hold_to(
        &mut policy,
        "eks:accessEntryType",
        changes().filter_map(entry_type),
    );
    if let Some(refused) = refused
        && !is_of_kubernetes(&&*refused.action)
    {
        allow(&mut policy, refused);
    }
    Needs {
        policy: has_statements(&policy).then_some(policy),
        cluster_role: actions
            .iter()
            .any(is_of_kubernetes)
            .then(|| roles_of_changes().join("---\n")),
    }
}

/// The objects that the calls are about, and no others.
fn scope(plan: &Plan, calls: &[&PlannedCall]) -> Scope {
    let mut roles: BTreeSet<String> = BTreeSet::new();
    let mut profiles = BTreeSet::new();
    for planned in calls {
        for object in Object::of(&planned.change) {
            match object {
                Object::Profile(name) => drop(profiles.insert(name)),
                object => roles.extend(object.role_name()),
            }
        }
        // The roles that are handed on.
        roles.extend(match &planned.change {
            Change::CreateNodeGroup { node_role, .. } => last_part(node_role),
            Change::SetComputeConfig {
                node_role: Some(role),
                ..
            }
            | Change::AddRoleToInstanceProfile { role, .. } => last_part(role),
            _ => None,
        });
    }
    let region = plan.region.as_deref().unwrap_or("*");
    let scope = Scope::of_unread(&plan.cluster, region, plan.account.as_deref());
    scope.of_names(&roles, &profiles)
}

/// Whether EKS is handed a role: for some types of entries it is (EKS User Guide, "Creating access
/// entries").
fn passes_to_eks(change: &Change) -> bool {
    match change {
        Change::CreateAccessEntry(entry) => entry.entry_type.starts_with("EC2_"),
        Change::SetComputeConfig { node_role, .. } => node_role.is_some(),
        Change::CreateNodeGroup { .. } => true,
        _ => false,
    }
}

/// Puts what the plan says in place of what any plan may say, where a condition is on it.
fn hold_to<'a>(policy: &mut Value, key: &str, values: impl Iterator<Item = &'a str>) {
    let values: BTreeSet<&str> = values.collect();
    let Some(statements) = policy.get_mut("Statement").and_then(Value::as_array_mut) else {
        return;
    };
    let path = format!("/Condition/StringEquals/{key}");
    for known in statements
        .iter_mut()
        .filter_map(|statement| statement.pointer_mut(&path))
    {
        *known = match values.first() {
            Some(only) if values.len() == 1 => json!(only),
            _ => json!(values),
        };
    }
}

fn access_policy(change: &Change) -> Option<&str> {
    match change {
        Change::AssociateAccessPolicy { policy_arn, .. }
        | Change::DisassociateAccessPolicy { policy_arn, .. } => Some(policy_arn),
        _ => None,
    }
}

fn entry_type(change: &Change) -> Option<&str> {
    match change {
        Change::CreateAccessEntry(entry) => Some(&entry.entry_type),
        _ => None,
    }
}

/// Takes the statements out that allow this action for this service.
fn leave_out(policy: &mut Value, action: &str, service: &str) {
    if let Some(statements) = policy.get_mut("Statement").and_then(Value::as_array_mut) {
        statements.retain(|statement| {
            statement.get("Action").and_then(Value::as_str) != Some(action)
                || statement.pointer("/Condition/StringEquals/iam:PassedToService")
                    != Some(&service.into())
        });
    }
}

fn last_part(arn: &str) -> Option<String> {
    arn.rsplit('/').next().map(str::to_owned)
}

fn has_statements(policy: &Value) -> bool {
    let statements = policy.get("Statement").and_then(Value::as_array);
    statements.is_some_and(|statements| !statements.is_empty())
}

/// Adds what was refused where nothing of the policy allows it.
fn allow(policy: &mut Value, refused: &Refused) {
    let Some(statements) = policy.get_mut("Statement").and_then(Value::as_array_mut) else {
        return;
    };
    let names = |statement: &Value| match statement.get("Action") {
        Some(Value::Array(actions)) => actions.iter().any(|one| *one == *refused.action),
        Some(action) => *action == *refused.action,
        None => false,
    };
    if !statements.iter().any(names) {
        let (action, resource) = (&refused.action, &refused.resource);
        statements.push(json!({"Effect": "Allow", "Action": action, "Resource": resource}));
    }
}
