//! `rolecall check`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use rolecall_chain::{Traced, Verdict, trace};
use rolecall_declared::{DiagnosticLevel, Read, Source};
use rolecall_report::{Report, SourceText};

use crate::config::{CheckConfig, Fix};
use crate::{Exit, Failure, fix, input, output};

/// What was checked: facts, chains, and the findings that count.
struct Checked {
    read: Read,
    traced: Traced,
    left_out: usize,
}

/// Runs the command.
///
/// # Errors
/// What keeps it from running at all; everything else is in the report and the exit code.
pub(crate) fn run(config: &CheckConfig) -> Result<Exit, Failure> {
    let (exit, report) = report(config)?;
    output::write(config.output.as_deref(), &report)?;
    Ok(exit)
}

/// Does all that the command does but for writing the report, which it returns.
///
/// # Errors
/// As [`run`].
pub fn report(config: &CheckConfig) -> Result<(Exit, Vec<u8>), Failure> {
    let mut checked = check(config)?;
    if let Some(path) = &config.save_facts {
        let json = checked
            .read
            .snapshot
            .to_json()
            .map_err(|error| Failure::new(error.to_string()))?;
        output::to_file(path, json.as_bytes())?;
    }
    let mut fixed = match config.fix {
        Fix::No => fix::Fixed::default(),
        Fix::Write | Fix::Diff => fix::plan(fix::edits_of(&checked.traced.findings)),
    };
    if config.fix == Fix::Write {
        fixed.write();
        tell(&format!(
            "mended {} in {}",
            counted(fixed.edits(), "place"),
            counted(fixed.files.len(), "file")
        ));
        if !fixed.files.is_empty() {
            checked = check(config)?;
        }
    }
    for refused in &fixed.refused {
        tell(&refused.to_string());
    }
    let report = match config.fix {
        Fix::Diff => fixed.diff().into_bytes(),
        Fix::No | Fix::Write => render(config, &checked)?,
    };
    Ok((exit(config, &checked), report))
}

fn check(config: &CheckConfig) -> Result<Checked, Failure> {
    let read = input::gather(&config.input)?;
    let mut traced = trace(&read.snapshot, &config.options);
    let all = traced.findings.len();
    traced.findings.retain(|finding| {
        finding.severity >= config.min_severity && config.rules.takes(finding.rule)
    });
    let left_out = all - traced.findings.len();
    Ok(Checked {
        read,
        traced,
        left_out,
    })
}

fn exit(config: &CheckConfig, checked: &Checked) -> Exit {
    let unreadable = checked
        .read
        .diagnostics
        .iter()
        .any(|diagnostic| diagnostic.level == DiagnosticLevel::Error);
    let findings = config.fail_on.is_some_and(|severity| {
        checked
            .traced
            .findings
            .iter()
            .any(|finding| finding.severity >= severity)
    });
    let unknown = config.strict
        && checked
            .traced
            .chains
            .iter()
            .flat_map(|chain| &chain.links)
            .any(|state| state.verdict == Verdict::Unknown);
    Exit::of(unreadable, findings, unknown)
}

fn render(config: &CheckConfig, checked: &Checked) -> Result<Vec<u8>, Failure> {
    let diagnostics: Vec<_> = checked.read.diagnostics.iter().map(diagnostic).collect();
    let base = config.input.working_directory.to_string_lossy();
    let report = Report {
        traced: &checked.traced,
        diagnostics: &diagnostics,
        sources: &Sources(&checked.read.sources),
        left_out: checked.left_out,
        base: Some(&base),
    };
    let mut out = Vec::new();
    rolecall_report::render(config.format, &report, config.style, &mut out)
        .map_err(|error| Failure::new(format!("the report cannot be made: {error}")))?;
    Ok(out)
}

fn diagnostic(diagnostic: &rolecall_declared::Diagnostic) -> rolecall_report::Diagnostic {
    rolecall_report::Diagnostic {
        level: match diagnostic.level {
            DiagnosticLevel::Note => rolecall_report::DiagnosticLevel::Note,
            DiagnosticLevel::Error => rolecall_report::DiagnosticLevel::Error,
        },
        message: diagnostic.message.clone(),
        origin: diagnostic.origin.clone(),
        help: diagnostic.help.clone(),
    }
}

/// The texts as they were read, so that excerpts show what was judged.
struct Sources<'a>(&'a BTreeMap<Arc<str>, Source>);

impl SourceText for Sources<'_> {
    fn text(&self, path: &str) -> Option<Cow<'_, str>> {
        self.0.get(path).map(|source| Cow::Borrowed(&*source.text))
    }
}

/// Says something beside the report; nobody may be listening.
fn tell(line: &str) {
    let _ = writeln!(anstream::stderr(), "{line}");
}

fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
