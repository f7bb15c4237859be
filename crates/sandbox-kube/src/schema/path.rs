//! Where in an object something is: a chain on the stack that becomes text only in an error.

use std::fmt;

/// A place inside an object, printed as `spec.terms[0].tags`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Step<'a> {
    Root,
    Field(&'a str),
    Index(usize),
    Key(&'a str),
}

impl<'a> Path<'a> {
    /// The object itself.
    pub(crate) const ROOT: Path<'static> = Path {
        parent: None,
        step: Step::Root,
    };

    /// The field `name` below this place.
    pub(crate) fn field(&'a self, name: &'a str) -> Path<'a> {
        self.step(Step::Field(name))
    }

    /// The list entry `index` below this place.
    pub(crate) fn index(&'a self, index: usize) -> Path<'a> {
        self.step(Step::Index(index))
    }

    /// The map entry `key` below this place, printed in brackets.
    pub(crate) fn key(&'a self, key: &'a str) -> Path<'a> {
        self.step(Step::Key(key))
    }

    fn step(&'a self, step: Step<'a>) -> Path<'a> {
        Path {
            parent: Some(self),
            step,
        }
    }

    fn is_root(&self) -> bool {
        matches!(self.step, Step::Root)
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
        }
        match self.step {
            Step::Root => Ok(()),
            Step::Field(name) => {
                if self.parent.is_some_and(|p| !p.is_root()) {
                    f.write_str(".")?;
                }
                f.write_str(name)
            }
            Step::Index(index) => write!(f, "[{index}]"),
            Step::Key(key) => write!(f, "[{key}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_fields_indices_and_keys_as_kubernetes_does() {
        let root = Path::ROOT;
        let spec = root.field("spec");
        let terms = spec.field("terms");
        let first = terms.index(0);
        assert_eq!(first.field("tags").to_string(), "spec.terms[0].tags");
        assert_eq!(spec.key("a/b").to_string(), "spec[a/b]");
        assert_eq!(root.to_string(), "");
    }
}
