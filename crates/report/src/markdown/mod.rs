//! Markdown for a pull request comment: a table of pools and links, then the findings, folded.

mod escape;
mod findings;
mod permissions;
mod table;

use std::fmt::Write as _;

use rolecall_chain::Severity;

use crate::excerpt::place_in_words;
use crate::grouping::group;
use crate::text::Predicted;
use crate::visible::clean_lines;
use crate::{DiagnosticLevel, Report, Style, Summary};
use escape::{code, inline};

/// A comment on GitHub takes 65,536 characters; findings past this many bytes are only counted.
const LIMIT: usize = 60_000;

pub(crate) fn markdown(report: &Report<'_>, style: Style) -> String {
    let summary = report.summary();
    let mut out = format!("### {}\n\n", headline(&summary));
    if summary != Summary::default() {
        let _ = writeln!(out, "{}.\n", summary.in_words());
    }
    if report.left_out > 0 {
        let _ = writeln!(out, "Findings not shown, as asked: {}.\n", report.left_out);
    }
    if !style.quiet {
        table::write(&mut out, report);
    }
    let from = if style.quiet {
        Severity::Error
    } else {
        Severity::Note
    };
    let groups = group(&report.traced.findings, from);
    let mut predicted = Predicted::new(report);
    for (nth, group) in groups.iter().enumerate() {
        let mut block = String::new();
        findings::write(&mut block, report, group, &mut predicted);
        if out.len() + block.len() > LIMIT {
            let more = groups.len() - nth;
            let _ = writeln!(
                out,
                "**And {more} more**, too many for a comment: run `rolecall check` to see all.\n"
            );
            break;
        }
        out += &block;
    }
    write_diagnostics(&mut out, report, style);
    if !style.quiet {
        permissions::write(&mut out, report);
    }
    clean_lines(out.trim_end())
}

fn headline(summary: &Summary) -> String {
    let pools = summary.pools();
    if pools == 0 {
        return "❔ Rolecall found no node pool or node group".to_owned();
    }
    let of = |n: usize| {
        format!(
            "{n} of {pools} {}",
            if pools == 1 { "pool" } else { "pools" }
        )
    };
    if summary.fail > 0 {
        let verb = if summary.fail == 1 { "breaks" } else { "break" };
        format!("❌ Rolecall: the chain of {} {verb}", of(summary.fail))
    } else if summary.errors + summary.unread > 0 {
        "❌ Rolecall: something is wrong, though no chain breaks".to_owned()
    } else if summary.unknown > 0 {
        format!(
            "❔ Rolecall: {} could not be followed to the end",
            of(summary.unknown)
        )
    } else {
        "✅ Rolecall: every link of every pool holds".to_owned()
    }
}

fn write_diagnostics(out: &mut String, report: &Report<'_>, style: Style) {
    let shown = |level| level == DiagnosticLevel::Error || !style.quiet;
    let mut first = true;
    for diagnostic in report.diagnostics.iter().filter(|d| shown(d.level)) {
        if out.len() > LIMIT + 4_000 {
            break;
        }
        if std::mem::take(&mut first) {
            out.push_str("**Input**\n\n");
        }
        let mark = if diagnostic.level == DiagnosticLevel::Error {
            "❌"
        } else {
            "ℹ️"
        };
        let place = code(&place_in_words(report, &diagnostic.origin));
        let _ = write!(out, "- {mark} {place}: {}", inline(&diagnostic.message));
        if let Some(help) = &diagnostic.help {
            let _ = write!(out, "; {}", inline(help));
        }
        out.push('\n');
    }
}
