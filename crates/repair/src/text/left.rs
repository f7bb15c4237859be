//! What the plan leaves, and what to type to have it mended.

use rolecall_report::Ink;

use super::page::Page;
use crate::plan::{Left, Plan, WhyLeft};

pub(super) fn write(page: &mut Page, plan: &Plan) {
    if plan.left.is_empty() {
        return;
    }
    page.heading(match plan.is_empty() {
        true => "What is found",
        false => "Not in this plan",
    });
    for left in &plan.left {
        write_one(page, &plan.cluster, left);
    }
}

fn write_one(page: &mut Page, cluster: &str, left: &Left) {
    let finding = &left.finding;
    let ink = if left.is_error { Ink::Bad } else { Ink::Unsure };
    let code = page.style.paint(ink, &finding.rule);
    page.after(
        &format!("  {code} "),
        finding.rule.len() + 3,
        Ink::Plain,
        &format!("{}: {}", finding.name, left.message),
    );
    const INDENT: &str = "    ";
    let command = |rest: &str| format!("rolecall repair {cluster} {rest}");
    match &left.why {
        WhyLeft::ToBeNamed {
            action,
            safety,
            because,
        } => {
            let why = because.as_deref().unwrap_or(safety.in_words());
            let why = why.trim_end_matches(": you chose it");
            page.wrapped(
                INDENT,
                Ink::Faint,
                &format!("{action} ({why}). To have it done:"),
            );
            page.command("      ", &command(&format!("--only {}", finding.rule)));
        }
        WhyLeft::ToBeChosen { alternatives } => {
            page.wrapped(INDENT, Ink::Faint, "There are several ways; choose one:");
            for alternative in alternatives {
                page.command("      ", &command(&format!("--use {}", alternative.name)));
                page.wrapped("        ", Ink::Faint, &alternative.action);
            }
        }
        WhyLeft::Person { action } => {
            let action = match action {
                Some(action) => format!("By hand: {action}."),
                None => "A person must mend it.".to_owned(),
            };
            page.wrapped(INDENT, Ink::Faint, &action);
            page.command("      ", &format!("rolecall explain {}", finding.rule));
        }
        WhyLeft::WouldNotMend { action, because } => {
            let words = format!("{action}: would not mend it. {}", sentence(because));
            page.wrapped(INDENT, Ink::Faint, &words);
        }
        WhyLeft::Refused { action, because } => {
            let words = format!("{action}: refused. {}", sentence(because));
            page.wrapped(INDENT, Ink::Faint, &words);
        }
    }
}

/// The text with a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string());
    let text = format!("{}{}", first.unwrap_or_default(), letters.as_str());
    match text.ends_with(['.', '!', '?']) {
        true => text,
        false => format!("{text}."),
    }
}
