//! `rolecall check`.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Arc;

use rolecall_chain::Safety;
use rolecall_declared::{DiagnosticLevel, Read};

use crate::config::{CheckConfig, Fix};
use crate::judged::Judged;
use crate::{Exit, Failure, fix, input, output, printing};

/// What was checked: facts, chains, and the findings that count.
struct Checked {
    read: Read,
    judged: Judged,
}

/// Runs the command.
///
/// # Errors
/// What keeps it from running at all; everything else is in the report and the exit code.
pub(crate) fn run(config: &CheckConfig) -> Result<Exit, Failure> {
    let (exit, report) = report(config)?;
    output::write(config.printing.output.as_deref(), &report)?;
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
        Fix::Write | Fix::Diff => fix::plan(fix::edits_of(&checked.judged.traced.findings)),
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
        fixed = fix::plan(fix::edits_of(&checked.judged.traced.findings));
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
        .judged
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
    let judged = Judged::of(&read.snapshot, &config.judging);
    Ok(Checked { read, judged })
}

fn exit(config: &CheckConfig, checked: &Checked) -> Exit {
    let unreadable = checked
        .read
        .diagnostics
        .iter()
        .any(|diagnostic| diagnostic.level == DiagnosticLevel::Error);
    checked.judged.exit(&config.judging, unreadable)
}

fn render(config: &CheckConfig, checked: &Checked) -> Result<Vec<u8>, Failure> {
    let diagnostics: Vec<_> = checked
        .read
        .diagnostics
        .iter()
        .map(printing::diagnostic)
        .collect();
    printing::render(
        &config.printing,
        &config.input,
        &checked.judged,
        &diagnostics,
        &checked.read.sources,
    )
}

/// Says something beside the report; nobody may be listening.
fn tell(line: &str) {
    let _ = writeln!(anstream::stderr(), "{line}");
}

fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
