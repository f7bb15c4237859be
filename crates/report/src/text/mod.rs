//! The report for a person: chains, findings, diagnostics, summary.

pub(crate) mod beads;
mod chains;
mod closing;
mod diagnostics;
mod evidence;
mod findings;
mod permissions;
pub(crate) mod plain;
mod predicted;
mod reasons;
mod repairs;
mod shown;

use rolecall_chain::{Evidence, Severity};
use rolecall_facts::{FileOrigin, Origin};

use crate::excerpt::Excerpts;
use crate::grouping::{ToldRepairs, group};
use crate::paint::Ink;
use crate::visible::clean_lines;
use crate::wrap::wrap;
use crate::{Report, Style};
pub(crate) use predicted::Predicted;

/// The whole report.
pub(crate) fn text(report: &Report<'_>, style: Style) -> String {
    let mut page = Page {
        text: String::new(),
        style,
    };
    if !style.quiet {
        chains::write(&mut page, report);
    }
    let from = if style.quiet {
        Severity::Error
    } else {
        Severity::Note
    };
    let groups = group(&report.traced.findings, from);
    let excerpts = Excerpts::load(report, places(report));
    let mut told = ToldRepairs::default();
    let mut predicted = Predicted::new(report);
    for (index, group) in groups.iter().enumerate() {
        let told_under =
            |earlier: usize| groups.get(earlier).and_then(crate::grouping::Group::first);
        findings::write(
            &mut page,
            &findings::Context {
                report,
                excerpts: &excerpts,
                told_under: &told_under,
            },
            group,
            index,
            &mut told,
            &mut predicted,
        );
    }
    diagnostics::write(&mut page, report, &excerpts);
    permissions::write(&mut page, report);
    closing::write(&mut page, report);
    clean_lines(&page.text)
}

/// Every place of which the text may show an excerpt.
fn places<'a>(report: &'a Report<'a>) -> impl Iterator<Item = &'a FileOrigin> {
    let findings = report.traced.findings.iter().flat_map(|finding| {
        let facts = finding
            .evidence
            .iter()
            .filter_map(|evidence| match evidence {
                Evidence::Fact { origin, .. } => origin.as_ref(),
                _ => None,
            });
        finding.origins.iter().chain(facts)
    });
    let diagnostics = report.diagnostics.iter().map(|d| &d.origin);
    findings.chain(diagnostics).filter_map(Origin::as_file)
}

/// A text that grows line by line.
pub(crate) struct Page {
    pub(crate) text: String,
    pub(crate) style: Style,
}

impl Page {
    /// A line, already painted.
    pub(crate) fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// An empty line, unless the text begins or the last line is empty.
    pub(crate) fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// A text wrapped to the width, its first line after `first`, the others after spaces as wide.
    pub(crate) fn wrapped(&mut self, first: &str, ink: Ink, text: &str) {
        let indent = crate::wrap::columns(first);
        let room = self.style.columns().saturating_sub(indent).max(20);
        for (nth, line) in wrap(text, room).iter().enumerate() {
            let painted = self.style.paint(ink, line);
            if nth == 0 {
                self.line(&format!("{first}{painted}"));
            } else {
                self.line(&format!("{}{painted}", " ".repeat(indent)));
            }
        }
    }

    /// Lines, each after the same indentation.
    pub(crate) fn indented(&mut self, indent: &str, lines: &str) {
        for line in lines.lines() {
            self.line(&format!("{indent}{line}"));
        }
    }
}
