//! Parts of the text report for formats that carry plain text: JUnit and Markdown.

use rolecall_chain::Finding;

use super::findings::shows_conditions;
use super::predicted::Predicted;
use super::{Page, evidence, repairs};
use crate::excerpt::place_in_words;
use crate::paint::Ink;
use crate::visible::{clean_lines, visible};
use crate::{Report, Style};

fn page() -> Page {
    Page {
        text: String::new(),
        style: Style::default(),
    }
}

/// A finding with everything but excerpts: message, places, proof, repairs.
pub(crate) fn whole_finding(report: &Report<'_>, finding: &Finding) -> String {
    let mut page = page();
    page.wrapped("", Ink::Plain, &visible(&finding.message));
    for origin in &finding.origins {
        page.line(&format!("  ▸ {}", place_in_words(report, origin)));
    }
    evidence::write(&mut page, report, &finding.evidence, &|_| false);
    repairs::write(&mut page, report, finding);
    clean_lines(page.text.trim_end())
}

/// What proves a finding and what the control plane will report, without indentation.
pub(crate) fn proof(
    report: &Report<'_>,
    finding: &Finding,
    predicted: &mut Predicted<'_>,
) -> String {
    let mut page = page();
    evidence::write(&mut page, report, &finding.evidence, &|_| false);
    if shows_conditions(finding) {
        predicted.write(&mut page, &[finding]);
    }
    let text = clean_lines(&page.text);
    let lines = text
        .lines()
        .map(|line| line.strip_prefix("  ").unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n").trim_end().to_owned()
}
