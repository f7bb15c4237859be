//! The report for a person: a line for each cluster as it comes, then the table, what could not be
//! read, and how it came out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use rolecall_chain::{Evidence, Severity, find_rule};
use rolecall_report::{Ink, Style, Summary, visible};

use super::outcome::{Lost, Place, Row};
use super::{Fleet, Nothing, noted, table};

/// What is said of a cluster when it is done.
pub(super) fn line(row: &Row, style: Style) -> String {
    let Summary {
        pass,
        fail,
        unknown,
        ..
    } = row.summary;
    let (mark, ink) = match row.summary {
        Summary { fail: 1.., .. } => (style.glyph("✗", "x"), Ink::Bad),
        Summary { errors: 1.., .. } => (style.glyph("✗", "x"), Ink::Bad),
        Summary { unknown: 1.., .. } => ("?", Ink::Unsure),
        _ if row.is_partly_read() => ("?", Ink::Unsure),
        _ => (style.glyph("✓", "ok"), Ink::Good),
    };
    let mut said = match row.summary.pools() {
        0 => "no pools".to_owned(),
        all => {
            let pools = counted(all, "pool");
            match (pass, fail, unknown) {
                (_, 0, 0) => format!("{pools}, all pass"),
                (_, 0, unknown) => format!("{pools}, {unknown} unknown"),
                (_, fail, 0) => format!("{pools}, {fail} failing"),
                (_, fail, unknown) => format!("{pools}, {fail} failing, {unknown} unknown"),
            }
        }
    };
    let rules = row.rules.iter();
    let rules = rules.filter(|(_, (severity, _))| *severity > Severity::Note);
    let rules: Vec<&str> = rules.map(|(code, _)| *code).collect();
    if !rules.is_empty() {
        let _ = write!(said, "  {}", rules.join(" "));
    }
    if let Some(unread) = row.failed().next() {
        let _ = write!(said, "  ({})", visible(&unread.message));
    }
    format!("{} {}  {said}\n", style.paint(ink, mark), row.place)
}

/// What is said of what could not be read.
pub(super) fn lost_line(lost: &Lost, style: Style) -> String {
    let mark = style.paint(Ink::Bad, "!");
    format!("{mark} {}  {}\n", lost.place, visible(&lost.what))
}

/// The whole report.
pub(super) fn report(fleet: &Fleet, style: Style) -> String {
    let mut text = String::new();
    if !fleet.rows.is_empty() {
        text += &table::of(&fleet.rows, style);
        text += &legend(&fleet.rows, style);
    }
    shared(&mut text, fleet, style);
    if !style.quiet {
        noted::seen(&mut text, &fleet.rows, style);
        missing(&mut text, &fleet.rows, style);
    }
    noted::partly_read(&mut text, &fleet.rows, style);
    lost(&mut text, &fleet.lost, style);
    nothing(&mut text, fleet, style);
    closing(&mut text, fleet, style);
    let text = text.trim_start_matches('\n');
    // The lines that came as clusters were done stand apart.
    let has_lines = !fleet.rows.is_empty() || !fleet.lost.is_empty();
    let gap = if fleet.told && has_lines { "\n" } else { "" };
    format!("{gap}{text}")
}

/// The rules of the table's columns, with their names.
fn legend(rows: &[Row], style: Style) -> String {
    let mut rules: BTreeMap<&str, (Severity, usize, usize)> = BTreeMap::new();
    for (code, (severity, count)) in rows.iter().flat_map(|row| &row.rules) {
        let (worst, findings, clusters) = rules.entry(code).or_insert((*severity, 0, 0));
        *worst = (*severity).max(*worst);
        *findings += count;
        *clusters += 1;
    }
    let mut text = String::new();
    for (code, (severity, findings, clusters)) in rules {
        let name = find_rule(code).map_or("", |rule| rule.name);
        let ink = match severity {
            Severity::Error => Ink::Bad,
            Severity::Warning => Ink::Unsure,
            Severity::Note => Ink::Note,
        };
        let code = style.paint(ink, code);
        let clusters = counted(clusters, "cluster");
        let findings = counted(findings, severity.as_str());
        let _ = writeln!(text, "{code} {name}: {findings} in {clusters}");
    }
    if !text.is_empty() {
        text.insert(0, '\n');
    }
    text
}

