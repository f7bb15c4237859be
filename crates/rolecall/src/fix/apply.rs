use std::ops::Range;

use rolecall_chain::Edit;

use super::{Refusal, Refused};

/// What edits made of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The text with the edits made.
    pub text: String,
    /// How many were made.
    pub made: usize,
    /// Those that were not.
    pub refused: Vec<Refused>,
}

/// Makes edits in a text; all else, byte order mark and line endings too, stays as it is.
///
/// Pure, and idempotent: the second time the expected text no longer stands there.
#[must_use]
pub fn apply(text: &str, edits: &[Edit]) -> Applied {
    let mut located = Vec::new();
    let mut refused = Vec::new();
    for edit in edits {
        match locate(text, edit) {
            Ok(range) => located.push((range, edit)),
            Err(why) => refused.push(Refused {
                place: edit.place.clone(),
                why,
            }),
        }
    }
    located.sort_by_key(|(range, _)| (range.start, range.end));
    // Several findings may ask for one edit, such as those of two pools that share a class.
    located.dedup_by(|(left, a), (right, b)| left == right && a.replacement == b.replacement);

    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    let mut made = 0;
    for (range, edit) in located {
        if range.start < copied {
            refused.push(Refused {
                place: edit.place.clone(),
                why: Refusal::Overlap,
            });
            continue;
        }
        out.push_str(text.get(copied..range.start).unwrap_or_default());
        out.push_str(&edit.replacement);
        copied = range.end;
        made += 1;
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Applied {
        text: out,
        made,
        refused,
    }
}

/// The bytes that the replacement takes the place of, without the quotes around them.
fn locate(text: &str, edit: &Edit) -> Result<Range<usize>, Refusal> {
    let other_text = || Refusal::OtherText {
        expected: edit.expected.clone(),
    };
    let start = offset(text, edit.place.line, edit.place.column).ok_or_else(other_text)?;
    let rest = text.get(start..).unwrap_or_default();
    let line = rest.split(['\n', '\r']).next().unwrap_or_default();
    let quote = line
        .chars()
        .next()
        .filter(|first| matches!(first, '"' | '\''));
    let inner_start = quote.map_or(0, char::len_utf8);
    let inner = line.get(inner_start..).unwrap_or_default();
    if edit.expected.is_empty() || !inner.starts_with(&edit.expected) {
        return Err(other_text());
    }
    let inner_end = inner_start + edit.expected.len();
    let after = line.get(inner_end..).unwrap_or_default();
    match quote {
        Some(quote) if !after.starts_with(quote) => return Err(other_text()),
        Some(quote) => {
            if edit.replacement.contains([quote, '\\', '\n']) {
                return Err(needs_quotes(edit));
            }
        }
        None => {
            // The length tells whether the whole word was meant; without it, the word must end here.
            let whole = usize::try_from(edit.place.length)
                .is_ok_and(|length| length == edit.expected.chars().count());
            let ends = after.chars().next().is_none_or(|next| !is_word(next));
            if !whole && !ends {
                return Err(other_text());
            }
            if !edit.replacement.chars().all(is_word) || edit.replacement.is_empty() {
                return Err(needs_quotes(edit));
            }
        }
    }
    Ok(start + inner_start..start + inner_end)
}

fn needs_quotes(edit: &Edit) -> Refusal {
    Refusal::NeedsQuotes {
        replacement: edit.replacement.clone(),
    }
}

/// Whether a character may stand in an unquoted YAML word; what names, paths and ARNs are made of.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || "_+=.@-/:".contains(c)
}

/// The byte offset of a line and column, both from 1, the column in characters.
fn offset(text: &str, line: u32, column: u32) -> Option<usize> {
    let bom = if text.starts_with('\u{feff}') {
        '\u{feff}'.len_utf8()
    } else {
        0
    };
    let mut start = bom;
    for _ in 1..line {
        start += text.get(start..)?.find('\n')? + 1;
    }
    let in_line = text.get(start..)?.split('\n').next()?;
    let characters = usize::try_from(column.checked_sub(1)?).ok()?;
    let ends = std::iter::once(in_line.len());
    let columns = in_line.char_indices().map(|(index, _)| index).chain(ends);
    columns
        .into_iter()
        .nth(characters)
        .map(|index| start + index)
}
