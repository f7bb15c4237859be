//! Facts judged as the user's selection says.

use rolecall_chain::{Traced, Verdict, trace};
use rolecall_facts::Snapshot;

use crate::Exit;
use crate::config::Judging;

/// Chains, and the findings that count.
pub(crate) struct Judged {
    pub(crate) traced: Traced,
    /// How many findings do not count.
    pub(crate) left_out: usize,
}

impl Judged {
    pub(crate) fn of(snapshot: &Snapshot, judging: &Judging) -> Self {
        let mut traced = trace(snapshot, &judging.options);
        let all = traced.findings.len();
        traced.findings.retain(|finding| {
            finding.severity >= judging.min_severity && judging.rules.takes(finding.rule)
        });
        let left_out = all - traced.findings.len();
        Self { traced, left_out }
    }

    /// How the command ends, given whether something could not be read.
    pub(crate) fn exit(&self, judging: &Judging, unreadable: bool) -> Exit {
        let mut findings = self.traced.findings.iter();
        let fails = judging
            .fail_on
            .is_some_and(|severity| findings.any(|finding| finding.severity >= severity));
        let mut links = self.traced.chains.iter().flat_map(|chain| &chain.links);
        let unknown = judging.strict && links.any(|state| state.verdict == Verdict::Unknown);
        Exit::of(unreadable, fails, unknown)
    }
}
