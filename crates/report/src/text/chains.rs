//! The chain of each pool, drawn on one line.

use std::collections::HashMap;

use rolecall_chain::{Chain, ControlPlane, Link, LinkState, Pool, Severity, Verdict};

use super::Page;
use crate::paint::Ink;
use crate::visible::visible;
use crate::wrap::{columns, padded};
use crate::{Report, Style};

/// How many pools of one cluster with the same verdicts are drawn before the rest is only counted.
const ALIKE: usize = 8;

/// How much of a chain is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Naming {
    /// Every link.
    All,
    /// The first, the last, what does not hold, and the link before it.
    Landmarks,
    /// What does not hold; where all hold, the last.
    Breaks,
}

pub(super) fn write(page: &mut Page, report: &Report<'_>) {
    let codes = codes(report);
    let mut rest = report.traced.chains.as_slice();
    while let Some(first) = rest.first() {
        let same = |chain: &Chain| {
            chain.pool.cluster == first.pool.cluster && chain.control_plane == first.control_plane
        };
        let end = rest
            .iter()
            .position(|chain| !same(chain))
            .unwrap_or(rest.len());
        let (cluster, others) = rest.split_at(end);
        page.gap();
        write_cluster(page, cluster, &codes);
        rest = others;
    }
}

/// The code of the error that explains a link of a pool.
fn codes<'a>(report: &'a Report<'_>) -> HashMap<(&'a Pool, Link), &'static str> {
    let mut codes = HashMap::new();
    for finding in &report.traced.findings {
        if finding.severity == Severity::Error {
            for pool in &finding.pools {
                codes
                    .entry((pool, finding.rule.link))
                    .or_insert(finding.rule.code);
            }
        }
    }
    codes
}

fn write_cluster(page: &mut Page, chains: &[Chain], codes: &HashMap<(&Pool, Link), &'static str>) {
    let style = page.style;
    let Some(first) = chains.first() else { return };
    let name = first.pool.cluster.as_deref().map(visible);
    let mut title = style.paint(
        Ink::Strong,
        name.as_deref().unwrap_or("(cluster not known)"),
    );
    if first.control_plane == ControlPlane::Legacy {
        title += &style.paint(Ink::Faint, "  under the legacy control plane");
    }
    page.line(&title);

    let shown = collapse(chains);
    let label = |chain: &Chain| visible(&chain.pool.to_string()).into_owned();
    let widest = shown
        .iter()
        .map(|(chain, _)| columns(&label(chain)))
        .max()
        .unwrap_or_default();
    let beside = widest.min(style.columns() * 2 / 5);
    let room = style.columns().saturating_sub(beside + 4);
    let naming = [Naming::All, Naming::Landmarks]
        .into_iter()
        .find(|naming| {
            shown
                .iter()
                .all(|(c, _)| width(&beads(&c.links, *naming, style)) <= room)
        })
        .unwrap_or(Naming::Breaks);
    for (chain, more) in shown {
        let label = label(chain);
        let painted = style.paint(Ink::Strong, &label);
        let indent = " ".repeat(beside + 4);
        if columns(&label) > beside {
            page.line(&format!("  {painted}"));
            write_chain(page, &indent, &indent, chain, naming, codes);
        } else {
            let fill = " ".repeat(beside - columns(&label));
            write_chain(
                page,
                &format!("  {painted}{fill}  "),
                &indent,
                chain,
                naming,
                codes,
            );
        }
        if more > 0 {
            let words = if more == 1 {
                "1 more pool".to_owned()
            } else {
                format!("{more} more pools")
            };
            let line = format!("{indent}and {words} with the same verdicts");
            page.line(&style.paint(Ink::Faint, &line));
        }
    }
}

/// The chains to draw; after the last of a kind that has too many, how many are left out.
fn collapse(chains: &[Chain]) -> Vec<(&Chain, usize)> {
    let verdicts = |chain: &Chain| {
        let links = chain.links.iter().map(|state| (state.link, state.verdict));
        links.collect::<Vec<_>>()
    };
    let mut seen: HashMap<Vec<(Link, Verdict)>, (usize, usize)> = HashMap::new();
    let mut shown: Vec<(&Chain, usize)> = Vec::new();
    for chain in chains {
        let (count, last) = seen.entry(verdicts(chain)).or_default();
        *count += 1;
        if *count <= ALIKE {
            *last = shown.len();
            shown.push((chain, 0));
        } else if let Some((_, more)) = shown.get_mut(*last) {
            *more += 1;
        }
    }
    shown
}

/// One bead of a drawn chain: the link before it, its mark, its name where shown.
struct Bead {
    joint: &'static str,
    text: String,
    ink: Ink,
}

