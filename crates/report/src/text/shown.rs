//! What the cluster shows of a pool, in one line below its chain.

use rolecall_chain::{Chain, Observed};

use super::Page;
use crate::paint::Ink;
use crate::visible::visible;

pub(super) fn write(page: &mut Page, chain: &Chain, indent: &str) {
    let observed = &chain.observed;
    if observed.is_empty() {
        return;
    }
    let mut words = Vec::new();
    if let Some((ink, text)) = readiness(observed) {
        words.push(page.style.paint(ink, &text));
    }
    words.push(nodes(observed));
    let lead = page.style.paint(Ink::Faint, "in the cluster:");
    page.line(&format!("{indent}{lead} {}", words.join(", ")));
}

/// The pool's own `Ready`; where it has none, the class's.
fn readiness(observed: &Observed) -> Option<(Ink, String)> {
    let object = observed.objects.last()?;
    let ready = object.conditions.iter().find(|known| known.kind == "Ready");
    Some(match ready.map(|known| known.status.as_str()) {
        Some("True") => (Ink::Good, "Ready".to_owned()),
        Some("False") => (Ink::Bad, "not Ready".to_owned()),
        Some(other) => (Ink::Unsure, format!("Ready={}", visible(other))),
        None => (Ink::Unsure, "Ready is not said".to_owned()),
    })
}

fn nodes(observed: &Observed) -> String {
    let ready = observed.nodes.iter().filter(|node| node.ready).count();
    match observed.nodes.as_slice() {
        [] => "no nodes".to_owned(),
        [node] if node.ready => format!("node {} is Ready", visible(&node.name)),
        [node] => format!("node {} is not Ready", visible(&node.name)),
        nodes => format!("{ready} of {} nodes are Ready", nodes.len()),
    }
}
