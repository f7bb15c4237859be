//! Workflow commands, which GitHub Actions shows beside the lines of a pull request.
//!
//! A command is one line, `::error file=…,line=…::message`; `%`, line breaks and, in properties, `:`
//! and `,` are escaped as the runner's own toolkit does.

use std::fmt::Write as _;

use rolecall_chain::{Evidence, Finding, Severity};
use rolecall_facts::Origin;

use crate::call::in_a_sentence;
use crate::excerpt::place_in_words;
use crate::visible::{unbracketed, visible, visible_block};
use crate::{DiagnosticLevel, Report, Style};

pub(crate) fn github(report: &Report<'_>, style: Style) -> String {
    let mut out = String::new();
    let mut findings: Vec<&Finding> = report.traced.findings.iter().collect();
    // GitHub shows the first ten of each kind per step; the worst must come first.
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    for finding in findings {
        if style.quiet && finding.severity != Severity::Error {
            continue;
        }
        let command = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let title = format!("{} {}", finding.rule.code, finding.rule.name);
        let origin = finding
            .origins
            .iter()
            .find(|origin| origin.as_file().is_some());
        let origin = origin.or_else(|| finding.origins.first());
        annotation(&mut out, report, command, origin, &title, &words(finding));
    }
    for diagnostic in report.diagnostics {
        let (command, title) = match diagnostic.level {
            DiagnosticLevel::Error => ("error", "not read"),
            DiagnosticLevel::Note if style.quiet => continue,
            DiagnosticLevel::Note => ("notice", "rolecall"),
        };
        let mut words = diagnostic.message.clone();
        if let Some(help) = &diagnostic.help {
            let _ = write!(words, "\nhelp: {help}");
        }
        annotation(
            &mut out,
            report,
            command,
            Some(&diagnostic.origin),
            title,
            &words,
        );
    }
    let summary = report.summary();
    let _ = if summary.pools() == 0 {
        writeln!(out, "No node pool or node group was found.")
    } else {
        writeln!(out, "{}", summary.in_words())
    };
    out
}

/// The message, what differs or decided, and the best repair.
fn words(finding: &Finding) -> String {
    let mut words = finding.message.clone();
    for evidence in &finding.evidence {
        let _ = match evidence {
            Evidence::Difference {
                left_label,
                left,
                right_label,
                right,
            } => {
                write!(words, "\n{left_label}: {left}\n{right_label}: {right}")
            }
            Evidence::Statement { policy, why, .. } => write!(words, "\n{policy}: {why}"),
            Evidence::Call { call, count, since } => {
                write!(words, "\n{}", in_a_sentence(call, *count, *since))
            }
            _ => Ok(()),
        };
    }
    if let Some(repair) = finding.repairs.first() {
        let _ = write!(words, "\nTo mend it ({}): {}", repair.safety, repair.action);
        if let Some(command) = repair.commands.first() {
            let _ = write!(words, "\n{}", command.text);
        }
    }
    let _ = write!(
        words,
        "\nrolecall explain {} tells more.",
        finding.rule.code
    );
    words
}

fn annotation(
    out: &mut String,
    report: &Report<'_>,
    command: &str,
    origin: Option<&Origin>,
    title: &str,
    words: &str,
) {
    let mut properties = Vec::new();
    let mut words = visible_block(words).into_owned();
    match origin {
        // Standard input is no file of the repository.
        Some(Origin::File(file)) if &*file.path != "-" => {
            let (line, column) = (file.line.max(1), file.column.max(1));
            properties.push(format!("file={}", property(report.path(&file.path))));
            properties.push(format!("line={line}"));
            properties.push(format!("col={column}"));
            if file.length > 0 {
                properties.push(format!("endColumn={}", column.saturating_add(file.length)));
            }
        }
        Some(origin) => {
            let _ = write!(words, "\nat {}", place_in_words(report, origin));
        }
        None => {}
    }
    properties.push(format!("title={}", property(title)));
    let line = format!("::{command} {}::{}", properties.join(","), data(&words));
    out.push_str(&unbracketed(&line));
    out.push('\n');
}

/// Escapes a message.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Escapes a property's value.
fn property(text: &str) -> String {
    data(&visible(text)).replace(':', "%3A").replace(',', "%2C")
}
