use std::fmt::Write as _;

use rolecall_chain::{Chain, ControlPlane, Link, Verdict};

use super::escape::{cell_code, code, inline};
use crate::Report;

/// How many passing pools of one cluster have a row; the rest is only counted.
const PASSING: usize = 25;

/// How many pools have a row at all.
const ROWS: usize = 150;

pub(super) fn write(out: &mut String, report: &Report<'_>) {
    let mut rest = report.traced.chains.as_slice();
    let mut rows = ROWS;
    while let Some(first) = rest.first() {
        let same = |chain: &Chain| {
            chain.pool.cluster == first.pool.cluster && chain.control_plane == first.control_plane
        };
        let end = rest
            .iter()
            .position(|chain| !same(chain))
            .unwrap_or(rest.len());
        let (cluster, others) = rest.split_at(end);
        write_cluster(out, cluster, &mut rows);
        rest = others;
    }
}

fn write_cluster(out: &mut String, chains: &[Chain], rows: &mut usize) {
    let Some(first) = chains.first() else { return };
    let name = first.pool.cluster.as_deref().map(code);
    let _ = write!(
        out,
        "**Cluster {}**",
        name.as_deref().unwrap_or("not known")
    );
    if first.control_plane == ControlPlane::Legacy {
        out.push_str(", legacy control plane");
    }
    out.push_str("\n\n");
    let links: Vec<Link> = Link::ALL
        .into_iter()
        .filter(|link| {
            chains
                .iter()
                .any(|chain| chain.links.iter().any(|s| s.link == *link))
        })
        .collect();
    let names = links.iter().map(|link| link.as_str());
    let _ = writeln!(out, "| pool | {} |", names.collect::<Vec<_>>().join(" | "));
    let _ = writeln!(out, "| :-- |{}", " :-: |".repeat(links.len()));
    let (mut passing, mut left_out) = (0, 0);
    let mut shown = Vec::new();
    for chain in chains {
        passing += usize::from(chain.verdict() == Verdict::Pass);
        if *rows == 0 || (chain.verdict() == Verdict::Pass && passing > PASSING) {
            left_out += 1;
            continue;
        }
        *rows -= 1;
        shown.push(chain);
        let _ = write!(
            out,
            "| {} {} |",
            chain.pool.kind.as_str(),
            cell_code(&chain.pool.name)
        );
        for link in &links {
            let state = chain.links.iter().find(|state| state.link == *link);
            let mark = state.map_or("", |state| mark(state.verdict));
            let _ = write!(out, " {mark} |");
        }
        out.push('\n');
    }
    out.push('\n');
    if left_out > 0 {
        let _ = writeln!(out, "{left_out} more pools are not listed.\n");
    }
    let before = out.len();
    for chain in shown {
        let broken = chain
            .links
            .iter()
            .find(|state| state.verdict == Verdict::Fail);
        let unsure = || {
            chain
                .links
                .iter()
                .find(|state| state.verdict == Verdict::Unknown)
        };
        if let Some(state) = broken.or_else(unsure) {
            let (name, detail) = (code(&chain.pool.name), inline(&state.detail));
            let _ = writeln!(
                out,
                "- {} {name}, {}: {detail}",
                mark(state.verdict),
                state.link
            );
        }
    }
    if out.len() > before {
        out.push('\n');
    }
}

fn mark(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "✅",
        Verdict::Fail => "❌",
        Verdict::Unknown => "❔",
    }
}
