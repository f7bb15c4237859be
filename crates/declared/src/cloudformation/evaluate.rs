//! The evaluator: what a template's expression comes to.

use std::collections::{HashMap, HashSet};

use rolecall_facts::{Fact, PolicyDocument, Principal, Reference, Why, symbol};

use super::condition::Truth;
use super::function::Call;
use super::pieces::{self, Holes};
use super::template::{Resource, Template};
use crate::Diagnostic;
use crate::tree::{Node, Value};

/// How deep expressions and references may nest together.
const MAX_DEPTH: usize = 100;
/// How many values one template's evaluation may produce.
const MAX_VALUES: usize = 2_000_000;
/// How many bytes of text count as a value.
const TEXT_PER_VALUE: usize = 64;

/// Evaluates the expressions of one template.
pub(super) struct Evaluator<'a> {
    pub(super) template: &'a Template<'a>,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) conditions: HashMap<String, Truth>,
    /// What `Ref` and `GetAtt` gave, by resource and attribute.
    pub(super) attributes: HashMap<(String, String), Node>,
    pub(super) exports: Option<HashMap<String, &'a Node>>,
    pub(super) holes: Holes,
    in_progress: HashSet<String>,
    depth: usize,
    values: usize,
    exhausted: bool,
}

impl<'a> Evaluator<'a> {
    pub(super) fn new(template: &'a Template<'a>) -> Self {
        Self {
            template,
            diagnostics: Vec::new(),
            conditions: HashMap::new(),
            attributes: HashMap::new(),
            exports: None,
            holes: Holes::default(),
            in_progress: HashSet::new(),
            depth: 0,
            values: 0,
            exhausted: false,
        }
    }

    /// What an expression comes to.
    pub(super) fn value(&mut self, node: &Node) -> Node {
        let raw = self.raw(node);
        let settled = self.holes.settle(raw);
        self.count(&settled);
        settled
    }

    /// A property's value; `None` where it is left out, also by `AWS::NoValue`.
    pub(super) fn property(&mut self, resource: &Resource<'_>, name: &str) -> Option<Node> {
        if let Some(properties) = resource.properties()
            && let Some(call) = Call::of_any(properties)
        {
            return Some(Node::unknown(call.why(), properties.origin.clone()));
        }
        let node = resource.property(name)?;
        Some(self.value(node)).filter(|node| node.value != Value::Null)
    }

    /// A property that the resource must have.
    pub(super) fn required(&mut self, resource: &Resource<'_>, name: &str) -> Node {
        self.property(resource, name).unwrap_or_else(|| {
            Node::unknown(
                Why::not_given(format!("`{name}` of `{}`", resource.id)),
                resource.origin.clone(),
            )
        })
    }

    /// A policy document that may be unknown in parts.
    pub(super) fn document(&mut self, node: &Node) -> Fact<PolicyDocument> {
        let raw = self.raw(node);
        self.holes.document(&raw)
    }

    /// What an expression comes to, with holes in its texts.
    pub(super) fn raw(&mut self, node: &Node) -> Node {
        if let Err(why) = self.descend(node) {
            return Node::unknown(why, node.origin.clone());
        }
        let result = match Call::of(node) {
            Some(call) => self.call(&call),
            None => self.contents(node),
        };
        self.ascend();
        result
    }

    /// The node without its tag, its parts evaluated.
    pub(super) fn contents(&mut self, node: &Node) -> Node {
        let value = match &node.value {
            Value::List(items) => Value::List(
                items
                    .iter()
                    .map(|item| self.raw(item))
                    .filter(|item| item.value != Value::Null)
                    .collect(),
            ),
            Value::Map(entries) => {
                if let Some(call) = Call::of_any(node) {
                    return Node::unknown(call.why(), node.origin.clone());
                }
                Value::Map(
                    entries
                        .iter()
                        .map(|(key, value)| (key.clone(), self.raw(value)))
                        .filter(|(_, value)| value.value != Value::Null)
                        .collect(),
                )
            }
            Value::String(text) => literal(text),
            other => other.clone(),
        };
        Node::new(value, node.origin.clone())
    }

    /// Marks something as being evaluated.
    ///
    /// # Errors
    /// It is being evaluated already: it refers to itself.
    pub(super) fn enter(&mut self, key: &str, node: &Node) -> Result<(), Why> {
        if self.in_progress.insert(key.to_owned()) {
            return Ok(());
        }
        self.diagnostics.push(Diagnostic::error(
            format!("{key} refers to itself"),
            node.origin.clone(),
        ));
        Err(Why::not_evaluated(format!(
            "{key}, which refers to itself,"
        )))
    }

    pub(super) fn leave(&mut self, key: &str) {
        self.in_progress.remove(key);
    }

    /// One level deeper.
    ///
    /// # Errors
    /// That would be too deep, or too much.
    pub(super) fn descend(&mut self, node: &Node) -> Result<(), Why> {
        self.values += 1;
        let problem = if self.depth >= MAX_DEPTH {
            format!("expressions nest deeper than {MAX_DEPTH} levels")
        } else if self.values > MAX_VALUES {
            format!("the template comes to more than {MAX_VALUES} values")
        } else {
            self.depth += 1;
            return Ok(());
        };
        if !self.exhausted {
            self.exhausted = true;
            self.diagnostics
                .push(Diagnostic::error(problem.clone(), node.origin.clone()));
        }
        Err(Why::not_evaluated(format!("a value ({problem})")))
    }

    pub(super) fn ascend(&mut self) {
        self.depth -= 1;
    }

    /// Counts values that are copied and not evaluated; long texts as several.
    pub(super) fn count(&mut self, node: &Node) {
        self.values += 1;
        match &node.value {
            Value::String(text) => self.values += text.len() / TEXT_PER_VALUE,
            Value::List(items) => items.iter().for_each(|item| self.count(item)),
            Value::Map(entries) => entries.iter().for_each(|(_, value)| self.count(value)),
            _ => {}
        }
    }
}

/// A literal text. References to parameter stores and secrets are resolved on deployment (AWS
/// CloudFormation User Guide, "Dynamic references").
fn literal(text: &str) -> Value {
    if text.contains("{{resolve:") {
        Value::Unknown(Why::after_apply("a dynamic reference"))
    } else if pieces::has_hole(text) {
        Value::Unknown(Why::not_evaluated("text with the character U+E000"))
    } else {
        Value::String(text.into())
    }
}

/// A name: text without symbols. One that holds the account or the region is known only on
/// deployment.
pub(super) fn name(node: &Node) -> Fact<String> {
    settled_name(node.text_fact())
}

/// The same for a fact.
pub(super) fn settled_name(name: Fact<String>) -> Fact<String> {
    match name {
        Fact::Known { value, origin } if symbol::has_any(&value) => {
            Fact::unknown_at(Why::after_apply(format!("`{value}`")), origin)
        }
        fact => fact,
    }
}

/// A name that may refer to an object.
pub(super) fn name_reference(node: &Node) -> Reference<String> {
    Reference {
        value: name(node),
        object: node.object.clone(),
    }
}

/// A principal: a role's ARN whose partition and account may be symbols, but not its path or name.
pub(super) fn principal(node: &Node) -> Reference<Principal> {
    let mut reference = node.principal_reference();
    if let Fact::Known {
        value: Principal::Other(text),
        origin,
    } = &reference.value
        && symbol::has_any(text)
    {
        reference.value = Fact::unknown_at(Why::after_apply(format!("`{text}`")), origin.clone());
    }
    reference
}
