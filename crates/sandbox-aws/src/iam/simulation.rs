//! One simulated request: the decision, the statements behind it, the condition keys it lacked.

use rolecall_policy::{
    Decision, Effect, FailedTest, LayerDecision, LayerKind, Layers, NearMiss, Policy, Position,
    Principal, Relation, Request, Statement, StatementEffect, StatementRef, evaluate,
};
use serde_json::{Value, json};

use super::context_keys::{self, Names};
use super::failures::invalid_input;
use super::simulation_policies::{Policies, Source};
use crate::call::Call;
use crate::failure::Failure;

/// Policies, a principal and a context to decide with.
pub(super) struct Simulation {
    policies: Policies,
    layers: Layers,
    principal: Principal,
    /// Whether the request said who asks. If not, nothing is known of the principal.
    principal_known: bool,
    context: Vec<(String, Vec<String>)>,
    owner: Option<String>,
}

/// What came out for one resource, or for all of an action.
pub(super) struct Outcome {
    effect: Effect,
    pub(super) matched: Vec<Value>,
    pub(super) missing: Vec<String>,
    pub(super) by_boundary: Option<bool>,
    pub(super) by_organizations: Option<bool>,
    /// Decision by kind of policy, for requests that cross accounts.
    pub(super) details: Option<Vec<(&'static str, &'static str)>>,
}

impl Simulation {
    pub(super) fn new(
        policies: Policies,
        principal: Option<Principal>,
        call: &Call<'_>,
    ) -> Result<Self, Failure> {
        let parameters = &call.parameters;
        let context = parameters
            .list("ContextEntries")
            .into_iter()
            .filter_map(|entry| {
                let name = entry.get("ContextKeyName")?.as_str()?.to_owned();
                let values = crate::parameters::list(entry.get("ContextKeyValues"));
                let values = values.into_iter().filter_map(Value::as_str);
                Some((name, values.map(str::to_owned).collect()))
            })
            .collect();
        let principal_known = principal.is_some();
        let principal = match principal {
            Some(principal) => principal,
            // Some principal is needed to ask; `decide` takes back what follows from it.
            None => format!("arn:aws:iam::{}:user/nobody", call.account())
                .parse()
                .map_err(|_| invalid_input("No CallerArn was given."))?,
        };
        let owner = parameters.text("ResourceOwner");
        Ok(Self {
            layers: policies.layers(),
            policies,
            principal,
            principal_known,
            context,
            owner: owner.and_then(|arn| arn.split(':').nth(4).map(str::to_owned)),
        })
    }

    /// Decides on an action and a resource.
    pub(super) fn decide(&self, action: &str, resource: &str) -> Outcome {
        let mut request = Request::new(self.principal.clone(), action, resource);
        if !self.principal_known {
            let derived: Vec<String> = request
                .context()
                .iter()
                .map(|(key, _)| key.to_owned())
                .filter(|key| key != "aws:ResourceAccount")
                .collect();
            for key in derived {
                request.context_mut().remove(&key);
            }
        }
        if let (Some(owner), None) = (&self.owner, request.resource_account()) {
            request = request.in_account(owner);
        }
        for (key, values) in &self.context {
            request.context_mut().set(key, values.clone());
        }
        let decision = match self.trusting_layers(&request) {
            Some(layers) => evaluate(&request, &layers),
            None => evaluate(&request, &self.layers),
        };
        self.outcome(&request, &decision)
    }

