//! Each pool's chain as it is and as it will be.

use rolecall_chain::{LinkState, Traced, Verdict};
use rolecall_report::{Ink, Style, chain_line, clean_lines, columns, visible};

use super::counted;
use super::page::Page;
use crate::plan::{LinkOfPlan, Plan, PoolOfPlan};

/// How many pools are drawn before the rest is only counted.
const DRAWN: usize = 12;

pub(super) fn write(page: &mut Page, plan: &Plan) {
    if plan.pools.is_empty() {
        return;
    }
    page.heading("The chains, before and after");
    for pool in plan.pools.iter().take(DRAWN) {
        write_pool(page, pool);
    }
    if let Some(more) = plan.pools.len().checked_sub(DRAWN).filter(|more| *more > 0) {
        let words = format!("and {} more; --format json has all", counted(more, "pool"));
        page.wrapped("  ", Ink::Faint, &words);
    }
}

fn write_pool(page: &mut Page, pool: &PoolOfPlan) {
    let style = page.style;
    page.line(&format!(
        "  {}",
        style.paint(Ink::Strong, &visible(&pool.pool))
    ));
    for (label, links) in [("before", &pool.before), ("after ", &pool.after)] {
        let lead = format!("    {label}  ");
        let room = style.columns().saturating_sub(columns(&lead));
        let drawn = match links.is_empty() {
            true if label == "before" => style.paint(Ink::Faint, "not there yet"),
            true => style.paint(Ink::Faint, "taken away"),
            false => chain_line(&states(links), style, room),
        };
        page.line(&format!("{}{drawn}", style.paint(Ink::Faint, &lead)));
    }
    let broken = pool.after.iter().find(|link| link.verdict == "fail");
    if let Some(link) = broken {
        let was_broken = pool.before.iter().any(|link| link.verdict == "fail");
        let still = if was_broken { "still broken" } else { "broken" };
        let words = format!("{still} at {}: {}", link.link, link.detail);
        page.wrapped("            ", Ink::Bad, &words);
    }
}

fn states(links: &[LinkOfPlan]) -> Vec<LinkState> {
    links.iter().filter_map(LinkOfPlan::state).collect()
}

/// The chains of some pools as they are now, one line each; `pools` are kinds and names, such as
/// `NodePool web`.
#[must_use]
pub fn chain_lines(traced: &Traced, pools: &[String], style: Style) -> String {
    let mut page = Page::new(style);
    let chains = traced.chains.iter();
    let shown: Vec<_> = chains
        .filter(|chain| pools.contains(&chain.pool.to_string()))
        .collect();
    let names: Vec<String> = shown
        .iter()
        .map(|chain| visible(&chain.pool.to_string()).into_owned())
        .collect();
    let widest = names
        .iter()
        .map(|name| columns(name))
        .max()
        .unwrap_or_default();
    for (chain, name) in shown.into_iter().zip(names) {
        let fill = " ".repeat(widest - columns(&name));
        let room = style.columns().saturating_sub(widest + 4);
        let drawn = chain_line(&chain.links, style, room);
        let name = style.paint(Ink::Strong, &name);
        page.line(&format!("  {name}{fill}  {drawn}"));
        let broken = chain
            .links
            .iter()
            .find(|state| state.verdict == Verdict::Fail);
        if let Some(state) = broken {
            let lead = " ".repeat(widest + 4);
            page.wrapped(
                &lead,
                Ink::Bad,
                &format!("{}: {}", state.link, state.detail),
            );
        }
    }
    clean_lines(&page.text)
}
