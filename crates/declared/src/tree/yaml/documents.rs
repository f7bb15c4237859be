//! Cutting a YAML stream into documents before any of them is parsed.

use memchr::{memchr, memmem};

/// One document's text, beginning at its `---` where it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Document<'a> {
    pub(crate) text: &'a str,
    /// How many lines stand before it in the file.
    pub(crate) lines_before: u32,
}

/// The documents of a stream.
///
/// A line that begins with `---` or `...`, followed by white space or nothing, ends a document
/// wherever it stands, even inside a block or quoted scalar (YAML 1.2.2, section 9.1.2 and the
/// production `c-forbidden`), so the cut needs no parser. Hence a broken document loses only itself,
/// and one of no interest is never parsed.
pub(crate) fn documents(text: &str) -> impl Iterator<Item = Document<'_>> {
    let mut rest = Some(text);
    let mut lines = 0;
    std::iter::from_fn(move || {
        let text = rest?;
        let end = end_of_first(text);
        let document = Document {
            text: text.get(..end)?,
            lines_before: lines,
        };
        rest = text.get(end..).filter(|rest| !rest.is_empty());
        if rest.is_some() {
            lines += line_breaks(document.text);
        }
        Some(document)
    })
}

fn line_breaks(text: &str) -> u32 {
    u32::try_from(memchr::memchr_iter(b'\n', text.as_bytes()).count()).unwrap_or(u32::MAX)
}

/// Where the first document of the text ends, in bytes. Directives belong to the `---` after them.
fn end_of_first(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut from = 0;
    let mut only_directives = !is_marker(bytes, 0, b"---");
    while let Some(line) = next_marker_line(bytes, from) {
        if is_marker(bytes, line, b"...") {
            // The end marker belongs to the document it ends.
            return memchr(b'\n', bytes.get(line..).unwrap_or_default())
                .map_or(bytes.len(), |end| line + end + 1);
        }
        let before = text.get(..line).unwrap_or_default();
        if only_directives && has_directive_and_no_content(before) {
            only_directives = false;
            from = line + 3;
            continue;
        }
        return line;
    }
    bytes.len()
}

/// The next line after `from` that begins with a document marker.
fn next_marker_line(bytes: &[u8], from: usize) -> Option<usize> {
    let start = bytes.get(from..)?;
    let of = |marker: &[u8], needle: &[u8]| {
        memmem::find_iter(start, needle)
            .map(|at| from + at + 1)
            .find(|line| is_marker(bytes, *line, marker))
    };
    match (of(b"---", b"\n---"), of(b"...", b"\n...")) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

fn is_marker(bytes: &[u8], line: usize, marker: &[u8]) -> bool {
    bytes.get(line..).is_some_and(|rest| {
        rest.starts_with(marker)
            && rest
                .get(marker.len())
                .is_none_or(|byte| byte.is_ascii_whitespace())
    })
}

fn has_directive_and_no_content(text: &str) -> bool {
    let mut directive = false;
    for line in text.lines() {
        if line.starts_with('%') {
            directive = true;
        } else if !line.trim_start().starts_with('#') && !line.trim().is_empty() {
            return false;
        }
    }
    directive
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<(u32, &str)> {
        documents(text)
            .map(|document| (document.lines_before, document.text))
            .collect()
    }

    #[test]
    fn each_document_knows_its_first_line() {
        assert_eq!(
            cut("a: 1\n---\nb: 2\n--- # two\r\nc: 3\n"),
            [
                (0, "a: 1\n"),
                (1, "---\nb: 2\n"),
                (3, "--- # two\r\nc: 3\n")
            ]
        );
    }

    #[test]
    fn dashes_inside_a_line_or_a_word_do_not_cut() {
        assert_eq!(cut("a: ---\n----\n  ---\n").len(), 1);
    }

    #[test]
    fn directives_stay_with_their_document() {
        assert_eq!(
            cut("# c\n%YAML 1.2\n---\na: 1\n...\n%TAG ! tag:x,2024:\n---\nb: 2"),
            [
                (0, "# c\n%YAML 1.2\n---\na: 1\n...\n"),
                (5, "%TAG ! tag:x,2024:\n---\nb: 2"),
            ]
        );
    }

    #[test]
    fn nothing_is_one_empty_document() {
        assert_eq!(cut(""), [(0, "")]);
        assert_eq!(cut("---\n---\n"), [(0, "---\n"), (1, "---\n")]);
    }
}
