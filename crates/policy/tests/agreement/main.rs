//! The engine and a naive evaluator decide alike on generated policies and requests.
//!
//! `ROLECALL_AGREEMENT=10` makes ten times as many cases.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod generate;
mod naive;

use proptest::prelude::*;
use rolecall_policy::{Effect, Layers, Level, Policy, PolicySet, Request, effect, evaluate};
use serde_json::Value;

/// Requests asked of each set of policies.
const REQUESTS: usize = 100;

fn cases() -> u32 {
    let factor = std::env::var("ROLECALL_AGREEMENT")
        .ok()
        .and_then(|n| n.parse().ok());
    2_000 * factor.unwrap_or(1)
}

fn set(documents: &[Value]) -> PolicySet {
    let parse = |document: &Value| Policy::parse("generated", &document.to_string()).unwrap();
    documents.iter().map(parse).collect()
}

fn levels(levels: &[Vec<Value>]) -> Vec<Level> {
    levels
        .iter()
        .map(|l| Level {
            target: "level".to_owned(),
            policies: set(l),
        })
        .collect()
}

fn layers(policies: &naive::Policies) -> Layers {
    Layers {
        identity: set(&policies.identity),
        boundary: policies.boundary.as_deref().map(set),
        session: policies.session.as_deref().map(set),
        resource: set(&policies.resource),
        service_control: levels(&policies.service_control),
        resource_control: levels(&policies.resource_control),
        endpoint: policies.endpoint.as_deref().map(set),
    }
}

fn request(asked: &naive::Asked) -> Request {
    let mut request = Request::new(
        asked.principal.parse().unwrap(),
        &asked.action,
        &asked.resource,
    );
    for (key, values) in &asked.context {
        if !values.is_empty() {
            request.context_mut().set(key, values.clone());
        }
    }
    request
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn engine_and_naive_evaluator_agree(
        policy_bytes in prop::collection::vec(any::<u8>(), 0..250),
        request_bytes in prop::collection::vec(any::<u8>(), 0..1500),
    ) {
        let policies = generate::Choice::new(&policy_bytes).policies();
        let layers = layers(&policies);
        let mut choice = generate::Choice::new(&request_bytes);
        for _ in 0..REQUESTS {
            let asked = choice.request();
            let request = request(&asked);
            let fast = effect(&request, &layers);
            let decision = evaluate(&request, &layers);
            prop_assert_eq!(fast, decision.effect, "fast path and explanation: {:?}", asked);
            prop_assert_eq!(decision.denied_by().is_none(), fast == Effect::Allowed);
            let fast = match fast {
                Effect::Allowed => "allowed",
                Effect::ImplicitlyDenied => "implicit",
                Effect::ExplicitlyDenied => "explicit",
            };
            prop_assert_eq!(fast, naive::decide(&asked, &policies), "{:?} under {}", asked, policies);
        }
    }
}

#[test]
fn generated_cases_come_out_all_ways() {
    let mut state = 1_u64;
    let mut bytes = |count: usize| -> Vec<u8> {
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            u8::try_from(state >> 56).unwrap()
        };
        (0..count).map(|_| next()).collect()
    };
    let mut outcomes = std::collections::BTreeMap::new();
    for _ in 0..500 {
        let policies = generate::Choice::new(&bytes(250)).policies();
        let asked = bytes(200);
        let mut choice = generate::Choice::new(&asked);
        for _ in 0..10 {
            *outcomes
                .entry(naive::decide(&choice.request(), &policies))
                .or_insert(0) += 1;
        }
    }
    assert!(
        outcomes.values().all(|count| *count > 350) && outcomes.len() == 3,
        "{outcomes:?}"
    );
}
