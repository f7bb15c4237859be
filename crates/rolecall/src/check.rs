//! `rolecall check`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::Arc;

use rolecall_chain::{Safety, Traced, Verdict, trace};
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
        (checked, fixed) = mend(config, checked, fixed)?;
    }
    for refused in &fixed.refused {
        tell(&refused.to_string());
    }
    let report = match config.fix {
        Fix::Diff => fixed.diff().into_bytes(),
        Fix::No | Fix::Write => {
            leave_generated_files(&mut checked);
            render(config, &checked)?
        }
    };
    Ok((exit(config, &checked), report))
}

/// How often mending may bring up something else to mend before it stops.
const ROUNDS: usize = 5;

/// Mends until nothing is left that can be, so that a second run changes nothing more.
fn mend(
    config: &CheckConfig,
    mut checked: Checked,
    mut fixed: fix::Fixed,
) -> Result<(Checked, fix::Fixed), Failure> {
    let mut places = 0;
    let mut files = BTreeSet::new();
    for _ in 0..ROUNDS {
        fixed.write();
        if fixed.files.is_empty() {
            break;
        }
        places += fixed.edits();
        files.extend(fixed.files.iter().map(|file| Arc::clone(&file.path)));
        checked = check(config)?;
        fixed = fix::plan(fix::edits_of(&checked.traced.findings));
    }
    tell(&format!(
        "mended {} in {}",
        counted(places, "place"),
        counted(files.len(), "file")
    ));
    Ok((checked, fixed))
}

/// Takes back the offer to edit a file that another tool writes, and says where to mend instead.
fn leave_generated_files(checked: &mut Checked) {
    let sources = &checked.read.sources;
    let repairs = checked
        .traced
        .findings
        .iter_mut()
        .flat_map(|finding| &mut finding.repairs);
    for repair in repairs {
        let Some(edit) = &repair.edit else { continue };
        let source = sources.get(&edit.place.path);
        let tool = source.and_then(|source| fix::generator(&source.path, &source.text));
        if let Some(tool) = tool {
            repair.action += &format!(", where {tool} takes it from");
            repair.edit = None;
            repair.safety = Safety::ByHand;
        }
    }
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
