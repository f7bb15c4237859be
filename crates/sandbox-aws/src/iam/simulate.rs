//! `SimulatePrincipalPolicy` and `SimulateCustomPolicy`, decided by the engine that decides real
//! calls.
//!
//! One result per action stands for all its resources, the most restrictive decision first, and
//! `ResourceSpecificResults` has each resource's own (IAM API Reference, `EvaluationResult`).

use rolecall_policy::{Principal, actions};
use serde_json::{Value, json};

use super::checks::Checks;
use super::failures::invalid_input;
use super::named::authorize_on;
use super::page::Page;
use super::simulation::{Outcome as Simulated, Simulation};
use super::simulation_policies::Policies;
use crate::call::Call;
use crate::failure::Failure;
use crate::operation::Outcome;
use crate::state::State;

pub(super) fn simulate_principal_policy(state: &State, call: &mut Call<'_>) -> Outcome {
    check(call, true)?;
    let arn = source_arn(call)?;
    authorize_on(call, &arn)?;
    let mut policies = Policies::of_request(&call.parameters)?;
    policies.add_principal(state, call, &arn)?;
    let caller = call.parameters.text("CallerArn").unwrap_or(&arn);
    let principal = principal(caller)?;
    answer(call, Simulation::new(policies, Some(principal), call)?)
}

pub(super) fn simulate_custom_policy(_state: &State, call: &mut Call<'_>) -> Outcome {
    check(call, false)?;
    authorize_on(call, "*")?;
    let policies = Policies::of_request(&call.parameters)?;
    let caller = call.parameters.text("CallerArn");
    if policies.resource.is_some() && caller.is_none() {
        return Err(invalid_input(
            "CallerArn is required when a ResourcePolicy is given.",
        ));
    }
    let principal = caller.map(principal).transpose()?;
    answer(call, Simulation::new(policies, principal, call)?)
}

/// The user or role whose policies are asked for; sessions have none of their own.
pub(super) fn source_arn(call: &Call<'_>) -> Result<String, Failure> {
    let arn = call.parameters.required("PolicySourceArn")?;
    principal(arn)?;
    Ok(arn.to_owned())
}

fn principal(arn: &str) -> Result<Principal, Failure> {
    let invalid = || invalid_input(format!("Invalid ARN provided in the request: {arn}"));
    if arn.split(':').nth(2) != Some("iam") {
        return Err(invalid());
    }
    arn.parse().map_err(|_| invalid())
}

fn check(call: &Call<'_>, of_principal: bool) -> Result<(), Failure> {
    let parameters = &call.parameters;
    let mut checks = Checks::of(parameters).list("ActionNames");
    checks = if of_principal {
        checks.arn("PolicySourceArn")
    } else {
        checks.list("PolicyInputList")
    };
    checks
        .documents("PolicyInputList")
        .documents("PermissionsBoundaryPolicyInputList")
        .optional_document("ResourcePolicy")
        .optional_arn("CallerArn")
        .optional_arn("ResourceOwner")
        .done()?;
    let odd = parameters
        .texts("ActionNames")
        .into_iter()
        .find(|action| !action.contains(':') || action.contains(['*', '?']));
    match odd {
        Some(action) => Err(invalid_input(format!(
            "Invalid action name {action}: it names a service and one operation, without wildcards."
        ))),
        None => Ok(()),
    }
}

fn answer(call: &Call<'_>, simulation: Simulation) -> Outcome {
    let page = Page::of(&call.parameters)?;
    let actions = call.parameters.texts("ActionNames").into_iter().enumerate();
    let rows = actions.map(|(place, action)| (format!("{place:06}"), action));
    let resources = call.parameters.texts("ResourceArns");
    Ok(page.cut(rows).answer("EvaluationResults", |action| {
        result(&simulation, action, &resources)
    }))
}

fn result(simulation: &Simulation, action: &str, resources: &[&str]) -> Value {
    let named: Vec<&str> = resources
        .iter()
        .copied()
        .filter(|resource| *resource != "*")
        .collect();
    if named.is_empty() {
        let outcome = simulation.decide(action, "*");
        return shown(&outcome, "EvalDecision", action, "*");
    }
    let outcomes: Vec<(&str, Simulated)> = resources
        .iter()
        .map(|resource| (*resource, simulation.decide(action, resource)))
        .collect();
    let mut whole = Simulated::of_all(outcomes.iter().map(|(_, outcome)| outcome));
    whole.details.get_or_insert_with(Vec::new);
    let mut result = shown(
        &whole,
        "EvalDecision",
        action,
        &template(action, named.first().copied().unwrap_or_default()),
    );
    let specific: Vec<Value> = outcomes
        .iter()
        .map(|(resource, outcome)| {
            let mut one = shown(outcome, "EvalResourceDecision", action, resource);
            if let Value::Object(members) = &mut one {
                members.shift_remove("EvalActionName");
                members.shift_remove("OrganizationsDecisionDetail");
            }
            one
        })
        .collect();
    if let Value::Object(members) = &mut result {
        members.insert("ResourceSpecificResults".to_owned(), specific.into());
    }
    result
}

/// The ARN format of the resource's type, or `*` where the action has none.
fn template(action: &str, resource: &str) -> String {
    let service = resource.split(':').nth(2).unwrap_or_default();
    let kind = |arn: &str| {
        let part = arn.splitn(6, ':').nth(5).unwrap_or_default().to_owned();
        let end = part.find(['/', ':']).unwrap_or(part.len());
        part.get(..end).unwrap_or_default().to_owned()
    };
    let types = actions::find(action)
        .map(|action| action.resources)
        .unwrap_or_default();
    types
        .iter()
        .find(|known| kind(known.arn) == kind(resource))
        .or_else(|| {
            types
                .iter()
                .find(|known| known.arn.split(':').nth(2) == Some(service))
        })
        .map_or_else(|| "*".to_owned(), |known| known.arn.to_owned())
}

fn shown(outcome: &Simulated, decision: &str, action: &str, resource: &str) -> Value {
    let mut result = json!({
        "EvalActionName": action,
        "EvalResourceName": resource,
        decision: outcome.word(),
        "MatchedStatements": outcome.matched,
        "MissingContextValues": outcome.missing,
    });
    let Value::Object(members) = &mut result else {
        return result;
    };
    if let Some(allowed) = outcome.by_organizations {
        members.insert(
            "OrganizationsDecisionDetail".to_owned(),
            json!({"AllowedByOrganizations": allowed}),
        );
    }
    if let Some(allowed) = outcome.by_boundary {
        members.insert(
            "PermissionsBoundaryDecisionDetail".to_owned(),
            json!({"AllowedByPermissionsBoundary": allowed}),
        );
    }
    if let Some(details) = &outcome.details {
        let entries: Vec<Value> = details
            .iter()
            .map(|(layer, word)| json!({"key": layer, "value": word}))
            .collect();
        members.insert(
            "EvalDecisionDetails".to_owned(),
            json!({"#entries": entries}),
        );
    }
    result
}