fn width(beads: &[Bead]) -> usize {
    beads
        .iter()
        .map(|bead| columns(bead.joint) + columns(&bead.text))
        .sum()
}

fn beads(links: &[LinkState], naming: Naming, style: Style) -> Vec<Bead> {
    let broken = links
        .iter()
        .position(|state| state.verdict == Verdict::Fail);
    let judged = |index: usize, state: &LinkState| {
        state.verdict != Verdict::Unknown || broken.is_none_or(|at| index < at)
    };
    let all_hold = links.iter().all(|state| state.verdict == Verdict::Pass);
    let mut named_before = true;
    let mut beads = Vec::with_capacity(links.len());
    for (index, state) in links.iter().enumerate() {
        let breaks = state.verdict != Verdict::Pass && judged(index, state);
        let last = index + 1 == links.len();
        let next_breaks = links
            .get(index + 1)
            .is_some_and(|next| next.verdict != Verdict::Pass)
            && state.verdict == Verdict::Pass;
        let named = match naming {
            Naming::All => true,
            Naming::Landmarks => index == 0 || last || breaks || next_breaks,
            Naming::Breaks => breaks || (all_hold && last),
        };
        let (mark, ink) = match state.verdict {
            Verdict::Pass => (style.glyph("✓", "ok"), Ink::Good),
            Verdict::Fail => (style.glyph("✗", "X"), Ink::Bad),
            Verdict::Unknown if judged(index, state) => ("?", Ink::Unsure),
            Verdict::Unknown => (style.glyph("·", "."), Ink::Faint),
        };
        let joint = match (index, named_before, named) {
            (0, ..) => "",
            (_, false, false) => style.glyph("─", "-"),
            (_, false, true) => style.glyph("─ ", "- "),
            (_, true, false) => style.glyph(" ─", " -"),
            (_, true, true) => style.glyph(" ─ ", " - "),
        };
        let text = if named {
            format!("{mark} {}", state.link)
        } else {
            mark.to_owned()
        };
        beads.push(Bead { joint, text, ink });
        named_before = named;
    }
    beads
}

/// Draws one chain after `first`, wrapped where even the shortest form is too long, and says below
/// what broke it.
fn write_chain(
    page: &mut Page,
    first: &str,
    indent: &str,
    chain: &Chain,
    naming: Naming,
    codes: &HashMap<(&Pool, Link), &'static str>,
) {
    let style = page.style;
    let mut line = first.to_owned();
    let mut used = columns(indent);
    let start = used;
    let mut marks = Vec::with_capacity(chain.links.len());
    for bead in beads(&chain.links, naming, style) {
        let wide = columns(bead.joint) + columns(&bead.text);
        if used > start && used + wide > style.columns() {
            line += &style.paint(Ink::Faint, bead.joint.trim_end());
            page.line(&line);
            line = indent.to_owned();
            used = start;
        } else {
            line += &style.paint(Ink::Faint, bead.joint);
            used += columns(bead.joint);
        }
        marks.push(used);
        used += columns(&bead.text);
        line += &style.paint(bead.ink, &bead.text);
    }
    page.line(&line);

    let breaks = telling(&chain.links);
    let only = breaks.len() == 1;
    let last = breaks.last().map(|(index, _)| *index);
    for (index, state) in breaks {
        let at = marks
            .get(index)
            .copied()
            .filter(|at| only && at + 44 <= style.columns());
        let hook = if Some(index) == last {
            style.glyph("╰ ", "`- ")
        } else {
            style.glyph("├ ", "|- ")
        };
        let lead = format!(
            "{}{}",
            padded("", at.unwrap_or(start)),
            style.paint(Ink::Faint, hook)
        );
        let mut words = String::new();
        if at.is_none() {
            words = format!("{}: ", state.link);
        }
        words += &visible(&state.detail);
        if let Some(code) = codes.get(&(&chain.pool, state.link)) {
            words += &format!(" [{code}]");
        }
        let indent = columns(hook) + at.unwrap_or(start);
        let room = style.columns().saturating_sub(indent).max(20);
        for (nth, part) in crate::wrap::wrap(&words, room).iter().enumerate() {
            let part = style.paint(Ink::of_verdict(state.verdict), part);
            let before = if nth == 0 {
                lead.clone()
            } else {
                " ".repeat(indent)
            };
            page.line(&format!("{before}{part}"));
        }
    }
}

/// The links worth a word: what could not be told up to the first break, and the break.
fn telling(links: &[LinkState]) -> Vec<(usize, &LinkState)> {
    let end = links
        .iter()
        .position(|state| state.verdict == Verdict::Fail);
    let upto = end.map_or(links.len(), |at| at + 1);
    let not_passed = links.iter().enumerate().take(upto);
    not_passed
        .filter(|(_, state)| state.verdict != Verdict::Pass)
        .collect()
}
