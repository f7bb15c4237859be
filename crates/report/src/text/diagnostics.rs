//! What kept files from being read.

use rolecall_chain::Severity;
use rolecall_facts::Origin;

use super::Page;
use crate::excerpt::{Excerpts, Place, place_in_words};
use crate::paint::Ink;
use crate::visible::visible;
use crate::{DiagnosticLevel, Report};

pub(super) fn write(page: &mut Page, report: &Report<'_>, excerpts: &Excerpts) {
    for diagnostic in report.diagnostics {
        if page.style.quiet && diagnostic.level != DiagnosticLevel::Error {
            continue;
        }
        let style = page.style;
        page.gap();
        let (word, severity) = match diagnostic.level {
            DiagnosticLevel::Error => ("not read", Severity::Error),
            DiagnosticLevel::Note => ("note", Severity::Note),
        };
        let title = style.paint(Ink::of_severity(severity), word);
        page.line(&format!(
            "{title} {}",
            place_in_words(report, &diagnostic.origin)
        ));
        page.wrapped("  ", Ink::Plain, &visible(&diagnostic.message));
        if diagnostic.level == DiagnosticLevel::Error
            && let Origin::File(at) = &diagnostic.origin
            && excerpts.has(at)
        {
            let place = Place { at, label: None };
            page.indented(" ", &excerpts.draw(report, &[place], severity, style));
        }
        if let Some(help) = &diagnostic.help {
            page.wrapped("  help: ", Ink::Plain, &visible(help));
        }
    }
}
