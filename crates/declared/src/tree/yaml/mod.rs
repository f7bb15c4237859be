//! YAML into [`Node`]s: many documents, places, tags, merge keys and aliases.

mod build;
mod documents;
mod scalar;

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

/// Reads YAML that stands, indented by `columns_before`, inside a block scalar.
pub(crate) fn parse_indented(
    source: &Source,
    document: Document<'_>,
    columns_before: u32,
) -> Result<Option<Node>, Diagnostic> {
    build::Builder::new(source, document, columns_before).build()
}
