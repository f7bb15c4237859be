//! The reasons of one layer: what matched, what nearly did.

use crate::condition::{Condition, Test};
use crate::decision::{Effect, FailedTest, LayerDecision, LayerKind, NearMiss, VariableValue};
use crate::policy::{Answer, Policy, PolicySet};
use crate::request::Request;
use crate::statement::{Statement, StatementEffect, StatementRef};

pub(crate) fn explain(
    request: &Request,
    layer: LayerKind,
    policies: &PolicySet,
    bounded: bool,
) -> (Answer, LayerDecision) {
    let mut answer = Answer::default();
    let mut matched = Vec::new();
    let mut near_misses = Vec::new();
    for policy in policies.policies() {
        for statement in policy.concerned_in_order(request) {
            let Some(grant) = statement.matches(request, bounded) else {
                near_misses.extend(near_miss(request, policy, statement, bounded));
                continue;
            };
            match statement.effect() {
                StatementEffect::Allow => answer.allowed = answer.allowed.max(Some(grant)),
                StatementEffect::Deny => answer.denied = true,
            }
            matched.push(StatementRef::new(policy.shared_name(), statement));
        }
    }
    if matched.is_empty() && near_misses.is_empty() {
        near_misses = near_actions(request, policies, bounded);
    }
    near_misses.sort_by_key(|near| {
        let conditions = near
            .failed
            .iter()
            .all(|f| matches!(f, FailedTest::Condition { .. }));
        (!conditions, near.failed.len())
    });
    let decision = match answer {
        Answer { denied: true, .. } => Effect::ExplicitlyDenied,
        Answer {
            allowed: Some(_), ..
        } => Effect::Allowed,
        Answer { .. } => Effect::ImplicitlyDenied,
    };
    (
        answer,
        LayerDecision {
            layer,
            decision,
            matched,
            near_misses,
        },
    )
}

/// A statement about this action that did not match. It is near when one test failed, or when only
/// conditions did.
fn near_miss(
    request: &Request,
    policy: &Policy,
    statement: &Statement,
    bounded: bool,
) -> Option<NearMiss> {
    let mut failed = Vec::new();
    if !statement.resource_matches(request) {
        failed.push(failed_resource(request, statement)?);
    }
    if statement.principal_matches(request, bounded).is_none() {
        failed.push(failed_principal(request, statement)?);
    }
    let outside_conditions = failed.len();
    for condition in &statement.conditions {
        let outcome = condition.test(&request.context);
        if outcome != Some(true) {
            if outside_conditions > 0 {
                return None;
            }
            failed.push(failed_condition(request, condition, outcome.is_some()));
        }
    }
    if outside_conditions > 1 {
        return None;
    }
    Some(NearMiss {
        statement: StatementRef::new(policy.shared_name(), statement),
        failed,
    })
}

fn failed_resource(request: &Request, statement: &Statement) -> Option<FailedTest> {
    let resources = statement.resources.as_ref()?;
    let same_type = |pattern: &str| resource_types_may_agree(pattern, request.resource());
    if !resources.negated && !resources.patterns.iter().any(|p| same_type(&p.text)) {
        return None;
    }
    Some(FailedTest::Resource {
        wanted: resources
            .patterns
            .iter()
            .map(|p| p.text.to_string())
            .collect(),
        negated: resources.negated,
        present: request.resource().to_owned(),
        without_value: resources
            .patterns
            .iter()
            .flat_map(|p| p.pattern.variables(&request.context))
            .filter(|(_, value)| value.is_none())
            .map(|(key, _)| key.to_owned())
            .collect(),
    })
}

/// A statement about placement groups is not near a request about a fleet.
fn resource_types_may_agree(pattern: &str, resource: &str) -> bool {
    let type_of = |arn: &str| {
        let part = crate::principal::arn_fields(arn)?[5];
        part.find(['/', ':'])
            .and_then(|end| part.get(..end))
            .map(ToOwned::to_owned)
    };
    match (type_of(pattern), type_of(resource)) {
        (Some(wanted), Some(asked)) => wanted.contains(['*', '?', '$']) || wanted == asked,
        _ => true,
    }
}

fn failed_principal(request: &Request, statement: &Statement) -> Option<FailedTest> {
    let principals = statement.principals.as_ref()?;
    Some(FailedTest::Principal {
        wanted: principals.texts.iter().map(ToString::to_string).collect(),
        negated: principals.negated,
        present: request.principal().to_string(),
    })
}

fn failed_condition(request: &Request, condition: &Condition, readable: bool) -> FailedTest {
    FailedTest::Condition {
        operator: condition.operator.name.to_string(),
        key: condition.key.as_str().to_owned(),
        wanted: condition
            .values
            .iter()
            .map(|v| v.text.to_string())
            .collect(),
        present: request
            .context
            .lookup(&condition.key)
            .map(<[String]>::to_vec),
        rejected: condition
            .rejected(&request.context)
            .map(ToOwned::to_owned)
            .collect(),
        negated: condition.operator.negated,
        is_null_test: condition.operator.test == Test::Null,
        readable,
        span: condition.span,
        variables: condition
            .variables(&request.context)
            .map(|(key, value)| VariableValue {
                key: key.to_owned(),
                value: value.map(ToOwned::to_owned),
            })
            .collect(),
    }
}

/// Statements that would match if the action were spelled a little differently, or were not among
/// those `NotAction` leaves out.
fn near_actions(request: &Request, policies: &PolicySet, bounded: bool) -> Vec<NearMiss> {
    let mut found = Vec::new();
    for policy in policies.policies() {
        for statement in policy.statements() {
            let actions = &statement.actions;
            let near = actions.negated
                || actions
                    .patterns
                    .iter()
                    .any(|p| is_misspelt(&p.text, request.action()));
            if near && statement.matches(request, bounded).is_some() {
                let failed = FailedTest::Action {
                    wanted: actions
                        .patterns
                        .iter()
                        .map(|p| p.text.to_string())
                        .collect(),
                    negated: actions.negated,
                    present: request.action().to_owned(),
                };
                let statement = StatementRef::new(policy.shared_name(), statement);
                found.push(NearMiss {
                    statement,
                    failed: vec![failed],
                });
            }
        }
    }
    found
}

fn is_misspelt(pattern: &str, action: &str) -> bool {
    pattern.len().abs_diff(action.len()) <= 2
        && pattern.split(':').next().is_some_and(|service| {
            action
                .split(':')
                .next()
                .is_some_and(|asked| asked.eq_ignore_ascii_case(service))
        })
        && crate::distance::edits(pattern, action) <= 2
}
