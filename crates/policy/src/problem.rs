//! What is wrong with a policy document, and where.

use std::fmt;

/// A byte range of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset just behind the last byte.
    pub end: u32,
}

/// A place in a document as an editor shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord, serde::Serialize)]
pub struct Position {
    /// The line, counted from 1.
    pub line: u32,
    /// The column in characters, counted from 1.
    pub column: u32,
}

impl Position {
    /// Where byte `offset` of `text` is. An offset behind the end gives the end.
    #[must_use]
    pub fn of(text: &str, offset: u32) -> Self {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let (mut line, mut column) = (1, 1);
        for (at, character) in text.char_indices() {
            if at >= offset {
                break;
            }
            if character == '\n' {
                line += 1;
                column = 1;
            } else {
                column += 1;
            }
        }
        Self { line, column }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// Walks a text once to turn ascending offsets into positions.
pub(crate) struct Lines<'t> {
    text: &'t str,
    at: u32,
    position: Position,
}

impl<'t> Lines<'t> {
    pub(crate) fn of(text: &'t str) -> Self {
        Self {
            text,
            at: 0,
            position: Position { line: 1, column: 1 },
        }
    }

    /// The position of an offset that is not before the last one asked.
    pub(crate) fn advance(&mut self, to: u32) -> Position {
        let range = usize::try_from(self.at).ok().zip(usize::try_from(to).ok());
        let between = range
            .and_then(|(from, to)| self.text.get(from..to))
            .unwrap_or_default();
        let bytes = between.as_bytes();
        let breaks = u32::try_from(memchr::memchr_iter(b'\n', bytes).count()).unwrap_or(u32::MAX);
        let last_line = between.rsplit('\n').next().unwrap_or_default();
        let characters = u32::try_from(last_line.chars().count()).unwrap_or(u32::MAX);
        let column = if breaks > 0 { 1 } else { self.position.column };
        self.position = Position {
            line: self.position.line.saturating_add(breaks),
            column: column.saturating_add(characters),
        };
        self.at = to;
        self.position
    }
}

/// Sorts problems by place and fills in their positions.
pub(crate) fn locate(problems: &mut [Problem], text: &str) {
    problems.sort_by_key(|problem| problem.span);
    let mut lines = Lines::of(text);
    for problem in problems {
        problem.position = lines.advance(problem.span.start);
    }
}

/// One reason why AWS would refuse a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The reason in AWS's words, as `MalformedPolicyDocument` gives it.
    pub reason: String,
    /// The element, such as `Statement[2].Condition`. Empty for the document itself.
    pub element: String,
    /// What to do about it, or more detail than AWS gives.
    pub help: Option<String>,
    /// The bytes at fault.
    pub span: Span,
    /// Where they begin.
    pub position: Position,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.position)?;
        if !self.element.is_empty() {
            write!(f, "{}: ", self.element)?;
        }
        f.write_str(&self.reason)?;
        if let Some(help) = &self.help {
            write!(f, " ({help})")?;
        }
        Ok(())
    }
}

/// A document that is no policy. It carries every problem found, in document order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("policy `{name}` is malformed: {}", first_of(problems))]
pub struct MalformedPolicy {
    /// The name the caller gave the document.
    pub name: String,
    /// All problems, never empty.
    pub problems: Vec<Problem>,
}

/// As many problems as a line can bear.
fn first_of(problems: &[Problem]) -> String {
    const SHOWN: usize = 10;
    let shown = problems.iter().take(SHOWN).map(ToString::to_string);
    let mut text = shown.collect::<Vec<_>>().join("; ");
    if let Some(more @ 1..) = problems.len().checked_sub(SHOWN) {
        text.push_str(&format!("; and {more} more"));
    }
    text
}

impl MalformedPolicy {
    /// The reason AWS would give: it names one, so this is the first.
    #[must_use]
    pub fn reason(&self) -> &str {
        self.problems
            .first()
            .map_or("Syntax errors in policy.", |p| &p.reason)
    }
}
