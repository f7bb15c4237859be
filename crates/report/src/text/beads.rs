//! A chain as beads on a line.

use rolecall_chain::{LinkState, Verdict};

use crate::Style;
use crate::paint::Ink;
use crate::wrap::columns;

/// How much of a chain is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    /// Every link.
    All,
    /// The first, the last, what does not hold, and the link before it.
    Landmarks,
    /// What does not hold; where all hold, the last.
    Breaks,
}

/// One bead of a drawn chain: the link before it, its mark, its name where shown.
pub(crate) struct Bead {
    pub(crate) joint: &'static str,
    pub(crate) text: String,
    pub(crate) ink: Ink,
}

/// The columns that the beads take.
pub(crate) fn width(beads: &[Bead]) -> usize {
    beads
        .iter()
        .map(|bead| columns(bead.joint) + columns(&bead.text))
        .sum()
}

/// The beads of a chain. After a break, what could not be told is only a dot: it was not reached.
pub(crate) fn beads(links: &[LinkState], naming: Naming, style: Style) -> Vec<Bead> {
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
        // Of links in a row that could not be told, the first is named: the others follow from it.
        let follows = index
            .checked_sub(1)
            .and_then(|before| links.get(before))
            .is_some_and(|before| before.verdict == Verdict::Unknown)
            && state.verdict == Verdict::Unknown;
        let breaks = breaks && !follows;
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
