//! The decision table, run.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::HashMap;

use rolecall_policy::{
    Effect, LayerKind, Layers, Level, Policy, PolicySet, Request, effect, evaluate, managed,
};

#[derive(Default)]
struct Table {
    names: HashMap<&'static str, &'static str>,
    policies: HashMap<&'static str, Policy>,
}

impl Table {
    fn expand(&self, text: &'static str) -> &'static str {
        self.names.get(text).copied().unwrap_or(text)
    }

    fn set(&self, names: &str) -> PolicySet {
        let find = |name: &str| match self.policies.get(name) {
            Some(policy) => policy.clone(),
            None => {
                let known = managed::find(name).unwrap_or_else(|| panic!("no `{name}`"));
                known.policy().unwrap_or_else(|error| panic!("{error}"))
            }
        };
        names
            .split(',')
            .filter(|n| !n.is_empty())
            .map(find)
            .collect()
    }

    fn layers(&self, text: &'static str, request: &mut Request) -> Layers {
        let mut layers = Layers::default();
        for word in text.split_whitespace() {
            if let Some((key, value)) = word.split_once('~') {
                request.context_mut().set(key, value);
                continue;
            }
            let Some((kind, names)) = word.split_once('=') else {
                let mut parts = word.splitn(3, ':');
                let mut part = || parts.next().unwrap_or_else(|| panic!("`{word}`"));
                let key = format!("{}:{}", part(), part());
                request.context_mut().set(&key, part());
                continue;
            };
            let level = || Level {
                target: kind.to_owned(),
                policies: self.set(names),
            };
            match kind {
                "identity" => layers.identity = self.set(names),
                "boundary" => layers.boundary = Some(self.set(names)),
                "session" => layers.session = Some(self.set(names)),
                "resource" => layers.resource = self.set(names),
                "endpoint" => layers.endpoint = Some(self.set(names)),
                "scp" => layers.service_control.push(level()),
                "rcp" => layers.resource_control.push(level()),
                "account" => *request = request.clone().in_account(names),
                other => panic!("`{other}`"),
            }
        }
        layers
    }
}

fn short_name(layer: &LayerKind) -> &'static str {
    match layer {
        LayerKind::Identity => "identity",
        LayerKind::PermissionsBoundary => "boundary",
        LayerKind::Session => "session",
        LayerKind::Resource => "resource",
        LayerKind::ServiceControl { .. } => "scp",
        LayerKind::ResourceControl { .. } => "rcp",
        LayerKind::Endpoint => "endpoint",
    }
}

#[test]
fn documented_decisions_come_out_as_documented() {
    assert!(run(include_str!("tables/decisions.txt")) > 180);
}

#[test]
fn the_policies_for_eks_decide_as_known() {
    assert!(run(include_str!("tables/eks.txt")) > 60);
}

/// Runs a table and tells how many cases it has.
fn run(text: &'static str) -> usize {
    let mut table = Table::default();
    let mut cases = 0;
    let mut wrong = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if let Some(definition) = line.strip_prefix("= ") {
            let (name, text) = definition.split_once(' ').unwrap();
            table.names.insert(name, text.trim());
        } else if let Some(definition) = line.strip_prefix("@ ") {
            let (name, statements) = definition.split_once(' ').unwrap();
            let text = format!(r#"{{"Version": "2012-10-17", "Statement": {statements}}}"#);
            table
                .policies
                .insert(name, Policy::parse(name, &text).unwrap());
        }
        if line.is_empty() || line.starts_with(['#', '=', '@']) {
            continue;
        }
        let row: Vec<&str> = line.split('|').map(str::trim).collect();
        let [principal, action, resource, layers, wanted] = row.try_into().unwrap();
        let principal = table.expand(principal).parse().unwrap();
        let mut request = Request::new(principal, action, table.expand(resource));
        let layers = table.layers(layers, &mut request);
        let decision = evaluate(&request, &layers);
        assert_eq!(
            decision.effect,
            effect(&request, &layers),
            "line {number}: {line}"
        );
        let outcome = match (decision.effect, decision.denied_by()) {
            (Effect::Allowed, None) => "allowed".to_owned(),
            (Effect::ImplicitlyDenied, Some(layer)) => format!("implicit {}", short_name(&layer)),
            (Effect::ExplicitlyDenied, Some(layer)) => format!("explicit {}", short_name(&layer)),
            other => panic!("line {number}: {other:?}"),
        };
        if outcome != wanted {
            wrong.push(format!("line {number}: {line}\n    came out as {outcome}"));
        }
        cases += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    cases
}
