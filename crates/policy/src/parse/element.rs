//! The path to the element the parser is at.

use std::fmt;

/// Where in the document the parser is; written out only for a problem.
#[derive(Clone, Copy)]
pub(super) enum Element<'e> {
    Document,
    Statement(usize),
    In(&'e Element<'e>, &'e str),
}

impl fmt::Display for Element<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document => Ok(()),
            Self::Statement(index) => write!(f, "Statement[{index}]"),
            Self::In(Self::Document, key) => f.write_str(key),
            Self::In(parent, key) => write!(f, "{parent}.{key}"),
        }
    }
}

impl<'e> Element<'e> {
    pub(super) fn child(&'e self, key: &'e str) -> Self {
        Self::In(self, key)
    }
}

/// The root of every path.
pub(super) const DOCUMENT: Element<'static> = Element::Document;
