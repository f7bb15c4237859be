//! YAML into [`Node`]s: many documents, places, tags, merge keys and aliases.

mod build;
mod documents;
mod place;
mod scalar;

use std::sync::Arc;

use crate::tree::Node;
use crate::{Diagnostic, Source};

pub(crate) use documents::{Document, documents};

/// How deep a document may nest.
const MAX_DEPTH: usize = 128;
/// How many values a document may hold.
const MAX_VALUES: usize = 2_000_000;
/// How many bytes aliases may add to a document.
const ALIAS_BUDGET: usize = 64 << 20;

/// Reads all documents of a source. A broken document gives a diagnostic and loses only itself; an
/// empty one gives nothing.
pub(crate) fn parse(source: &Source) -> (Vec<Node>, Vec<Diagnostic>) {
    let (mut nodes, mut diagnostics) = (Vec::new(), Vec::new());
    for document in documents(&source.text) {
        match parse_document(source, document) {
            Ok(node) => nodes.extend(node),
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    (nodes, diagnostics)
}

/// Reads one document; `None` when it is empty or holds comments only.
pub(crate) fn parse_document(
    source: &Source,
    document: Document<'_>,
) -> Result<Option<Node>, Diagnostic> {
    build::Builder::new(source, document, 0).build()
}

/// Reads YAML that a string of another document holds, such as `mapRoles: |` in `aws-auth`. Places
/// are those of the file where the string is a literal block scalar, and that of the string
/// otherwise.
pub(crate) fn parse_inside(path: &Arc<str>, node: &Node) -> Result<Option<Node>, Diagnostic> {
    let Some(text) = node.as_str() else {
        return Ok(None);
    };
    let source = Source {
        path: Arc::clone(path),
        text: "".into(),
    };
    let place = node.origin.as_file();
    // A literal block is marked at its first line with text, over the whole of that line; no other
    // kind of scalar with several lines is as long as its first line.
    let first = text
        .lines()
        .enumerate()
        .find(|(_, line)| !line.trim().is_empty());
    let inside = place.zip(first).and_then(|(place, (blank, line))| {
        let literal = usize::try_from(place.length) == Ok(line.chars().count());
        let above = u32::try_from(blank + 1).ok()?;
        literal.then_some((place.line.checked_sub(above)?, place.column.checked_sub(1)?))
    });
    let (lines_before, columns_before) = inside.unwrap_or_default();
    let document = Document { text, lines_before };
    let parsed = build::Builder::new(&source, document, columns_before).build();
    if inside.is_some() {
        return parsed;
    }
    match parsed {
        Ok(inner) => Ok(inner.map(|inner| inner.moved_to(&node.origin))),
        Err(error) => Err(Diagnostic {
            origin: node.origin.clone(),
            ..error
        }),
    }
}
