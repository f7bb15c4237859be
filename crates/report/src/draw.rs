//! Parts of the text report, for texts that other crates write: a plan draws its chains as the report does.

use rolecall_chain::LinkState;

use crate::Style;
use crate::paint::Ink;
use crate::text::beads::{Naming, beads, width};

/// A chain as beads on one line, with as many links named as fit into `room` columns. Where even the
/// shortest form does not fit, the line is longer than asked.
#[must_use]
pub fn chain_line(links: &[LinkState], style: Style, room: usize) -> String {
    let naming = [Naming::All, Naming::Landmarks]
        .into_iter()
        .find(|naming| width(&beads(links, *naming, style)) <= room)
        .unwrap_or(Naming::Breaks);
    beads(links, naming, style)
        .into_iter()
        .fold(String::new(), |line, bead| {
            line + &style.paint(Ink::Faint, bead.joint) + &style.paint(bead.ink, &bead.text)
        })
}
