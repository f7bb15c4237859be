//! Regular expressions of schemas and rules, compiled when first used.

use regex::Regex;
use std::sync::OnceLock;

/// A regular expression; Go's and Rust's dialects are both RE2's.
#[derive(Debug)]
pub struct Pattern {
    source: String,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// A pattern that is compiled when first matched.
    pub fn new(source: impl Into<String>) -> Pattern {
        Pattern {
            source: source.into(),
            compiled: OnceLock::new(),
        }
    }

    /// The expression as written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether the expression is one at all.
    pub fn is_valid(&self) -> bool {
        self.regex().is_some()
    }

    /// Whether `text` contains a match. An expression that does not compile matches nothing.
    pub fn matches(&self, text: &str) -> bool {
        self.regex().is_some_and(|regex| regex.is_match(text))
    }

    pub(crate) fn regex(&self) -> Option<&Regex> {
        self.compiled
            .get_or_init(|| Regex::new(&self.source).ok())
            .as_ref()
    }
}
