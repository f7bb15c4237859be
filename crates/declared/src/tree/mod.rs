//! The one shape every language is read into: values with places, unknowns and references.

mod facts;
pub(crate) mod json;
pub(crate) mod yaml;

use rolecall_facts::{ObjectId, Origin, Why};

/// A value, where it stands, and what it refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) value: Value,
    pub(crate) origin: Origin,
    /// The declared object of which this is the name, id or ARN. Set by the evaluators of Terraform
    /// and CloudFormation, whether or not the text is known.
    pub(crate) object: Option<ObjectId>,
    /// The YAML tag, such as `!Sub`, without the exclamation mark.
    pub(crate) tag: Option<Box<str>>,
}

/// What a node holds. Strings may hold the symbols of [`rolecall_facts::symbol`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    /// As written.
    Number(Box<str>),
    String(Box<str>),
    List(Vec<Node>),
    /// Keys are nodes for their place; duplicates are kept in order.
    Map(Vec<(Node, Node)>),
    Unknown(Why),
}

impl Node {
    pub(crate) fn new(value: Value, origin: Origin) -> Self {
        Self {
            value,
            origin,
            object: None,
            tag: None,
        }
    }

    pub(crate) fn string(text: &str, origin: Origin) -> Self {
        Self::new(Value::String(text.into()), origin)
    }

    pub(crate) fn unknown(why: Why, origin: Origin) -> Self {
        Self::new(Value::Unknown(why), origin)
    }

    pub(crate) fn with_object(mut self, object: ObjectId) -> Self {
        self.object = Some(object);
        self
    }

    /// The same value with every place inside it set to one place.
    pub(crate) fn moved_to(mut self, origin: &Origin) -> Self {
        match &mut self.value {
            Value::List(items) => {
                for item in items {
                    *item = std::mem::replace(item, Self::new(Value::Null, origin.clone()))
                        .moved_to(origin);
                }
            }
            Value::Map(entries) => {
                for entry in entries {
                    for node in [&mut entry.0, &mut entry.1] {
                        *node = std::mem::replace(node, Self::new(Value::Null, origin.clone()))
                            .moved_to(origin);
                    }
                }
            }
            _ => {}
        }
        self.origin = origin.clone();
        self
    }

    /// The value under a key; the last one when the key stands twice. `None` also for a null.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key)
            .map(|(_, value)| value)
            .filter(|value| value.value != Value::Null)
    }

    /// Key node and value node under a key.
    pub(crate) fn entry(&self, key: &str) -> Option<(&Node, &Node)> {
        self.entries()
            .rev()
            .find(|(name, _)| name.as_str() == Some(key))
    }

    /// The value at the end of a chain of keys.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The same, but where something on the way is unknown, that: then the end is unknown too, and
    /// not absent.
    pub(crate) fn look(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| {
            if node.is_unknown() {
                Some(node)
            } else {
                node.get(key)
            }
        })
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self.value, Value::Unknown(_))
    }

    /// The items of a list; nothing for any other value.
    pub(crate) fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The entries of a map; nothing for any other value.
    pub(crate) fn entries(&self) -> impl DoubleEndedIterator<Item = (&Node, &Node)> {
        match &self.value {
            Value::Map(entries) => entries.as_slice(),
            _ => &[],
        }
        .iter()
        .map(|(key, value)| (key, value))
    }
}

#[cfg(test)]
mod parse_tests;
