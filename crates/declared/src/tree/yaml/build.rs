//! From parser events to one [`Node`].

use std::collections::{HashMap, HashSet};

use memchr::memchr;
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};

use super::place::Places;
use super::{ALIAS_BUDGET, Document, MAX_DEPTH, MAX_VALUES, scalar};
use crate::tree::{Node, Value};
use crate::{Diagnostic, Source};

/// Builds the tree of one document without recursion.
pub(super) struct Builder<'a> {
    document: Document<'a>,
    places: Places<'a>,
    /// Open lists and maps, innermost last.
    open: Vec<Open>,
    /// Finished nodes that an anchor names; `None` while the anchored node is still open.
    anchors: HashMap<usize, Option<Anchored>>,
    keep_anchors: bool,
    alias_bytes: usize,
    values: usize,
    root: Option<Node>,
}

struct Open {
    node: Node,
    anchor: usize,
    /// The key that waits for its value; maps only.
    key: Option<Node>,
    merges: bool,
    /// Size of the finished parts, in bytes.
    size: usize,
}

struct Anchored {
    node: Node,
    size: usize,
}

impl<'a> Builder<'a> {
    pub(super) fn new(source: &'a Source, document: Document<'a>, columns_before: u32) -> Self {
        Self {
            document,
            places: Places::new(source, document, columns_before),
            open: Vec::new(),
            anchors: HashMap::new(),
            keep_anchors: memchr(b'*', document.text.as_bytes()).is_some(),
            alias_bytes: 0,
            values: 0,
            root: None,
        }
    }

    pub(super) fn build(mut self) -> Result<Option<Node>, Diagnostic> {
        let mut parser: Parser<'a, StrInput<'a>> = Parser::new_from_str(self.document.text);
        while let Some(next) = parser.next_event() {
            let (event, span) = next.map_err(|error| self.broken(&error))?;
            self.take(event, span)?;
        }
        // A document that is empty or only comments comes as a plain empty scalar, or not at all.
        Ok(self
            .root
            .filter(|root| root.value != Value::Null || root.tag.is_some()))
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Diagnostic> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain;
                let origin = self.places.of_scalar(&text, style, anchor, span);
                let mut node = Node::new(scalar_value(&text, plain, tag.as_deref()), origin);
                node.tag = custom_tag(tag.as_deref());
                let merge_key = plain && &*text == "<<" && tag.is_none();
                let size = node_size(text.len());
                self.remember(anchor, &node, size, span)?;
                self.push(node, size, merge_key, span)
            }
            Event::SequenceStart(anchor, tag) => {
                self.start(Value::List(Vec::new()), anchor, tag.as_deref(), span)
            }
            Event::MappingStart(anchor, tag) => {
                self.start(Value::Map(Vec::new()), anchor, tag.as_deref(), span)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.open.pop() else {
                    return Ok(());
                };
                let (mut node, size) = (open.node, open.size);
                if open.merges {
                    merge(&mut node);
                }
                self.remember(open.anchor, &node, size, span)?;
                self.push(node, size, false, span)
            }
            Event::Alias(anchor) => self.alias(anchor, span),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
        }
    }

    fn start(
        &mut self,
        value: Value,
        anchor: usize,
        tag: Option<&Tag>,
        span: Span,
    ) -> Result<(), Diagnostic> {
        if self.open.len() >= MAX_DEPTH {
            return Err(self.error(
                format!("the YAML nests deeper than {MAX_DEPTH} levels"),
                span.start,
            ));
        }
        if self.keep_anchors && anchor != 0 {
            self.anchors.insert(anchor, None);
        }
        let mut node = Node::new(value, self.places.at(span.start, 0));
        node.tag = custom_tag(tag);
        self.open.push(Open {
            node,
            anchor,
            key: None,
            merges: false,
            size: node_size(0),
        });
        Ok(())
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), Diagnostic> {
        let size = match self.anchors.get(&anchor) {
            Some(Some(anchored)) => anchored.size,
            _ => {
                return Err(self.error("an alias stands inside what it repeats", span.start));
            }
        };
        self.spend(size, span)?;
        // Counted before it is copied, so that memory stays within the budget.
        match self.anchors.get(&anchor) {
            Some(Some(anchored)) => {
                let node = anchored.node.clone();
                self.push(node, size, false, span)
            }
            _ => Ok(()),
        }
    }

    fn spend(&mut self, size: usize, span: Span) -> Result<(), Diagnostic> {
        self.alias_bytes = self.alias_bytes.saturating_add(size);
        if self.alias_bytes <= ALIAS_BUDGET {
            return Ok(());
        }
        Err(self
            .error(
                format!(
                    "the aliases of this document expand to more than {} MiB",
                    ALIAS_BUDGET >> 20
                ),
                span.start,
            )
            .with_help("write the repeated parts out, or split the document"))
    }

    fn remember(
        &mut self,
        anchor: usize,
        node: &Node,
        size: usize,
        span: Span,
    ) -> Result<(), Diagnostic> {
        if self.keep_anchors && anchor != 0 {
            self.spend(size, span)?;
            let node = node.clone();
            self.anchors.insert(anchor, Some(Anchored { node, size }));
        }
        Ok(())
    }

    /// Adds a finished node to the innermost open one.
    fn push(
        &mut self,
        node: Node,
        size: usize,
        merge_key: bool,
        span: Span,
    ) -> Result<(), Diagnostic> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(self.error(
                format!("the document holds more than {MAX_VALUES} values"),
                span.start,
            ));
        }
        let Some(open) = self.open.last_mut() else {
            if self.root.is_none() {
                self.root = Some(node);
            }
            return Ok(());
        };
        open.size += size;
        match &mut open.node.value {
            Value::List(items) => items.push(node),
            Value::Map(entries) => match open.key.take() {
                Some(key) => entries.push((key, node)),
                None => {
                    open.merges |= merge_key;
                    open.key = Some(if merge_key {
                        Node {
                            tag: Some(MERGE.into()),
                            ..node
                        }
                    } else {
                        node
                    });
                }
            },
            _ => {}
        }
        Ok(())
    }

    fn error(&self, message: impl Into<String>, mark: Marker) -> Diagnostic {
        Diagnostic::error(message, self.places.at(mark, 0))
    }

    fn broken(&self, error: &ScanError) -> Diagnostic {
        self.error(format!("not valid YAML: {}", error.info()), *error.marker())
    }
}

