//! How every format shows a case as users have it.

mod case;
mod ci;
mod hostile;
mod json;
mod many;
mod markdown;
mod observed;
mod pages;
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
        permissions: None,
        read_from: rolecall_report::ReadFrom::Files,
        sources,
        left_out: 0,
        base: None,
    };
    let mut out = Vec::new();
    render(format, &report, style, &mut out).expect("a vector takes everything");
    String::from_utf8(out).expect("reports are UTF-8")
}

/// The text without ANSI colours.
fn without_colour(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        out.push_str(before);
        rest = after.split_once('m').map_or("", |(_, rest)| rest);
    }
    out + rest
}
