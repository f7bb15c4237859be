//! Where in the file a value stands.

use memchr::memchr;
use rolecall_facts::Origin;
use saphyr_parser::{Marker, ScalarStyle, Span};

use super::Document;
use crate::Source;

/// Beyond this column the end of a quoted text is not looked for: on a line of megabytes, looking
/// from its beginning for each would take for ever.
const MAX_SEARCHED_COLUMN: usize = 2_000;

/// Turns the parser's marks of one document into places of the file.
pub(super) struct Places<'a> {
    source: &'a Source,
    document: Document<'a>,
    columns_before: u32,
    /// The line of the document that was last looked at.
    line: Line,
}

/// A line of the document: its number, from 1, and where it begins and ends, in bytes. Before the
/// first line all are 0.
#[derive(Default)]
struct Line {
    number: usize,
    start: usize,
    end: usize,
}

impl<'a> Places<'a> {
    pub(super) fn new(source: &'a Source, document: Document<'a>, columns_before: u32) -> Self {
        Self {
            source,
            document,
            columns_before,
            line: Line::default(),
        }
    }

    /// Where a scalar stands. One that goes over several lines is marked by its beginning only.
    pub(super) fn of_scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        span: Span,
    ) -> Origin {
        match style {
            ScalarStyle::Literal => self
                .literal(text, span)
                .unwrap_or_else(|| self.at(span.start, 0)),
            ScalarStyle::Folded => self.at(span.start, 0),
            ScalarStyle::Plain if span.start.line() != span.end.line() => self.at(span.start, 0),
            ScalarStyle::Plain => {
                // The parser's span begins at the anchor, if there is one.
                let length = span.end.col().saturating_sub(span.start.col());
                let skipped = if anchor == 0 {
                    0
                } else {
                    length.saturating_sub(text.chars().count())
                };
                self.at(moved(span.start, skipped), length - skipped)
            }
            ScalarStyle::SingleQuoted => self.quoted('\'', anchor, span),
            ScalarStyle::DoubleQuoted => self.quoted('"', anchor, span),
        }
    }

    /// The parser's span of a quoted scalar goes on to the next token, so its end is looked for.
    fn quoted(&mut self, quote: char, anchor: usize, span: Span) -> Origin {
        let column = span.start.col();
        if column > MAX_SEARCHED_COLUMN {
            return self.at(span.start, 0);
        }
        let line = self.line(span.start.line()).unwrap_or_default();
        let mut rest = line.chars().enumerate().skip(column);
        let Some((open, _)) = rest.by_ref().find(|(_, c)| *c == quote) else {
            return self.at(span.start, 0);
        };
        let mut rest = rest.peekable();
        let mut close = None;
        while let Some((at, c)) = rest.next() {
            if c == '\\' && quote == '"' {
                rest.next();
            } else if c == quote {
                if quote == '\'' && rest.next_if(|(_, next)| *next == quote).is_some() {
                    continue;
                }
                close = Some(at);
                break;
            }
        }
        // A tag belongs to what is marked, an anchor does not.
        let skipped = if anchor == 0 { 0 } else { open - column };
        let start = moved(span.start, skipped);
        self.at(start, close.map_or(0, |close| close + 1 - start.col()))
    }

    /// The first line with text of a literal block scalar, so that what stands inside can be placed:
    /// its lines are the file's lines, moved by the block's indentation (see
    /// [`parse_inside`](super::parse_inside)).
    fn literal(&mut self, text: &str, span: Span) -> Option<Origin> {
        let first = text.lines().find(|line| !line.trim().is_empty())?;
        // The parser's span begins at the content, not at the `|`.
        let line = span.start.line();
        let raw = self.line(line)?.trim_end_matches(['\r', '\n']);
        let indentation = raw.strip_suffix(first)?;
        let indented = indentation.bytes().all(|byte| byte == b' ');
        indented.then(|| {
            self.at(
                Marker::new(0, line, indentation.len()),
                first.chars().count(),
            )
        })
    }

    /// The text of a line of the document, with its line break.
    fn line(&mut self, number: usize) -> Option<&'a str> {
        let text = self.document.text;
        if number < self.line.number {
            self.line = Line::default();
        }
        while self.line.number < number {
            let start = self.line.end;
            let rest = text
                .as_bytes()
                .get(start..)
                .filter(|rest| !rest.is_empty())?;
            self.line = Line {
                number: self.line.number + 1,
                start,
                end: memchr(b'\n', rest).map_or(text.len(), |end| start + end + 1),
            };
        }
        text.get(self.line.start..self.line.end)
    }

    pub(super) fn at(&self, mark: Marker, length: usize) -> Origin {
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        self.source.at(
            number(mark.line().max(1)).saturating_add(self.document.lines_before),
            number(mark.col())
                .saturating_add(1)
                .saturating_add(self.columns_before),
            number(length),
        )
    }
}

fn moved(mark: Marker, columns: usize) -> Marker {
    Marker::new(mark.index() + columns, mark.line(), mark.col() + columns)
}
