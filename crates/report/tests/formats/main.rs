//! How every format shows a case as users have it.

mod case;
mod json;
mod text;

use rolecall_chain::Traced;
use rolecall_report::{Diagnostic, Format, Report, SourceText, Style, render};

#[expect(clippy::expect_used, reason = "a test that cannot render has failed")]
/// Renders as the command line would.
fn rendered(
    format: Format,
    traced: &Traced,
    diagnostics: &[Diagnostic],
    sources: &dyn SourceText,
    style: Style,
) -> String {
    let report = Report {
        traced,
        diagnostics,
        sources,
        left_out: 0,
        base: None,
    };
    let mut out = Vec::new();
    render(format, &report, style, &mut out).expect("a vector takes everything");
    String::from_utf8(out).expect("reports are UTF-8")
}
