//! Any text is a policy or is refused in place; what is a policy can be explained.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rolecall_policy::{Policy, PolicyKind};

fuzz_target!(|text: &str| {
    match Policy::parse("fuzz", text) {
        Ok(policy) => {
            assert_eq!(policy.explain().len(), policy.statements().len());
            for statement in policy.statements() {
                let span = statement.span();
                assert!(text.get(span.start as usize..span.end as usize).is_some());
            }
        }
        Err(malformed) => {
            assert!(!malformed.problems.is_empty());
            for problem in &malformed.problems {
                assert!(problem.span.end as usize <= text.len(), "{problem}");
            }
        }
    }
    for kind in [PolicyKind::Identity, PolicyKind::Trust, PolicyKind::ResourceControl] {
        let _ = Policy::accept(kind, "fuzz", text);
    }
});
