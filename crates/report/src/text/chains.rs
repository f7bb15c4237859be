//! The chain of each pool, drawn on one line.

use std::collections::HashMap;

use rolecall_chain::{Chain, ControlPlane, Finding, Link, Pool, Severity, Verdict};

use super::beads::{Naming, beads, width};
use super::{Page, reasons, shown};
use crate::Report;
use crate::paint::Ink;
use crate::visible::visible;
use crate::wrap::columns;

/// How many pools of one cluster with the same verdicts are drawn before the rest is only counted.
const ALIKE: usize = 8;

pub(super) fn write(page: &mut Page, report: &Report<'_>) {
    let explained = explained(report);
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
        write_cluster(page, cluster, &explained);
        rest = others;
    }
}

/// The error that explains a link of a pool.
pub(super) type Explained<'a> = HashMap<(&'a Pool, Link), &'a Finding>;

/// The error that explains a link of a pool.
fn explained<'a>(report: &'a Report<'_>) -> Explained<'a> {
    let mut explained = HashMap::new();
    for finding in &report.traced.findings {
        if finding.severity == Severity::Error {
            for pool in &finding.pools {
                explained
                    .entry((pool, finding.rule.link))
                    .or_insert(finding);
            }
        }
    }
    explained
}

fn write_cluster(page: &mut Page, chains: &[Chain], explained: &Explained<'_>) {
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
            write_chain(page, &indent, &indent, chain, naming, explained);
        } else {
            let fill = " ".repeat(beside - columns(&label));
            write_chain(
                page,
                &format!("  {painted}{fill}  "),
                &indent,
                chain,
                naming,
                explained,
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

/// Draws one chain after `first`, wrapped where even the shortest form is too long, and says below
/// what broke it.
fn write_chain(
    page: &mut Page,
    first: &str,
    indent: &str,
    chain: &Chain,
    naming: Naming,
    explained: &Explained<'_>,
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

    reasons::write(page, chain, &marks, start, explained);
    shown::write(page, chain, indent);
}
