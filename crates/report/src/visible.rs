//! Makes text from files harmless to a terminal.
//!
//! A role name may hold an escape sequence, a file name a line break. Each such character is
//! replaced by one that can be seen, one for one, so that columns stay right.

use std::borrow::Cow;

/// The text on one line, every control character visible.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    replace(text, |c| match c {
        '\n' | '\t' | '\r' => Some(' '),
        _ => stand_in(c),
    })
}

/// The text with its line breaks, every other control character visible.
pub(crate) fn visible_block(text: &str) -> Cow<'_, str> {
    replace(text, |c| match c {
        '\n' | '\t' => None,
        _ => stand_in(c),
    })
}

fn replace(text: &str, with: impl Fn(char) -> Option<char>) -> Cow<'_, str> {
    if text.chars().any(|c| with(c).is_some()) {
        Cow::Owned(text.chars().map(|c| with(c).unwrap_or(c)).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// What stands in for a character that would move the cursor, change colours or reorder text.
fn stand_in(c: char) -> Option<char> {
    match c {
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)),
        '\u{7f}' => Some('\u{2421}'),
        '\u{80}'..='\u{9f}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'
        | '\u{2029}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}' => Some('\u{fffd}'),
        _ => None,
    }
}

/// Ends lines cleanly: no trailing spaces, and nothing that a CI runner would take for a command.
///
/// GitHub's runner obeys a line whose first characters after spaces are `::`, and Azure's and the
/// runner's older form obey `##[` anywhere; a file name must not be able to write either.
#[must_use]
pub fn clean_lines(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for line in text.lines() {
        let line = line.trim_end();
        let start = line.trim_start();
        let indent = line.len() - start.len();
        if let Some(rest) = start.strip_prefix("::") {
            clean.extend(line.chars().take(indent));
            clean.push_str(": :");
            clean.push_str(&unbracketed(rest));
        } else {
            clean.push_str(&unbracketed(line));
        }
        clean.push('\n');
    }
    clean
}

/// Breaks the older form of CI commands, wherever it stands.
pub(crate) fn unbracketed(line: &str) -> Cow<'_, str> {
    if line.contains("##[") {
        Cow::Owned(line.replace("##[", "## ["))
    } else {
        Cow::Borrowed(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_line_breaks_are_seen_and_not_obeyed() {
        assert_eq!(
            visible("a\u{1b}[31mb\r\nc\u{202e}d\u{9b}e"),
            "a␛[31mb  c\u{fffd}d\u{fffd}e"
        );
        assert_eq!(visible("plain ünïcode 名前"), "plain ünïcode 名前");
    }

    #[test]
    fn no_line_can_be_a_runner_command() {
        assert_eq!(
            clean_lines("::error::x\n  ::stop-commands::y  \na::b\nx ##[group]\n"),
            ": :error::x\n  : :stop-commands::y\na::b\nx ## [group]\n"
        );
    }
}
