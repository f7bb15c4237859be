//! One block per finding, or per group of like findings.

use std::collections::BTreeSet;

use rolecall_chain::{Evidence, Finding, Link, Severity, Tool};
use rolecall_facts::Origin;

use super::Page;
use super::predicted::Predicted;
use super::{evidence, repairs};
use crate::excerpt::{Excerpts, Place, place_in_words};
use crate::grouping::{Group, ToldRepairs};
use crate::paint::Ink;
use crate::visible::visible;
use crate::wrap::columns;
use crate::{Report, Style};

/// How many messages of one group are told before the rest is only counted.
const ALIKE: usize = 6;

/// What every block needs.
pub(super) struct Context<'a> {
    pub(super) report: &'a Report<'a>,
    pub(super) excerpts: &'a Excerpts,
    /// The finding that stands for an earlier group.
    pub(super) told_under: &'a dyn Fn(usize) -> Option<&'a Finding>,
}

pub(super) fn write<'a>(
    page: &mut Page,
    context: &Context<'_>,
    group: &Group<'a>,
    index: usize,
    told: &mut ToldRepairs<'a>,
    predicted: &mut Predicted<'_>,
) {
    let Some(finding) = group.first() else { return };
    page.gap();
    let style = page.style;
    let title = format!("{}[{}]", finding.severity, finding.rule.code);
    let title = style.paint(Ink::of_severity(finding.severity), &title);
    page.line(&format!(
        "{title} {}",
        style.paint(Ink::Strong, finding.rule.name)
    ));
    write_messages(page, group);

    if finding.severity == Severity::Note {
        write_note(page, context.report, finding);
        return;
    }
    let places = places(finding, style);
    if !places.is_empty() {
        let drawn = context
            .excerpts
            .draw(context.report, &places, finding.severity, style);
        page.indented(" ", &drawn);
    }
    for origin in finding
        .origins
        .iter()
        .filter(|origin| origin.as_file().is_none())
    {
        let arrow = style.glyph("▸", "->");
        page.line(&format!(
            "  {arrow} {}",
            place_in_words(context.report, origin)
        ));
    }
    let shown = |text: &str| places.iter().any(|place| place.label == Some(text));
    evidence::write(page, context.report, &finding.evidence, &shown);
    if shows_conditions(finding) {
        predicted.write(page, &group.findings);
    }
    let earlier = (!finding.repairs.is_empty())
        .then(|| told.told(&finding.repairs, index))
        .flatten();
    if let Some(earlier) = earlier.and_then(context.told_under) {
        let place = earlier
            .origins
            .first()
            .map(|o| place_in_words(context.report, o));
        let place = place
            .map(|place| format!(" at {place}"))
            .unwrap_or_default();
        page.gap();
        page.wrapped(
            "  ",
            Ink::Faint,
            &format!("To mend it: as for {}{place}, above.", earlier.rule.code),
        );
    } else {
        repairs::write(page, context.report, finding);
    }
}

/// Whether the conditions of the pool's objects belong to what a finding says.
pub(super) fn shows_conditions(finding: &Finding) -> bool {
    finding.severity == Severity::Error || finding.rule.link == Link::Node
}

fn write_messages(page: &mut Page, group: &Group<'_>) {
    let mut seen = BTreeSet::new();
    let messages: Vec<&str> = group
        .findings
        .iter()
        .map(|finding| finding.message.as_str())
        .filter(|message| seen.insert(*message))
        .collect();
    for message in messages.iter().take(ALIKE) {
        page.wrapped("  ", Ink::Plain, &visible(message));
    }
    if let Some(more) = messages.len().checked_sub(ALIKE).filter(|more| *more > 0) {
        page.line(
            &page
                .style
                .paint(Ink::Faint, &format!("  and {more} more like these")),
        );
    }
}

/// A note is short: its place and where to read on.
fn write_note(page: &mut Page, report: &Report<'_>, finding: &Finding) {
    let style = page.style;
    let arrow = style.glyph("▸", "->");
    let command = finding
        .repairs
        .first()
        .and_then(|repair| repair.commands.first());
    if let Some(command) = command.filter(|command| command.tool == Tool::Rolecall) {
        let command = style.paint(Ink::Code, &visible(&command.text));
        page.line(&format!("  try: {command}"));
    }
    if let Some(origin) = finding.origins.first() {
        let place = place_in_words(report, origin);
        page.line(&style.paint(Ink::Faint, &format!("  {arrow} {place}")));
    }
}

/// The places to draw: the finding's own, then those of its facts, each once. A fact that is told
/// beside its mark is not told again.
fn places(finding: &Finding, style: Style) -> Vec<Place<'_>> {
    let mut places: Vec<Place<'_>> = Vec::new();
    let own = finding.origins.iter().filter_map(Origin::as_file);
    places.extend(own.map(|at| Place { at, label: None }));
    for evidence in &finding.evidence {
        let Evidence::Fact {
            text,
            origin: Some(Origin::File(at)),
        } = evidence
        else {
            continue;
        };
        let fits = at.column as usize + at.length as usize + columns(text) + 14 <= style.columns();
        let label = fits.then_some(text.as_str());
        match places.iter_mut().find(|place| place.at == at) {
            Some(place) if place.label.is_none() => place.label = label,
            Some(_) => {}
            None if fits => places.push(Place { at, label }),
            None => {}
        }
    }
    places
}
