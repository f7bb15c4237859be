//! One step: what it does, for whom, the difference of facts and the calls.

use std::collections::BTreeMap;

use rolecall_report::{Ink, visible};

use super::call;
use super::page::Page;
use crate::plan::{Cost, Difference, Mended, Step};

/// How many pools are named before the rest is only counted.
const NAMED: usize = 4;

pub(super) fn write(page: &mut Page, number: usize, step: &Step) {
    page.gap();
    let style = page.style;
    let lead = style.paint(Ink::Strong, &format!("{number}."));
    let indent = " ".repeat(number.to_string().len() + 2);
    let action = format!("{} ({})", step.action, step.safety.in_words());
    let ink = match step.safety {
        Cost::Safe => Ink::Plain,
        Cost::Disruptive | Cost::ByHand => Ink::Unsure,
    };
    page.after(&format!("{lead} "), indent.len(), ink, &action);
    let verb = if step.stands_in {
        "goes around"
    } else {
        "mends"
    };
    for line in mends(&step.mends) {
        page.wrapped(&format!("{indent}{verb} "), Ink::Faint, &line);
    }
    page.gap();
    let mut about = None;
    for call in &step.calls {
        for (nth, line) in call.difference.iter().enumerate() {
            let (Difference::Added(text) | Difference::Removed(text) | Difference::Kept(text)) =
                line;
            if nth == 0 {
                let is_told = about.replace(text) == Some(text);
                if is_told && matches!(line, Difference::Kept(_)) {
                    continue;
                }
            }
            difference(page, &indent, line);
        }
    }
    page.gap();
    for planned in &step.calls {
        call::write(page, &indent, planned);
    }
    for planned in &step.calls {
        if let Some(why) = &planned.no_way_back {
            page.wrapped(
                &format!("{indent}! "),
                Ink::Unsure,
                &format!("{} cannot be taken back: {why}", planned.action),
            );
        }
    }
}

/// The rules that a step mends, each with its pools.
fn mends(mended: &[Mended]) -> Vec<String> {
    let mut by_rule: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for finding in mended {
        let pools = by_rule.entry((&finding.rule, &finding.name)).or_default();
        for pool in &finding.pools {
            if !pools.contains(&pool.as_str()) {
                pools.push(pool);
            }
        }
    }
    let line = |((code, name), pools): ((&str, &str), Vec<&str>)| {
        let mut named = pools
            .iter()
            .take(NAMED)
            .copied()
            .collect::<Vec<_>>()
            .join(", ");
        if pools.len() > NAMED {
            named += &format!(" and {} more", pools.len() - NAMED);
        }
        format!("{code} {name} of {named}")
    };
    by_rule.into_iter().map(line).collect()
}

fn difference(page: &mut Page, indent: &str, line: &Difference) {
    let (mark, ink, text) = match line {
        Difference::Added(text) => ("+", Ink::Good, text),
        Difference::Removed(text) => (page.style.glyph("−", "-"), Ink::Bad, text),
        Difference::Kept(text) => (" ", Ink::Plain, text),
    };
    // An ARN is to be copied whole, so these lines are never broken.
    let painted = page.style.paint(ink, &format!("{mark} {}", visible(text)));
    page.line(&format!("{indent}{painted}"));
}
