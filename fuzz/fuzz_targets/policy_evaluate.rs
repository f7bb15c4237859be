//! Any question that can be read gets one decision from the fast path and from the explained one.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rolecall_policy::{Effect, Question, effect, evaluate};

fuzz_target!(|text: &str| {
    let Ok(question) = Question::parse(text) else { return };
    let decision = evaluate(&question.request, &question.layers);
    assert_eq!(decision.effect, effect(&question.request, &question.layers));
    assert_eq!(decision.denied_by().is_none(), decision.effect == Effect::Allowed);
    assert_eq!(decision.access_denied_message().is_none(), decision.is_allowed());
    for near in decision.near_misses() {
        assert!(!near.failed.is_empty());
        assert!(!near.to_string().is_empty());
    }
});
