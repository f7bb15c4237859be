use std::sync::Arc;

use rolecall_facts::Origin;

/// A file's path as the user would type it, and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The path; `-` for standard input.
    pub path: Arc<str>,
    /// The text, without byte order mark.
    pub text: Arc<str>,
}

impl Source {
    /// A source of a path and its text.
    #[must_use]
    pub fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.into(),
            text: text.strip_prefix('\u{feff}').unwrap_or(text).into(),
        }
    }

    /// The place at a line and column (from 1, in characters) of this file.
    #[must_use]
    pub fn at(&self, line: u32, column: u32, length: u32) -> Origin {
        Origin::file(&self.path, line, column, length)
    }
}