    /// Roles and keys have policies of their own that must allow, too, and the simulator does not
    /// ask them (IAM API Reference, `SimulatePrincipalPolicy`): they are taken to trust the account.
    fn trusting_layers(&self, request: &Request) -> Option<Layers> {
        let action = request.action().to_ascii_lowercase();
        if self.policies.resource.is_some()
            || !(action.starts_with("sts:") || action.starts_with("kms:"))
        {
            return None;
        }
        let account = self.principal.account()?;
        let trusting = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": {"AWS": account},
                "Action": "*",
                "Resource": "*",
            }],
        });
        let mut layers = self.layers.clone();
        layers.resource = Policy::parse("", &trusting.to_string()).ok()?.into();
        Some(layers)
    }

    fn outcome(&self, request: &Request, decision: &Decision) -> Outcome {
        let own = |layer: &&LayerDecision| {
            matches!(layer.layer, LayerKind::Identity | LayerKind::Resource)
        };
        let wanted = match decision.effect {
            Effect::Allowed => Some(StatementEffect::Allow),
            Effect::ExplicitlyDenied => Some(StatementEffect::Deny),
            Effect::ImplicitlyDenied => None,
        };
        let matched = decision
            .layers
            .iter()
            .filter(own)
            .flat_map(|layer| &layer.matched)
            .filter(|statement| Some(statement.effect) == wanted)
            .filter_map(|statement| self.shown(statement))
            .collect();
        let allowed = |wanted: fn(&LayerKind) -> bool| {
            let mut layers = decision.layers.iter().filter(|layer| wanted(&layer.layer));
            let first = layers.next()?;
            Some(
                [first]
                    .into_iter()
                    .chain(layers)
                    .all(|layer| layer.decision == Effect::Allowed),
            )
        };
        let crosses = decision.relation == Relation::CrossAccount;
        Outcome {
            effect: decision.effect,
            matched,
            missing: self.missing(request, decision),
            by_boundary: allowed(|layer| matches!(layer, LayerKind::PermissionsBoundary)),
            by_organizations: allowed(|layer| matches!(layer, LayerKind::ServiceControl { .. })),
            details: crosses.then(|| {
                let mut details = details(decision);
                details.retain(|(layer, _)| {
                    *layer != "Resource Policy" || self.policies.resource.is_some()
                });
                details
            }),
        }
    }

    /// The condition keys of statements that are about this request and had no value in it.
    fn missing(&self, request: &Request, decision: &Decision) -> Vec<String> {
        let mut names = Names::default();
        for layer in &decision.layers {
            let about = layer.matched.iter().chain(
                layer
                    .near_misses
                    .iter()
                    .filter(|near| failed_by_conditions(near))
                    .map(|near| &near.statement),
            );
            for statement in about {
                if let Some((source, statement)) = self.find(statement) {
                    context_keys::of_statement(&source.policy, statement, &mut names);
                }
            }
        }
        names.without(request.context())
    }

    fn find(&self, named: &StatementRef) -> Option<(&Source, &Statement)> {
        let source = self
            .policies
            .sources()
            .find(|source| source.policy.name() == &*named.policy)?;
        Some((source, source.policy.statements().get(named.index)?))
    }

    /// A statement by its policy and place. The API calls the type one of its own words, but IAM
    /// answers `IAM Policy` (soto-project/soto#230).
    fn shown(&self, named: &StatementRef) -> Option<Value> {
        let (source, statement) = self.find(named)?;
        let span = statement.span();
        let kind = if source.policy.name() == "ResourcePolicy" {
            "Resource Policy"
        } else {
            "IAM Policy"
        };
        let place = |offset| {
            let at = Position::of(&source.text, offset);
            json!({"Line": at.line, "Column": at.column})
        };
        Some(json!({
            "SourcePolicyId": source.policy.name(),
            "SourcePolicyType": kind,
            "StartPosition": place(begin(&source.text, span.start)),
            "EndPosition": place(span.end),
        }))
    }
}

fn failed_by_conditions(near: &NearMiss) -> bool {
    near.failed
        .iter()
        .all(|test| matches!(test, FailedTest::Condition { .. }))
}

/// A statement of a list begins behind the bracket or comma, white space included (AWS CLI Command
/// Reference, `simulate-principal-policy`, examples).
fn begin(text: &str, start: u32) -> u32 {
    let before = usize::try_from(start).ok().and_then(|at| text.get(..at));
    let before = before.unwrap_or_default().trim_end();
    if before.ends_with(['[', ',']) {
        u32::try_from(before.len()).unwrap_or(start)
    } else {
        start
    }
}

/// What each kind of policy said, by the names IAM gives them.
fn details(decision: &Decision) -> Vec<(&'static str, &'static str)> {
    decision
        .layers
        .iter()
        .filter_map(|layer| {
            let name = match layer.layer {
                LayerKind::Identity => "IAM Policy",
                LayerKind::Resource => "Resource Policy",
                LayerKind::PermissionsBoundary => "Permissions Boundary Policy",
                _ => return None,
            };
            Some((name, word(layer.decision)))
        })
        .collect()
}

fn word(effect: Effect) -> &'static str {
    match effect {
        Effect::Allowed => "allowed",
        Effect::ImplicitlyDenied => "implicitDeny",
        Effect::ExplicitlyDenied => "explicitDeny",
    }
}

fn rank(word: &str) -> u8 {
    match word {
        "allowed" => 0,
        "implicitDeny" => 1,
        _ => 2,
    }
}

impl Outcome {
    pub(super) fn word(&self) -> &'static str {
        word(self.effect)
    }

    /// The most restrictive of several decisions, with the statements and keys of all.
    pub(super) fn of_all<'o>(all: impl Iterator<Item = &'o Self>) -> Self {
        let mut whole = Self {
            effect: Effect::Allowed,
            matched: Vec::new(),
            missing: Vec::new(),
            by_boundary: None,
            by_organizations: None,
            details: None,
        };
        let both = |one: Option<bool>, other: Option<bool>| match (one, other) {
            (Some(one), Some(other)) => Some(one && other),
            (one, other) => one.or(other),
        };
        let mut matched: Vec<(Effect, &Value)> = Vec::new();
        for outcome in all {
            if rank(outcome.word()) > rank(whole.word()) {
                whole.effect = outcome.effect;
            }
            matched.extend(outcome.matched.iter().map(|one| (outcome.effect, one)));
            for key in &outcome.missing {
                if !whole.missing.contains(key) {
                    whole.missing.push(key.clone());
                }
            }
            whole.by_boundary = both(whole.by_boundary, outcome.by_boundary);
            whole.by_organizations = both(whole.by_organizations, outcome.by_organizations);
            for (layer, word) in outcome.details.iter().flatten() {
                let known = whole.details.get_or_insert_with(Vec::new);
                match known.iter_mut().find(|(name, _)| name == layer) {
                    Some(found) if rank(word) > rank(found.1) => found.1 = word,
                    Some(_) => {}
                    None => known.push((layer, word)),
                }
            }
        }
        for (effect, statement) in matched {
            if effect == whole.effect && !whole.matched.contains(statement) {
                whole.matched.push(statement.clone());
            }
        }
        whole
    }
}
