//! Traces files as a user has them: written to a folder of their own and read from there.

#![allow(dead_code, reason = "each test binary uses its own part")]

use std::fs;

use rolecall_chain::{Chain, ControlPlane, Finding, Options, Severity, Traced, trace};
use rolecall_facts::Snapshot;

/// Reads files, each of a path and a text, into facts. Nothing in them may be unreadable.
pub(crate) fn facts(files: &[(&str, &str)]) -> Snapshot {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let read = rolecall_declared::read(
        &[folder.path().to_path_buf()],
        &rolecall_declared::Options::default(),
    );
    let errors: Vec<_> = read
        .diagnostics
        .iter()
        .filter(|d| d.level == rolecall_declared::DiagnosticLevel::Error)
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    read.snapshot
}

/// Traces files under the current control plane.
pub(crate) fn traced(files: &[(&str, &str)]) -> Traced {
    trace(&facts(files), &Options::default())
}

/// Traces files under the legacy control plane.
pub(crate) fn traced_legacy(files: &[(&str, &str)]) -> Traced {
    let options = Options {
        control_plane: ControlPlane::Legacy,
        ..Options::default()
    };
    trace(&facts(files), &options)
}

/// The codes of the findings, sorted, notes left out.
pub(crate) fn codes(traced: &Traced) -> Vec<&'static str> {
    let mut codes: Vec<&str> = traced
        .findings
        .iter()
        .filter(|finding| finding.severity > Severity::Note)
        .map(|finding| finding.rule.code)
        .collect();
    codes.sort_unstable();
    codes
}

/// The only finding of a rule.
#[track_caller]
pub(crate) fn finding<'t>(traced: &'t Traced, code: &str) -> &'t Finding {
    let mut found = traced
        .findings
        .iter()
        .filter(|finding| finding.rule.code == code);
    match (found.next(), found.next()) {
        (Some(finding), None) => finding,
        (None, _) => panic!("no {code} among {:#?}", traced.findings),
        (Some(_), Some(_)) => panic!("several {code}: {:#?}", traced.findings),
    }
}

/// The chain of a pool.
#[track_caller]
pub(crate) fn chain<'t>(traced: &'t Traced, pool: &str) -> &'t Chain {
    traced
        .chains
        .iter()
        .find(|chain| chain.pool.name == pool)
        .unwrap_or_else(|| panic!("no pool {pool} among {:#?}", traced.chains))
}

/// The evidence of a finding, as one text.
pub(crate) fn evidence(finding: &Finding) -> String {
    format!("{:#?}", finding.evidence)
}
