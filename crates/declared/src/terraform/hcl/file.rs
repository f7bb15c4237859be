//! One configuration file, native or JSON, as blocks and expressions that know their place.

use std::ops::Range;
use std::sync::Arc;

use hcl_edit::Span;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Body as NativeBody, Structure};
use rolecall_facts::Origin;

use crate::tree::{Node, Value, json};
use crate::{Diagnostic, Source};

/// The size from which a native file is refused. Hand-written files are a thousand times smaller,
/// and the parser takes time in the square of an object's length.
const MAX_BYTES: usize = 4 << 20;

/// A file's path and text, for places.
#[derive(Debug)]
pub(super) struct File {
    pub(super) path: Arc<str>,
    text: Arc<str>,
    /// Byte offsets at which lines begin.
    lines: Vec<usize>,
}

impl File {
    pub(super) fn new(source: &Source) -> Self {
        let ends = memchr::memchr_iter(b'\n', source.text.as_bytes());
        Self {
            path: Arc::clone(&source.path),
            text: Arc::clone(&source.text),
            lines: std::iter::once(0).chain(ends.map(|end| end + 1)).collect(),
        }
    }

    /// The text of a byte range.
    pub(super) fn text(&self, range: Range<usize>) -> Option<&str> {
        self.text.get(range)
    }

    /// The place of a byte range; its length ends with the first line.
    pub(super) fn origin(&self, range: Option<Range<usize>>) -> Origin {
        let Some(range) = range else {
            return Origin::file(&self.path, 1, 1, 0);
        };
        let line = self.lines.partition_point(|start| *start <= range.start);
        let start = line
            .checked_sub(1)
            .and_then(|line| self.lines.get(line))
            .copied();
        let start = start.unwrap_or_default();
        let before = self.text.get(start..range.start).unwrap_or_default();
        let meant = self.text.get(range).unwrap_or_default();
        let meant = meant.lines().next().unwrap_or_default();
        let count = |text: &str| u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        Origin::file(
            &self.path,
            line,
            count(before).saturating_add(1),
            count(meant),
        )
    }
}

/// What stands to the right of an equals sign.
#[derive(Debug)]
pub(super) enum Expr {
    Native(Expression),
    /// JSON, in which every string is a template.
    Json(Node),
}

#[derive(Debug)]
pub(super) struct Attribute {
    pub(super) name: Box<str>,
    pub(super) expr: Expr,
    pub(super) file: Arc<File>,
}

impl Attribute {
    pub(super) fn origin(&self) -> Origin {
        match &self.expr {
            Expr::Native(expression) => self.file.origin(expression.span()),
            Expr::Json(node) => node.origin.clone(),
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Body {
    pub(super) attributes: Vec<Attribute>,
    pub(super) blocks: Vec<Block>,
}

#[derive(Debug)]
pub(super) struct Block {
    pub(super) kind: Box<str>,
    pub(super) labels: Vec<Box<str>>,
    pub(super) body: Body,
    pub(super) origin: Origin,
}

impl Block {
    pub(super) fn label(&self, index: usize) -> &str {
        self.labels.get(index).map_or("", |label| label)
    }
}

impl Body {
    /// Reads a file by its name's ending.
    ///
    /// # Errors
    /// What the parser refuses, with its place.
    pub(super) fn parse(source: &Source) -> Result<Self, Diagnostic> {
        let file = Arc::new(File::new(source));
        if source.path.ends_with(".json") {
            return json::parse(source).map(|root| from_json(&root, &file));
        }
        if source.text.len() > MAX_BYTES {
            let message = format!("a file of more than {} MiB is not read", MAX_BYTES >> 20);
            return Err(Diagnostic::error(message, source.at(1, 1, 0)));
        }
        let body = hcl_edit::parser::parse_body(&source.text).map_err(|error| {
            let place = error.location();
            let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
            let origin = source.at(number(place.line()), number(place.column()), 0);
            let message = error.message().replace("; ", ", ");
            Diagnostic::error(format!("not HCL: {message}"), origin)
        })?;
        Ok(from_native(body, &file))
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes
            .iter()
            .find(|attribute| &*attribute.name == name)
    }
}

fn from_native(body: NativeBody, file: &Arc<File>) -> Body {
    let mut found = Body::default();
    for structure in body {
        match structure {
            Structure::Attribute(attribute) => found.attributes.push(Attribute {
                name: attribute.key.as_str().into(),
                expr: Expr::Native(attribute.value),
                file: Arc::clone(file),
            }),
            Structure::Block(block) => {
                // The whole block would be long; its first line names it.
                let origin = file.origin(block.span());
                found.blocks.push(Block {
                    kind: block.ident.as_str().into(),
                    labels: block
                        .labels
                        .iter()
                        .map(|label| label.as_str().into())
                        .collect(),
                    origin,
                    body: from_native(block.body, file),
                });
            }
        }
    }
    found
}

/// How many labels the top-level blocks have, which JSON writes as nested objects.
const LABELS: [(&str, usize); 8] = [
    ("resource", 2),
    ("data", 2),
    ("variable", 1),
    ("output", 1),
    ("module", 1),
    ("provider", 1),
    ("locals", 0),
    ("terraform", 0),
];

fn from_json(root: &Node, file: &Arc<File>) -> Body {
    let mut found = Body::default();
    for (name, value) in root.entries() {
        let name = name.as_str().unwrap_or_default();
        match LABELS.iter().find(|(kind, _)| *kind == name) {
            Some((kind, labels)) => labelled(kind, Vec::new(), *labels, value, file, &mut found),
            None => found.attributes.push(Attribute {
                name: name.into(),
                expr: Expr::Json(value.clone()),
                file: Arc::clone(file),
            }),
        }
    }
    found
}

/// Descends `count` levels of labels; at each, an array stands for several objects.
fn labelled(
    kind: &str,
    labels: Vec<Box<str>>,
    count: usize,
    value: &Node,
    file: &Arc<File>,
    found: &mut Body,
) {
    if let Value::List(items) = &value.value {
        for item in items {
            labelled(kind, labels.clone(), count, item, file, found);
        }
    } else if count > 0 {
        for (label, value) in value.entries() {
            let mut labels = labels.clone();
            labels.push(label.as_str().unwrap_or_default().into());
            labelled(kind, labels, count - 1, value, file, found);
        }
    } else {
        let attributes = value.entries().map(|(name, value)| Attribute {
            name: name.as_str().unwrap_or_default().into(),
            expr: Expr::Json(value.clone()),
            file: Arc::clone(file),
        });
        found.blocks.push(Block {
            kind: kind.into(),
            labels,
            body: Body {
                attributes: attributes.collect(),
                blocks: Vec::new(),
            },
            origin: value.origin.clone(),
        });
    }
}