fn shared(text: &mut String, fleet: &Fleet, style: Style) {
    for finding in &fleet.shared {
        let title = format!(
            "{}[{}] {}",
            finding.severity, finding.rule.code, finding.rule.name
        );
        let title = style.paint(Ink::Unsure, &title);
        let _ = writeln!(text, "\n{title}\n  {}", visible(&finding.message));
        for evidence in &finding.evidence {
            if let Evidence::Fact { text: fact, .. } = evidence {
                let _ = writeln!(text, "    {}", visible(fact));
            }
        }
    }
}

/// The permissions that were missing, each once.
fn missing(text: &mut String, rows: &[Row], style: Style) {
    let mut actions: BTreeMap<&str, BTreeSet<&Place>> = BTreeMap::new();
    for row in rows {
        for action in &row.lacked {
            actions.entry(action).or_default().insert(&row.place);
        }
    }
    if actions.is_empty() {
        return;
    }
    let title = "Unknown for want of a permission";
    let _ = writeln!(text, "\n{}", style.paint(Ink::Unsure, title));
    for (action, places) in actions {
        let clusters = counted(places.len(), "cluster");
        let _ = writeln!(text, "  {}: {clusters}", visible(action));
    }
}

/// What could not be read, with the next step of those that have the same.
fn lost(text: &mut String, all: &[Lost], style: Style) {
    if all.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{}", style.paint(Ink::Bad, "Could not be read"));
    let mut told = BTreeSet::new();
    for first in all {
        if !told.insert(&first.help) {
            continue;
        }
        for lost in all.iter().filter(|lost| lost.help == first.help) {
            let _ = writeln!(text, "  {}  {}", lost.place, visible(&lost.what));
        }
        if !first.help.is_empty() {
            let _ = writeln!(text, "    help: {}", visible(&first.help));
        }
    }
}

fn nothing(text: &mut String, fleet: &Fleet, style: Style) {
    if let Some(Nothing { what, help }) = fleet.nothing() {
        let what = style.paint(Ink::Unsure, &visible(&what));
        let _ = writeln!(text, "{what}\n  help: {}", visible(&help));
    }
}

fn closing(text: &mut String, fleet: &Fleet, style: Style) {
    let rows = &fleet.rows;
    let sum = |count: fn(&Summary) -> usize| -> usize {
        rows.iter().map(|row| count(&row.summary)).sum()
    };
    let failing = rows
        .iter()
        .filter(|row| row.summary.fail + row.summary.errors > 0)
        .count();
    let unknown = rows
        .iter()
        .filter(|row| row.summary.fail + row.summary.errors == 0)
        .filter(|row| row.summary.unknown > 0 || row.is_partly_read())
        .count();
    let pass = rows.len() - failing - unknown;
    let warnings = sum(|summary| summary.warnings)
        + fleet
            .shared
            .iter()
            .filter(|finding| finding.severity == Severity::Warning)
            .count();
    let mut words = format!(
        "{} in {}: {pass} pass, {failing} fail, {unknown} unknown; {}, {}",
        counted(rows.len(), "cluster"),
        counted(fleet.accounts, "account"),
        counted(sum(|summary| summary.errors), "error"),
        counted(warnings, "warning"),
    );
    if !fleet.lost.is_empty() {
        let places = counted(fleet.lost.len(), "place");
        let _ = write!(words, "; {places} could not be read");
    }
    let ink = match (failing, unknown + fleet.lost.len()) {
        (1.., _) => Ink::Bad,
        (0, 1..) => Ink::Unsure,
        _ => Ink::Good,
    };
    let _ = writeln!(text, "\n{}", style.paint(ink, &words));
    let left_out = fleet.left_out + rows.iter().map(|row| row.left_out).sum::<usize>();
    if left_out > 0 {
        let _ = writeln!(
            text,
            "{} not shown, as you asked.",
            counted(left_out, "finding")
        );
    }
    let worst = rows.iter().rev().max_by_key(|row| {
        let summary = &row.summary;
        (summary.errors, summary.fail, summary.warnings)
    });
    let is_bad = |row: &&Row| row.summary.errors + row.summary.fail + row.summary.warnings > 0;
    if let Some(row) = worst.filter(is_bad) {
        let Place {
            region, cluster, ..
        } = &row.place;
        let command = format!("rolecall diagnose {cluster} --region {region}");
        let command = style.paint(Ink::Strong, &command);
        let account = row.place.account;
        let _ = writeln!(
            text,
            "{command}, with credentials of {account}, tells more."
        );
    }
}

pub(super) fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