/// The tag under which a merge key waits for the end of its map; a real tag cannot hold a space.
const MERGE: &str = "merge key";

/// An estimate of what a node costs, in bytes.
fn node_size(text: usize) -> usize {
    size_of::<Node>() + text
}

fn scalar_value(text: &str, plain: bool, tag: Option<&Tag>) -> Value {
    match tag {
        None if plain => scalar::plain(text),
        Some(tag) if tag.is_yaml_core_schema() && tag.suffix != "str" => scalar::plain(text),
        _ => Value::String(text.into()),
    }
}

fn custom_tag(tag: Option<&Tag>) -> Option<Box<str>> {
    let tag = tag.filter(|tag| !tag.is_yaml_core_schema())?;
    // The non-specific tag `!` only says "not resolved".
    (!tag.handle.is_empty() || tag.suffix != "!").then(|| {
        let handle = tag.handle.trim_start_matches('!');
        format!("{handle}{}", tag.suffix).into()
    })
}

/// Puts the entries that merge keys bring before the map's own, without those the map has itself
/// (YAML language-independent type `merge`: own keys win, then earlier maps of a list).
fn merge(node: &mut Node) {
    let Value::Map(entries) = &mut node.value else {
        return;
    };
    let (merged, mut own): (Vec<_>, Vec<_>) = std::mem::take(entries)
        .into_iter()
        .partition(|(key, _)| key.tag.as_deref() == Some(MERGE));
    let mut taken: HashSet<Box<str>> = own
        .iter()
        .filter_map(|(key, _)| key.as_str().map(Into::into))
        .collect();
    let sources = merged.into_iter().flat_map(|(_, value)| match value.value {
        Value::List(items) => items,
        _ => vec![value],
    });
    for source in sources {
        if let Value::Map(source) = source.value {
            let fresh: Vec<_> = source
                .into_iter()
                .filter(|(key, _)| key.as_str().is_none_or(|key| !taken.contains(key)))
                .collect();
            taken.extend(
                fresh
                    .iter()
                    .filter_map(|(key, _)| key.as_str().map(Into::into)),
            );
            entries.extend(fresh);
        }
    }
    entries.append(&mut own);
}
