//! Why a chain does not hold, below its beads.

use rolecall_chain::{Chain, Link, LinkState, Verdict};

use super::Page;
use super::chains::Explained;
use crate::paint::Ink;
use crate::visible::visible;
use crate::wrap::{columns, wrap};

/// How many reasons are told. The first are the ones to look at; the rest mostly follows from them.
const TOLD: usize = 3;

/// How wide a reason must at least be to stand below its own mark.
const ROOM: usize = 44;

/// Links with one reason.
struct Reason<'a> {
    index: usize,
    links: Vec<Link>,
    verdict: Verdict,
    detail: &'a str,
}

/// Writes the reasons; `marks` are the columns of the beads, `start` that of the first.
pub(super) fn write(
    page: &mut Page,
    chain: &Chain,
    marks: &[usize],
    start: usize,
    explained: &Explained<'_>,
) {
    let style = page.style;
    let (reasons, more) = reasons(&chain.links);
    let lines = reasons.len() + usize::from(more > 0);
    for (nth, reason) in reasons.iter().enumerate() {
        let mark = marks.get(reason.index).copied();
        let alone = lines == 1 && reason.links.len() == 1;
        let below = mark.filter(|mark| alone && mark + ROOM <= style.columns());
        let mut words = String::new();
        if below.is_none() {
            let names: Vec<&str> = reason.links.iter().map(|link| link.as_str()).collect();
            words = format!("{}: ", names.join(", "));
        }
        let mut links = reason.links.iter();
        let finding = links.find_map(|link| explained.get(&(&chain.pool, *link)));
        match finding.map(|finding| (finding.rule, finding.message == reason.detail)) {
            // The finding's own block says the same in the same words.
            Some((rule, true)) => words += &format!("{} {}", rule.code, rule.name),
            Some((rule, false)) => words += &format!("{} [{}]", visible(reason.detail), rule.code),
            None => words += &visible(reason.detail),
        }
        write_one(
            page,
            below.unwrap_or(start),
            nth + 1 == lines,
            reason.verdict,
            &words,
        );
    }
    if more > 0 {
        let words = format!("and {more} more that cannot be told");
        write_one(page, start, true, Verdict::Unknown, &words);
    }
}

fn write_one(page: &mut Page, at: usize, last: bool, verdict: Verdict, words: &str) {
    let style = page.style;
    let hook = if last {
        style.glyph("╰ ", "`- ")
    } else {
        style.glyph("├ ", "|- ")
    };
    let side = if last {
        " ".repeat(columns(hook))
    } else {
        style.glyph("│ ", "|  ").to_owned()
    };
    let room = style.columns().saturating_sub(at + columns(hook)).max(20);
    for (nth, line) in wrap(words, room).iter().enumerate() {
        let lead = style.paint(Ink::Faint, if nth == 0 { hook } else { &side });
        let line = style.paint(Ink::of_verdict(verdict), line);
        page.line(&format!("{}{lead}{line}", " ".repeat(at)));
    }
}

/// The reasons up to the first break, that of the break always among them, and how many links that
/// could not be told are left out.
fn reasons(links: &[LinkState]) -> (Vec<Reason<'_>>, usize) {
    let broken = links
        .iter()
        .position(|state| state.verdict == Verdict::Fail);
    let upto = broken.map_or(links.len(), |at| at + 1);
    let mut reasons: Vec<Reason<'_>> = Vec::new();
    for (index, state) in links.iter().enumerate().take(upto) {
        if state.verdict == Verdict::Pass {
            continue;
        }
        let same = |reason: &&mut Reason<'_>| {
            reason.verdict == state.verdict && reason.detail == state.detail
        };
        if let Some(reason) = reasons.iter_mut().find(same) {
            reason.links.push(state.link);
        } else {
            reasons.push(Reason {
                index,
                links: vec![state.link],
                verdict: state.verdict,
                detail: &state.detail,
            });
        }
    }
    let unsure = reasons
        .iter()
        .filter(|reason| reason.verdict == Verdict::Unknown)
        .count();
    let room = TOLD - usize::from(broken.is_some());
    let mut more = 0;
    if unsure > room {
        let mut told = 0;
        reasons.retain(|reason| {
            told += usize::from(reason.verdict == Verdict::Unknown);
            let keep = reason.verdict != Verdict::Unknown || told <= room;
            more += if keep { 0 } else { reason.links.len() };
            keep
        });
    }
    (reasons, more)
}
