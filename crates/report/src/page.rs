//! A rule's page for a terminal.
//!
//! The pages use little of Markdown: headings, paragraphs, lists, fenced code, tables, `code` and
//! **strong** words. What else there is stays as it is written.

use rolecall_chain::Rule;

use crate::Style;
use crate::paint::Ink;
use crate::wrap::{columns, wrap};

/// The widest a paragraph gets: longer lines are hard to read.
const READABLE: usize = 100;

/// The rule's page as `rolecall explain` prints it.
#[must_use]
pub fn page_for_terminal(rule: &Rule, style: Style) -> String {
    let mut page = TerminalPage {
        out: String::new(),
        style,
        paragraph: Paragraph::default(),
    };
    let code = style.paint(Ink::of_severity(rule.severity), rule.code);
    let about = style.paint(
        Ink::Faint,
        &format!("{}, link {}", rule.severity, rule.link),
    );
    page.out = format!("{code} {}  {about}\n", style.paint(Ink::Strong, rule.name));
    let text = rule.page();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(info) = line.trim_start().strip_prefix("```") {
            let code = lines.by_ref().take_while(|line| line.trim() != "```");
            page.code(info, code);
        } else {
            page.take(line);
        }
    }
    page.flush();
    page.out.truncate(page.out.trim_end().len());
    page.out.push('\n');
    page.out
}

#[derive(Default)]
struct Paragraph {
    /// What its first line begins with, such as a bullet.
    lead: String,
    text: String,
}

struct TerminalPage {
    out: String,
    style: Style,
    paragraph: Paragraph,
}

impl TerminalPage {
    fn take(&mut self, line: &str) {
        let text = line.trim();
        if text.is_empty() {
            self.flush();
            self.gap();
        } else if let Some(heading) = heading(text) {
            self.flush();
            self.gap();
            self.out += &self.style.paint(Ink::Strong, &heading.to_uppercase());
            self.out.push('\n');
        } else if text.starts_with('|') {
            self.flush();
            self.out += &format!("  {text}\n");
        } else if let Some((lead, rest)) = item(text) {
            self.flush();
            let bullet = if lead == "-" {
                self.style.glyph("•", "-")
            } else {
                lead
            };
            self.paragraph = Paragraph {
                lead: format!("{bullet} "),
                text: rest.to_owned(),
            };
        } else {
            if !self.paragraph.text.is_empty() {
                self.paragraph.text.push(' ');
            }
            self.paragraph.text += text;
        }
    }

    fn code<'l>(&mut self, info: &str, lines: impl Iterator<Item = &'l str>) {
        self.flush();
        self.gap();
        // The information string is the language and, for files of an example, their name.
        if let Some(name) = info.split_whitespace().nth(1) {
            self.out += &self.style.paint(Ink::Faint, &format!("    # {name}"));
            self.out.push('\n');
        }
        for line in lines {
            let line = self.style.paint(Ink::Code, line);
            self.out += format!("    {line}").trim_end();
            self.out.push('\n');
        }
        self.gap();
    }

    /// Writes the paragraph that was gathered.
    fn flush(&mut self) {
        let Paragraph { lead, text } = std::mem::take(&mut self.paragraph);
        if text.is_empty() {
            return;
        }
        let indent = 2 + columns(&lead);
        let room = self
            .style
            .columns()
            .min(READABLE)
            .saturating_sub(indent)
            .max(20);
        let mut inline = Inline::default();
        for (nth, line) in wrap(&text, room).iter().enumerate() {
            if nth == 0 {
                self.out += &format!("  {lead}");
            } else {
                self.out += &" ".repeat(indent);
            }
            self.out += &inline.paint(line, self.style);
            self.out.push('\n');
        }
    }

    fn gap(&mut self) {
        if !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }
}

/// Where a line of a wrapped paragraph begins: inside code or strong words, or outside.
#[derive(Default)]
struct Inline {
    code: bool,
    strong: bool,
}

impl Inline {
    /// Paints code and strong words. Without colours the backticks stay, as they tell what to type.
    fn paint(&mut self, line: &str, style: Style) -> String {
        let mut out = String::new();
        for (nth, part) in line.split('`').enumerate() {
            if nth > 0 {
                self.code = !self.code;
                if !style.color {
                    out.push('`');
                }
            }
            if self.code {
                out += &style.paint(Ink::Code, part);
                continue;
            }
            for (nth, part) in part.split("**").enumerate() {
                self.strong ^= nth > 0;
                out += &style.paint(if self.strong { Ink::Strong } else { Ink::Plain }, part);
            }
        }
        out
    }
}

fn heading(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches('#');
    (rest.len() < text.len())
        .then(|| rest.strip_prefix(' '))
        .flatten()
}

/// A list item's mark and its text.
fn item(text: &str) -> Option<(&str, &str)> {
    let (lead, rest) = text.split_once(' ')?;
    let numbered = lead
        .strip_suffix('.')
        .is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()) && !n.is_empty());
    match lead {
        "-" | "*" => Some(("-", rest)),
        _ if numbered => Some((lead, rest)),
        _ => None,
    }
}
