use std::collections::BTreeSet;
use std::fmt::Write as _;

use rolecall_chain::{Repair, Severity};

use super::escape::{block, code, html, inline};
use crate::Report;
use crate::commands::blocks;
use crate::excerpt::place_in_words;
use crate::grouping::Group;
use crate::text::{Predicted, plain};

/// How many messages of one group are told before the rest is only counted.
const ALIKE: usize = 10;

pub(super) fn write(
    out: &mut String,
    report: &Report<'_>,
    group: &Group<'_>,
    predicted: &mut Predicted<'_>,
) {
    let Some(finding) = group.first() else { return };
    let mark = match finding.severity {
        Severity::Error => "❌",
        Severity::Warning => "⚠️",
        Severity::Note => "ℹ️",
    };
    let open = if finding.severity == Severity::Error {
        " open"
    } else {
        ""
    };
    let _ = writeln!(
        out,
        "<details{open}>\n<summary>{mark} <b>{}</b> {}: {}</summary>\n",
        finding.rule.code,
        finding.rule.name,
        html(&finding.message)
    );
    let mut seen = BTreeSet::from([finding.message.as_str()]);
    let others = group
        .findings
        .iter()
        .filter(|other| seen.insert(&other.message));
    let others: Vec<_> = others.collect();
    for other in others.iter().take(ALIKE) {
        let _ = writeln!(out, "- {}", inline(&other.message));
    }
    if let Some(more) = others.len().checked_sub(ALIKE).filter(|more| *more > 0) {
        let _ = writeln!(out, "- and {more} more like these");
    }
    if !others.is_empty() {
        out.push('\n');
    }
    let places: Vec<String> = finding
        .origins
        .iter()
        .map(|origin| code(&place_in_words(report, origin)))
        .collect();
    if !places.is_empty() {
        let _ = writeln!(out, "{}\n", places.join(", "));
    }
    let proof = plain::proof(report, finding, predicted);
    if !proof.is_empty() {
        block(out, "text", &proof);
    }
    write_repairs(out, &finding.repairs);
    out.push_str("</details>\n\n");
}

fn write_repairs(out: &mut String, repairs: &[Repair]) {
    if repairs.is_empty() {
        return;
    }
    out.push_str("**To mend it**\n\n");
    for (nth, repair) in repairs.iter().enumerate() {
        let fix = if repair.edit.is_some() {
            "; `rolecall check --fix` does it"
        } else {
            ""
        };
        let number = if repairs.len() > 1 {
            format!("{}\\. ", nth + 1)
        } else {
            String::new()
        };
        let _ = writeln!(
            out,
            "{number}{} ({}{fix})\n",
            inline(&repair.action),
            repair.safety
        );
        for commands in blocks(&repair.commands) {
            if !commands.shell {
                let _ = writeln!(out, "{}:\n", commands.title());
            }
            block(out, commands.language(), &commands.text);
        }
    }
}
