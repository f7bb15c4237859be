//! What names mean where an expression stands.

use std::rc::Rc;

use super::file::File;
use super::module::{Call, Module};
use crate::terraform::address::ModulePath;
use crate::tree::Node;

/// One instance of a module.
#[derive(Debug)]
pub(super) struct Instance<'a> {
    /// Tells instances apart in the evaluator's memory.
    pub(super) number: usize,
    pub(super) module: &'a Module,
    pub(super) path: ModulePath,
    pub(super) caller: Option<Caller<'a>>,
}

/// Who made an instance of a module.
#[derive(Debug)]
pub(super) struct Caller<'a> {
    pub(super) instance: Rc<Instance<'a>>,
    pub(super) call: &'a Call,
    pub(super) key: Key,
}

/// Which instance of a block is meant.
#[derive(Debug, Clone)]
pub(super) enum Key {
    /// The only one.
    None,
    Count(usize),
    Each {
        key: Rc<str>,
        value: Rc<Node>,
    },
    /// One of an unknown number of instances: what it has of its own is unknown, for this reason.
    Open(Rc<Node>),
}

impl Key {
    /// The key in brackets, as it stands in addresses.
    pub(super) fn suffix(&self) -> String {
        match self {
            Self::None => String::new(),
            Self::Count(index) => format!("[{index}]"),
            Self::Each { key, .. } => crate::terraform::address::text_key(key),
            Self::Open(_) => "[*]".to_owned(),
        }
    }
}

/// A name bound by `for`, a dynamic block or `templatefile`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound<'s> {
    pub(super) name: &'s str,
    pub(super) value: &'s Node,
    pub(super) outer: Option<&'s Bound<'s>>,
}

/// Where an expression stands.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a, 's> {
    pub(super) instance: &'s Rc<Instance<'a>>,
    pub(super) key: &'s Key,
    pub(super) bound: Option<&'s Bound<'s>>,
    pub(super) file: &'s File,
    /// Whether only bound names can be used, as in a template file.
    pub(super) closed: bool,
}

impl<'s> Scope<'_, 's> {
    pub(super) fn bound(&self, name: &str) -> Option<&'s Node> {
        let mut next = self.bound;
        while let Some(bound) = next {
            if bound.name == name {
                return Some(bound.value);
            }
            next = bound.outer;
        }
        None
    }
}
