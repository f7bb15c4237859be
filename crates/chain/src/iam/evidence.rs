use rolecall_policy::{Decision, Effect, FailedTest, LayerKind, StatementRef};

use super::compiler::Compiler;
use super::document::Document;
use crate::Evidence;

/// How many statements that nearly matched a finding shows.
const NEAR_MISSES: usize = 2;

/// The statements that decided: those that deny, or else those that nearly allow.
/// Its texts go through `readable`.
pub(super) fn evidence_of(
    compiler: &Compiler,
    decision: &Decision,
    documents: &[&Document],
    readable: &dyn Fn(&str) -> String,
) -> Vec<Evidence> {
    if decision.effect == Effect::ExplicitlyDenied {
        let denying = decision
            .layers
            .iter()
            .filter(|layer| layer.decision == Effect::ExplicitlyDenied)
            .flat_map(|layer| &layer.matched)
            .filter(|statement| statement.effect == rolecall_policy::StatementEffect::Deny);
        return denying
            .map(|deny| shown(compiler, deny, format!("{deny} denies it"), documents))
            .collect();
    }
    let Some(layer) = decision.denied_by() else {
        return Vec::new();
    };
    decision
        .layers
        .iter()
        .filter(|decided| decided.layer == layer)
        .flat_map(|decided| &decided.near_misses)
        .take(NEAR_MISSES)
        .map(|near| {
            shown(
                compiler,
                &near.statement,
                readable(&near.to_string()),
                documents,
            )
        })
        .collect()
}

/// The resources of the identity policies' statements that fail by their resource alone.
pub(super) fn other_resources(
    decision: &Decision,
    readable: &dyn Fn(&str) -> String,
) -> Vec<String> {
    let identity = decision
        .layers
        .iter()
        .filter(|layer| layer.layer == LayerKind::Identity);
    let alone = identity
        .flat_map(|layer| &layer.near_misses)
        .filter_map(|near| match near.failed.as_slice() {
            [
                FailedTest::Resource {
                    wanted,
                    negated: false,
                    ..
                },
            ] => Some(wanted),
            _ => None,
        });
    alone.flatten().map(|wanted| readable(wanted)).collect()
}

fn shown(
    compiler: &Compiler,
    statement: &StatementRef,
    why: String,
    documents: &[&Document],
) -> Evidence {
    let document = documents
        .iter()
        .find(|document| *document.name == *statement.policy);
    let text = document.and_then(|document| compiler.parsed(document).statement(statement.index));
    Evidence::Statement {
        policy: statement.policy.to_string(),
        statement: text.unwrap_or_default(),
        why,
        origin: document.and_then(|document| document.origin.clone()),
    }
}
