//! What mends a finding, as blocks that can be copied.

use rolecall_chain::{Command, Finding, Safety};
use rolecall_facts::Origin;

use super::Page;
use crate::Report;
use crate::commands::blocks;
use crate::paint::Ink;
use crate::visible::{visible, visible_block};
use crate::wrap::columns;

pub(super) fn write(page: &mut Page, report: &Report<'_>, finding: &Finding) {
    let repairs = finding.repairs.as_slice();
    if repairs.is_empty() {
        return;
    }
    page.gap();
    page.line(&format!(
        "  {}",
        page.style.paint(Ink::Strong, "To mend it")
    ));
    let several = repairs.len() > 1;
    for (index, repair) in repairs.iter().enumerate() {
        let number = if several {
            format!("  {}. ", index + 1)
        } else {
            "  ".to_owned()
        };
        let action = format!("{} ({})", visible(&repair.action), cost(repair.safety));
        if index > 0 {
            page.gap();
        }
        page.wrapped(&number, Ink::Plain, &action);
        if let Some(edit) = &repair.edit {
            let place = format!(
                "{}:{}",
                visible(report.path(&edit.place.path)),
                edit.place.line
            );
            let arrow = page.style.glyph("→", "->");
            let (old, new) = (visible(&edit.expected), visible(&edit.replacement));
            let mut words = format!("rolecall check --fix does it in {place}");
            let change = format!(": {old} {arrow} {new}");
            if columns(&words) + columns(&change) + 5 <= page.style.columns() {
                words += &change;
            }
            page.wrapped("     ", Ink::Good, &words);
        }
        write_commands(page, &repair.commands, is_live(finding));
    }
}

/// Whether all that a finding is about was read from a cluster and not from files.
fn is_live(finding: &Finding) -> bool {
    let origins = &finding.origins;
    !origins.is_empty()
        && origins
            .iter()
            .all(|origin| matches!(origin, Origin::Api(_)))
}

fn cost(safety: Safety) -> &'static str {
    match safety {
        Safety::Safe => "safe",
        Safety::Disruptive => "disruptive: nodes or access may be interrupted",
        Safety::ByHand => "by hand",
    }
}

/// Each command as it is to be typed: unwrapped, and nothing before it but spaces. What a snippet
/// is, stands before it as a comment, so that it may be copied with it.
///
/// What was read from a cluster is mended by what is typed; which language its owners write, if any, is
/// not known, and `--format json` has all of them.
fn write_commands(page: &mut Page, commands: &[Command], live: bool) {
    let mut blocks = blocks(commands);
    if live && blocks.iter().any(|block| block.shell) {
        blocks.retain(|block| block.shell);
    }
    for block in blocks {
        page.gap();
        if !block.shell {
            let title = format!("       # {}", block.title());
            page.line(&page.style.paint(Ink::Faint, &title));
        }
        for line in visible_block(&block.text).lines() {
            let line = page.style.paint(Ink::Code, line);
            page.line(&format!("       {line}"));
        }
    }
}
