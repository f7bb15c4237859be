//! A plan for a person: what is done, why, and what comes of it.

mod call;
mod chains;
mod left;
mod page;
mod step;

use rolecall_report::{Ink, Style, clean_lines};

use crate::plan::Plan;
use page::Page;

pub use chains::chain_lines;

impl Plan {
    /// The plan as a text for a person.
    #[must_use]
    pub fn to_text(&self, style: Style) -> String {
        let mut page = Page::new(style);
        self.heading(&mut page);
        for (index, step) in self.steps.iter().enumerate() {
            step::write(&mut page, index + 1, step);
        }
        chains::write(&mut page, self);
        left::write(&mut page, self);
        clean_lines(&page.text)
    }

    fn heading(&self, page: &mut Page) {
        if let Some(undoes) = &self.undoes {
            let words = match self.is_empty() {
                true => format!(
                    "Nothing to take back of plan {} in {}",
                    undoes.plan,
                    self.place()
                ),
                false => format!("Undo of plan {} in {}", undoes.plan, self.place()),
            };
            page.wrapped("", Ink::Strong, &words);
            if !undoes.kept.is_empty() {
                page.line("Not taken back:");
            }
            for kept in &undoes.kept {
                page.wrapped("  - ", Ink::Unsure, kept);
            }
            return;
        }
        if self.is_empty() {
            let words = match self.left.is_empty() {
                true => "Nothing to mend in",
                false => "Nothing can be mended as asked in",
            };
            page.wrapped("", Ink::Strong, &format!("{words} {}", self.place()));
            return;
        }
        let calls = self.calls().count();
        let legacy = match self.control_plane.as_str() {
            "legacy" => ", under the legacy control plane",
            _ => "",
        };
        page.wrapped(
            "",
            Ink::Strong,
            &format!("Plan {} for {}{legacy}", self.id, self.place()),
        );
        let words = format!(
            "{}, {}: {}",
            counted(self.steps.len(), "step"),
            counted(calls, "call"),
            self.outcome(),
        );
        page.wrapped("", Ink::Plain, &words);
    }

    /// What becomes of the pools, in words.
    fn outcome(&self) -> String {
        let holds = |links: &[crate::LinkOfPlan]| {
            !links.is_empty() && links.iter().all(|link| link.verdict != "fail")
        };
        let mended = self
            .pools
            .iter()
            .filter(|pool| holds(&pool.after) && !holds(&pool.before))
            .count();
        let broken = self.pools.iter().filter(|pool| !holds(&pool.after)).count();
        match (mended, broken) {
            (0, 0) => "nothing is broken today, and what would break is mended".to_owned(),
            (mended, 0) => format!("{} will be whole", counted(mended, "pool")),
            (0, broken) => format!("{} will still be broken", counted(broken, "pool")),
            (mended, broken) => format!(
                "{} will be whole, {broken} will still be broken",
                counted(mended, "pool")
            ),
        }
    }
}

/// A number with its noun, such as `2 steps`.
pub(crate) fn counted(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}
