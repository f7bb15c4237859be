//! Text from files as Markdown: nothing in it may become a heading, a link, a mention or HTML.

use std::fmt::Write as _;

use crate::visible::{visible, visible_block};

/// A text on one line. What stands between backticks stays code; everything else is literal.
pub(super) fn inline(text: &str) -> String {
    let text = visible(text);
    let parts: Vec<&str> = text.split('`').collect();
    let paired = parts.len() % 2 == 1;
    let mut out = String::new();
    for (nth, part) in parts.iter().enumerate() {
        if nth % 2 == 1 && paired && !part.trim().is_empty() {
            out += &code(part);
        } else {
            if nth > 0
                && !(paired
                    && nth % 2 == 0
                    && parts.get(nth - 1).is_some_and(|p| !p.trim().is_empty()))
            {
                out.push_str("\\`");
            }
            out += &literal(part);
        }
    }
    out
}

fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // A zero-width space after these keeps people and issues from being mentioned.
            '@' | '#' => {
                out.push(c);
                out.push('\u{200b}');
            }
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '|' | '~' | '!' | '$' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

/// A text as inline code in a table. A bar would end the cell even in code, so a look-alike is
/// written.
pub(super) fn cell_code(text: &str) -> String {
    code(&text.replace('|', "∣"))
}

/// A text as inline code, whatever backticks it holds.
pub(super) fn code(text: &str) -> String {
    let text = visible(text);
    let fence = "`".repeat(longest_run(&text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A text as a block of code.
pub(super) fn block(out: &mut String, language: &str, text: &str) {
    let text = visible_block(text.trim_end());
    let fence = "`".repeat((longest_run(&text) + 1).max(3));
    let _ = writeln!(out, "{fence}{language}");
    for line in text.lines() {
        out.push_str(line.trim_end());
        out.push('\n');
    }
    let _ = writeln!(out, "{fence}\n");
}

/// A text inside HTML, where Markdown means nothing.
pub(super) fn html(text: &str) -> String {
    let text = visible(text);
    let mut out = String::with_capacity(text.len());
    let mut in_code = false;
    let paired = text.matches('`').count().is_multiple_of(2);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '@' | '#' if !in_code => {
                out.push(c);
                out.push('\u{200b}');
            }
            '`' if paired => {
                out.push_str(if in_code { "</code>" } else { "<code>" });
                in_code = !in_code;
            }
            _ => out.push(c),
        }
    }
    out
}

fn longest_run(text: &str) -> usize {
    let runs = text.split(|c| c != '`').map(str::len);
    runs.max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_between_backticks_stays_and_the_rest_is_literal() {
        assert_eq!(
            inline("the role `a|b` of *web* <b>"),
            "the role `a|b` of \\*web\\* &lt;b&gt;"
        );
        assert_eq!(inline("an odd ` one"), "an odd \\` one");
        assert_eq!(inline("``"), "\\`\\`");
    }

    #[test]
    fn nobody_is_mentioned_and_nothing_is_linked() {
        assert_eq!(
            inline("@team [x](http://y) #1"),
            "@\u{200b}team \\[x\\](http://y) #\u{200b}1"
        );
        assert_eq!(
            html("<img src=x onerror=y> `@a` @b"),
            "&lt;img src=x onerror=y&gt; <code>@a</code> @\u{200b}b"
        );
    }

    #[test]
    fn a_fence_is_longer_than_any_in_the_text() {
        let mut out = String::new();
        block(&mut out, "text", "a\n````\n<b>");
        assert_eq!(out, "`````text\na\n````\n<b>\n`````\n\n");
        assert_eq!(code("a``b`"), "``` a``b` ```");
    }
}
