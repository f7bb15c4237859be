use std::path::Path;

use crate::Failure;

/// `path:line:column` of a byte offset; line and column from 1, the column in characters.
pub(super) fn place_of(path: &Path, text: &str, offset: usize) -> String {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .chars()
        .count()
        + 1;
    format!("{}:{line}:{column}", path.display())
}

/// A failure at a byte offset of the text.
pub(super) fn failure_at(path: &Path, text: &str, offset: usize, what: &str) -> Failure {
    Failure::new(what).at(place_of(path, text, offset))
}
