//! What was judged, as bytes in the format asked for.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use rolecall_declared::{DiagnosticLevel, Source};
use rolecall_facts::{Unread, Why};
use rolecall_report::{Diagnostic, Permissions, ReadFrom, Report, SourceText};

use crate::Failure;
use crate::config::{InputConfig, Printing};
use crate::judged::Judged;

/// Renders the report of files.
///
/// # Errors
/// None in practice: it is written to memory.
pub(crate) fn render(
    printing: &Printing,
    input: &InputConfig,
    judged: &Judged,
    diagnostics: &[Diagnostic],
    sources: &BTreeMap<Arc<str>, Source>,
) -> Result<Vec<u8>, Failure> {
    render_read(printing, input, judged, diagnostics, sources, None)
}

/// Renders the report of files, or of clusters with what was not permitted to be read of them.
///
/// # Errors
/// None in practice: it is written to memory.
pub(crate) fn render_read(
    printing: &Printing,
    input: &InputConfig,
    judged: &Judged,
    diagnostics: &[Diagnostic],
    sources: &BTreeMap<Arc<str>, Source>,
    permissions: Option<&Permissions>,
) -> Result<Vec<u8>, Failure> {
    let base = input.working_directory.to_string_lossy();
    let report = Report {
        traced: &judged.traced,
        diagnostics,
        permissions,
        read_from: match permissions {
            Some(_) => ReadFrom::Clusters,
            None => ReadFrom::Files,
        },
        sources: &Sources(sources),
        left_out: judged.left_out,
        base: Some(&base),
    };
    let mut out = Vec::new();
    rolecall_report::render(printing.format, &report, printing.style, &mut out)
        .map_err(|error| Failure::new(format!("the report cannot be made: {error}")))?;
    Ok(out)
}

/// A reader's diagnostic as a report's.
pub(crate) fn diagnostic(diagnostic: &rolecall_declared::Diagnostic) -> Diagnostic {
    Diagnostic {
        level: match diagnostic.level {
            DiagnosticLevel::Note => rolecall_report::DiagnosticLevel::Note,
            DiagnosticLevel::Error => rolecall_report::DiagnosticLevel::Error,
        },
        message: diagnostic.message.clone(),
        origin: diagnostic.origin.clone(),
        help: diagnostic.help.clone(),
    }
}

/// What could not be read of a cluster. A permission that is missing is a note, as what needs it is
/// unknown and says so.
pub(crate) fn unread(unread: &Unread) -> Diagnostic {
    Diagnostic {
        level: match &unread.why {
            Why::NotPermitted(_) => rolecall_report::DiagnosticLevel::Note,
            _ => rolecall_report::DiagnosticLevel::Error,
        },
        message: unread.why.to_string(),
        origin: unread.origin.clone(),
        help: unread.help.clone(),
    }
}

/// The texts as they were read, so that excerpts show what was judged.
struct Sources<'a>(&'a BTreeMap<Arc<str>, Source>);

impl SourceText for Sources<'_> {
    fn text(&self, path: &str) -> Option<Cow<'_, str>> {
        self.0.get(path).map(|source| Cow::Borrowed(&*source.text))
    }
}
