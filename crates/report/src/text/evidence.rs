//! What proves a finding.

use rolecall_chain::{Evidence, differing_ranges};
use rolecall_facts::{ObservedCall, Origin, Timestamp};

use super::Page;
use crate::Report;
use crate::call::{details, times};
use crate::excerpt::place_in_words;
use crate::paint::Ink;
use crate::statement::statement_json;
use crate::visible::visible;
use crate::wrap::{columns, padded};

/// Writes the evidence; `shown` says which facts stand beside an excerpt already.
pub(super) fn write(
    page: &mut Page,
    report: &Report<'_>,
    evidence: &[Evidence],
    shown: &dyn Fn(&str) -> bool,
) {
    let mut in_list = false;
    for evidence in evidence {
        match evidence {
            Evidence::Fact { text, origin } => {
                if shown(text) {
                    continue;
                }
                if !in_list {
                    page.gap();
                }
                in_list = true;
                let text = with_place(report, text, origin.as_ref());
                page.wrapped(page.style.glyph("  • ", "  * "), Ink::Plain, &text);
                continue;
            }
            Evidence::Difference {
                left_label,
                left,
                right_label,
                right,
            } => {
                page.gap();
                write_difference(page, (left_label, left), (right_label, right));
            }
            Evidence::Statement {
                policy,
                statement,
                why,
                origin,
            } => {
                page.gap();
                let policy = with_place(report, policy, origin.as_ref());
                page.wrapped("  ", Ink::Strong, &policy);
                let pretty = statement_json(statement, 70);
                for line in pretty.lines() {
                    let line = page.style.paint(Ink::Code, &visible(line));
                    page.line(&format!("      {line}"));
                }
                page.wrapped(page.style.glyph("  ╰ ", "  => "), Ink::Plain, &visible(why));
            }
            Evidence::Call { call, count, since } => {
                page.gap();
                write_call(page, call, *count, *since);
            }
            _ => {}
        }
        in_list = false;
    }
}

fn with_place(report: &Report<'_>, text: &str, origin: Option<&Origin>) -> String {
    let text = visible(text);
    match origin {
        Some(origin) => format!("{text} ({})", place_in_words(report, origin)),
        None => text.into_owned(),
    }
}

/// A call as CloudTrail recorded it; ids and ARNs are never wrapped, as people search for them.
fn write_call(page: &mut Page, call: &ObservedCall, count: usize, since: Timestamp) {
    let style = page.style;
    let title = format!("CloudTrail recorded it {}", times(call, count, since));
    page.wrapped("  ", Ink::Strong, &title);
    let refused = style.paint(Ink::Bad, &visible(&call.error_code));
    page.line(&format!("      {}  {refused}", visible(&call.action())));
    for (label, text) in details(call) {
        let label = style.paint(Ink::Faint, &padded(label, 3));
        page.line(&format!("      {label}  {}", visible(text)));
    }
}

/// Two texts under each other, what differs marked below each.
fn write_difference(page: &mut Page, left: (&str, &str), right: (&str, &str)) {
    let style = page.style;
    let (left_range, right_range) = differing_ranges(left.1, right.1);
    let label_width = columns(&visible(left.0)).max(columns(&visible(right.0)));
    let widest = columns(left.1).max(columns(right.1));
    let beside = label_width + widest + 6 <= style.columns();
    let indent = if beside { label_width + 4 } else { 4 };
    for ((label, text), range) in [(left, left_range), (right, right_range)] {
        let label = visible(label);
        let part = |range| visible(text.get(range).unwrap_or_default()).into_owned();
        let before = part(0..range.start);
        let differs = part(range.clone());
        let after = part(range.end..text.len());
        let painted = format!("{before}{}{after}", style.paint(Ink::Bad, &differs));
        if beside {
            let label = style.paint(Ink::Faint, &padded(&label, label_width));
            page.line(&format!("  {label}  {painted}"));
        } else {
            page.line(&format!("  {}", style.paint(Ink::Faint, &label)));
            page.line(&format!("    {painted}"));
        }
        if !differs.is_empty() {
            let marks = style.paint(Ink::Bad, &"^".repeat(columns(&differs)));
            page.line(&format!("{}{marks}", " ".repeat(indent + columns(&before))));
        }
    }
}
