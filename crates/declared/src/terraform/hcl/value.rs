//! Values as Terraform converts and compares them, over nodes that may be unknown.

use rolecall_facts::{Origin, Why};

use crate::terraform::policy_document::JSON_TAG;
use crate::tree::{Node, Value};

/// Marks a value that stands for its own YAML text, as `yamlencode` makes it.
pub(super) const YAML_TAG: &str = "terraform-yaml";
/// Marks a list as a set, whose elements are their own keys.
pub(super) const SET_TAG: &str = "terraform-set";
/// Marks a resource as a whole: an attribute that is not in it is not an error but open.
pub(super) const RESOURCE_TAG: &str = "terraform-resource";

/// Something Terraform would stop at; `try` and `can` catch it.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    pub(super) message: String,
}

impl Fault {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
        }
    }

    pub(super) fn into_unknown(self, origin: Origin) -> Node {
        Node::unknown(Why::not_evaluated(self.message), origin)
    }
}

/// A value, which may be unknown, or a fault.
pub(super) type Eval<T = Node> = Result<T, Fault>;

/// Text, or the unknown value that stands in its place.
pub(super) enum Text {
    Known(String),
    Open(Node),
}

pub(super) fn is_symbolic(text: &str) -> bool {
    text.contains("${AWS::")
}

/// Whether the value is written where text that means it would stand.
pub(super) fn is_encoded(node: &Node) -> bool {
    matches!(node.tag.as_deref(), Some(JSON_TAG | YAML_TAG))
}

/// The first unknown part of a value.
pub(super) fn open_part(node: &Node) -> Option<&Node> {
    match &node.value {
        Value::Unknown(_) => Some(node),
        Value::List(items) => items.iter().find_map(open_part),
        Value::Map(entries) => entries.iter().find_map(|(_, value)| open_part(value)),
        _ => None,
    }
}

/// An unknown value for the same reason, here.
pub(super) fn open_here(part: &Node, origin: &Origin) -> Node {
    Node {
        value: part.value.clone(),
        origin: origin.clone(),
        object: None,
        tag: None,
    }
}

/// How many nodes a value has.
pub(super) fn size(node: &Node) -> usize {
    1 + match &node.value {
        Value::List(items) => items.iter().map(size).sum(),
        Value::Map(entries) => entries.iter().map(|(_, value)| 1 + size(value)).sum(),
        Value::String(text) => text.len() / 256,
        _ => 0,
    }
}

/// The value as text, as a template or a function takes it.
pub(super) fn text(node: &Node) -> Eval<Text> {
    match &node.value {
        Value::String(text) => Ok(Text::Known(text.to_string())),
        Value::Number(text) => Ok(Text::Known(text.to_string())),
        Value::Bool(value) => Ok(Text::Known(value.to_string())),
        Value::Unknown(_) => Ok(Text::Open(node.clone())),
        Value::Null => Err(Fault::new("a null value in place of text")),
        Value::List(_) | Value::Map(_) if is_encoded(node) => match open_part(node) {
            Some(part) => Ok(Text::Open(open_here(part, &node.origin))),
            // JSON is YAML as well.
            None => Ok(Text::Known(node.to_json(&mut Vec::new()).to_string())),
        },
        Value::List(_) | Value::Map(_) => Err(Fault::new("a collection in place of text")),
    }
}

pub(super) fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        Value::Number(format!("{value:.0}").into())
    } else {
        Value::Number(value.to_string().into())
    }
}

/// A number, or text that is one. `None` where it is unknown.
pub(super) fn as_number(node: &Node) -> Eval<Option<f64>> {
    let parsed = match &node.value {
        Value::Number(text) | Value::String(text) => text.parse::<f64>().ok(),
        Value::Unknown(_) => return Ok(None),
        _ => None,
    };
    match parsed.filter(|number| number.is_finite()) {
        Some(number) => Ok(Some(number)),
        None => Err(Fault::new("a value that is not a number")),
    }
}

/// A boolean, or text that is one. `None` where it is unknown.
pub(super) fn as_bool(node: &Node) -> Eval<Option<bool>> {
    match &node.value {
        Value::Bool(value) => Ok(Some(*value)),
        Value::String(text) if &**text == "true" => Ok(Some(true)),
        Value::String(text) if &**text == "false" => Ok(Some(false)),
        Value::Unknown(_) => Ok(None),
        _ => Err(Fault::new("a condition that is not true or false")),
    }
}

/// A whole number that can be an index or a count.
pub(super) fn as_index(node: &Node) -> Eval<Option<i64>> {
    let Some(number) = as_number(node)? else {
        return Ok(None);
    };
    if number.fract() != 0.0 || number.abs() > 1e9 {
        return Err(Fault::new("a number that is not whole"));
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole and below 1e9, as checked above"
    )]
    Ok(Some(number as i64))
}

/// Whether two values are equal; `None` where an unknown part or a symbol leaves it open.
pub(super) fn equal(left: &Node, right: &Node) -> Option<bool> {
    match (&left.value, &right.value) {
        (Value::Unknown(_), _) | (_, Value::Unknown(_)) => None,
        (Value::String(a), Value::String(b)) => {
            if a == b {
                Some(true)
            } else if is_symbolic(a) || is_symbolic(b) {
                None
            } else {
                Some(false)
            }
        }
        (Value::Number(a), Value::Number(b)) => {
            Some(a == b || matches!((a.parse::<f64>(), b.parse::<f64>()), (Ok(a), Ok(b)) if a == b))
        }
        (Value::Bool(a), Value::Bool(b)) => Some(a == b),
        (Value::Null, Value::Null) => Some(true),
        (Value::List(a), Value::List(b)) => {
            if a.len() != b.len() {
                return Some(false);
            }
            all(a.iter().zip(b).map(|(a, b)| equal(a, b)))
        }
        (Value::Map(a), Value::Map(b)) => {
            if a.len() != b.len() {
                return Some(false);
            }
            all(a.iter().map(|(key, a)| {
                let key = key.as_str().unwrap_or_default();
                right.entry(key).map_or(Some(false), |(_, b)| equal(a, b))
            }))
        }
        _ => Some(false),
    }
}

fn all(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut known = Some(true);
    for part in parts {
        match part {
            Some(true) => {}
            Some(false) => return Some(false),
            None => known = None,
        }
    }
    known
}

/// The entries of a map in the order in which Terraform walks it; a key that stands twice has its
/// last value.
pub(super) fn sorted(entries: &[(Node, Node)]) -> Vec<(&str, &Node)> {
    let mut sorted: Vec<(&str, &Node)> = entries
        .iter()
        .map(|(key, value)| (key.as_str().unwrap_or_default(), value))
        .collect();
    sorted.sort_by_key(|(key, _)| *key);
    // The sort is stable, so of equal keys the last is the one that counts.
    let mut unique: Vec<(&str, &Node)> = Vec::with_capacity(sorted.len());
    for entry in sorted {
        match unique.last_mut() {
            Some(last) if last.0 == entry.0 => *last = entry,
            _ => unique.push(entry),
        }
    }
    unique
}
