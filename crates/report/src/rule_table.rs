use rolecall_chain::Rule;

use crate::Style;
use crate::paint::Ink;
use crate::wrap::{columns, padded};

/// The rules as the table that `rolecall rules` prints, in the order given.
#[must_use]
pub fn rule_table(rules: &[&Rule], style: Style) -> String {
    let width = |of: fn(&Rule) -> &str, title: &str| {
        let widest = rules.iter().map(|rule| columns(of(rule))).max();
        widest.unwrap_or_default().max(columns(title))
    };
    let code = width(|rule| rule.code, "CODE");
    let name = width(|rule| rule.name, "NAME");
    let severity = width(|rule| rule.severity.as_str(), "SEVERITY");
    let title = format!(
        "{}  {}  {}  LINK",
        padded("CODE", code),
        padded("NAME", name),
        padded("SEVERITY", severity)
    );
    let mut out = style.paint(Ink::Strong, &title) + "\n";
    for rule in rules {
        let word = rule.severity.as_str();
        let fill = " ".repeat(severity.saturating_sub(columns(word)));
        out += &format!(
            "{}  {}  {}{fill}  {}\n",
            padded(rule.code, code),
            padded(rule.name, name),
            style.paint(Ink::of_severity(rule.severity), word),
            rule.link
        );
    }
    out
}
