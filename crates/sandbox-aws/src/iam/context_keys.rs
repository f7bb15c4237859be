//! The condition keys policies ask about: `GetContextKeysForCustomPolicy` and
//! `GetContextKeysForPrincipalPolicy`.

use rolecall_policy::{Context, Policy, Statement, Version};
use serde_json::json;

use super::checks::Checks;
use super::named::authorize_on;
use super::simulate::source_arn;
use super::simulation_policies::Policies;
use crate::call::Call;
use crate::operation::Outcome;
use crate::state::State;

pub(super) fn for_custom_policy(_state: &State, call: &mut Call<'_>) -> Outcome {
    Checks::of(&call.parameters)
        .list("PolicyInputList")
        .documents("PolicyInputList")
        .done()?;
    authorize_on(call, "*")?;
    answer(&Policies::of_request(&call.parameters)?)
}

pub(super) fn for_principal_policy(state: &State, call: &mut Call<'_>) -> Outcome {
    Checks::of(&call.parameters)
        .arn("PolicySourceArn")
        .documents("PolicyInputList")
        .done()?;
    let arn = source_arn(call)?;
    authorize_on(call, &arn)?;
    let mut policies = Policies::of_request(&call.parameters)?;
    policies.add_principal(state, call, &arn)?;
    answer(&policies)
}

fn answer(policies: &Policies) -> Outcome {
    let mut names = Names::default();
    for source in policies.sources() {
        for statement in source.policy.statements() {
            of_statement(&source.policy, statement, &mut names);
        }
    }
    Ok(json!({"ContextKeyNames": names.0}))
}

/// Names of condition keys, each once, in the order they were met. They have no case.
#[derive(Default)]
pub(super) struct Names(Vec<String>);

impl Names {
    fn add(&mut self, name: &str) {
        if !self.0.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            self.0.push(name.to_owned());
        }
    }

    /// Those that a context has no value of.
    pub(super) fn without(mut self, context: &Context) -> Vec<String> {
        self.0.retain(|name| context.get(name).is_none());
        self.0
    }
}

/// Adds the keys of a statement's conditions, and of the variables in its values and resources.
pub(super) fn of_statement(policy: &Policy, statement: &Statement, names: &mut Names) {
    let has_variables = policy.version() == Version::V2012;
    for (_, key, values) in statement.conditions() {
        names.add(key);
        if has_variables {
            values.iter().for_each(|value| variables(value, names));
        }
    }
    if has_variables {
        statement
            .resources()
            .0
            .for_each(|resource| variables(resource, names));
    }
}

/// `${aws:username}` and `${aws:PrincipalTag/team, 'none'}`; `${*}`, `${?}` and `${$}` are
/// characters.
fn variables(text: &str, names: &mut Names) {
    for part in text.split("${").skip(1) {
        let Some((inside, _)) = part.split_once('}') else {
            continue;
        };
        let name = inside.split(',').next().unwrap_or_default().trim();
        if !matches!(name, "*" | "?" | "$" | "") {
            names.add(name);
        }
    }
}
