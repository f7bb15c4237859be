//! The intrinsic functions, in their long form, and as YAML tags (AWS CloudFormation User Guide,
//! "Intrinsic function reference").

use std::collections::HashMap;

use rolecall_facts::{Fact, Why, symbol};

use super::condition::Truth;
use super::evaluate::Evaluator;
use super::imports::import_id;
use super::mapping::Missing;
use super::pieces::has_hole;
use super::substitution::{self, Part};
use crate::tree::{Node, Value};

/// The functions that have a YAML tag.
const TAGS: [&str; 21] = [
    "Ref",
    "Condition",
    "GetAtt",
    "Sub",
    "Join",
    "Select",
    "Split",
    "If",
    "Equals",
    "And",
    "Or",
    "Not",
    "FindInMap",
    "Base64",
    "ImportValue",
    "GetAZs",
    "Cidr",
    "Transform",
    "ToJsonString",
    "Length",
    "ForEach",
];

/// A function and its argument.
pub(super) struct Call<'a> {
    /// The name without `Fn::`.
    pub(super) name: &'a str,
    pub(super) argument: &'a Node,
    /// Whether it was written as a tag, on the argument itself.
    tagged: bool,
}

impl<'a> Call<'a> {
    /// The call that a node is.
    pub(super) fn of(node: &'a Node) -> Option<Self> {
        if let Some(tag) = node.tag.as_deref() {
            return TAGS.contains(&tag).then_some(Self {
                name: tag,
                argument: node,
                tagged: true,
            });
        }
        let Value::Map(entries) = &node.value else {
            return None;
        };
        match entries.as_slice() {
            [(key, argument)] => function_name(key).map(|name| Self {
                name,
                argument,
                tagged: false,
            }),
            _ => None,
        }
    }

    /// A call among the keys of a map: `Fn::Transform` and `Fn::ForEach` may stand there, and what
    /// the map then holds is not known.
    pub(super) fn of_any(node: &'a Node) -> Option<Self> {
        node.entries().find_map(|(key, argument)| {
            let name = function_name(key).filter(|name| *name != "Ref")?;
            Some(Self {
                name,
                argument,
                tagged: false,
            })
        })
    }

    /// The items of the argument, where it is a list and not another call.
    pub(super) fn items(&self) -> &'a [Node] {
        if !self.tagged && Call::of(self.argument).is_some() {
            return &[];
        }
        self.argument.items()
    }

    /// The reason for what this call does not tell.
    pub(super) fn why(&self) -> Why {
        let short = |text: &&str| text.len() <= 80 && !has_hole(text);
        let detail = self.argument.as_str().filter(short).unwrap_or("…");
        Why::not_evaluated(match self.name {
            "Ref" | "Condition" => format!("`{}: {detail}`", self.name),
            name => format!("`Fn::{name}: {detail}`"),
        })
    }
}

fn function_name(key: &Node) -> Option<&str> {
    let key = key.as_str()?;
    if key == "Ref" {
        Some(key)
    } else {
        key.strip_prefix("Fn::")
    }
}

impl Evaluator<'_> {
    /// What a call comes to, with holes in its texts.
    pub(super) fn call(&mut self, call: &Call<'_>) -> Node {
        let place = call.argument;
        let unknown = || Node::unknown(call.why(), place.origin.clone());
        match (call.name, call.items()) {
            ("Ref", _) => match call.argument.as_str() {
                Some(name) => self.reference(name, place),
                None => unknown(),
            },
            ("GetAtt", items) => match attribute_name(call.argument, items) {
                Some((id, attribute)) => self.attribute(id, attribute, place),
                None => unknown(),
            },
            ("Sub", []) => match call.argument.as_str() {
                Some(text) => self.substitute(text, None, place),
                None => unknown(),
            },
            ("Sub", [text, variables]) => match text.as_str() {
                Some(text) => self.substitute(text, Some(variables), place),
                None => unknown(),
            },
            ("Join", [delimiter, list]) => {
                self.join(delimiter, list, place).unwrap_or_else(unknown)
            }
            ("Select", [index, list]) => self.select(index, list).unwrap_or_else(unknown),
            ("Split", [delimiter, text]) => {
                self.split(delimiter, text, place).unwrap_or_else(unknown)
            }
            ("If", [condition, yes, no]) => match condition.as_str() {
                Some(name) => self.choose(name, yes, no, place),
                None => unknown(),
            },
            ("FindInMap", [map, first, second, rest @ ..]) => {
                let fallback = rest.iter().find_map(|options| options.get("DefaultValue"));
                match self.find_in_map(map, first, second) {
                    Ok(found) => Node {
                        origin: place.origin.clone(),
                        ..found
                    },
                    Err(Missing::Absent) if fallback.is_some() => {
                        fallback.map_or_else(unknown, |node| self.raw(node))
                    }
                    Err(Missing::Absent) => unknown(),
                    Err(Missing::Unknown(why)) => Node::unknown(why, place.origin.clone()),
                }
            }
            ("ImportValue", _) => self.import(call),
            ("ToJsonString", _) => {
                let value = self.argument(call);
                let text = self.holes.json_text(&value).to_string();
                Node::string(&text, place.origin.clone())
            }
            ("Length", _) => match self.argument(call).value {
                Value::List(items) => Node::new(
                    Value::Number(items.len().to_string().into()),
                    place.origin.clone(),
                ),
                Value::Unknown(why) => Node::unknown(why, place.origin.clone()),
                _ => unknown(),
            },
            _ => unknown(),
        }
    }

    /// The whole argument, evaluated.
    fn argument(&mut self, call: &Call<'_>) -> Node {
        if call.tagged {
            self.contents(call.argument)
        } else {
            self.raw(call.argument)
        }
    }

    fn substitute(&mut self, text: &str, variables: Option<&Node>, place: &Node) -> Node {
        let parts: Vec<Node> = substitution::parts(text)
            .into_iter()
            .map(|part| match part {
                Part::Text(text) => self.contents(&Node::string(text, place.origin.clone())),
                Part::Literal(name) => Node::string(&format!("${{{name}}}"), place.origin.clone()),
                Part::Variable(name) => match variables.and_then(|map| map.get(name)) {
                    Some(value) => self.raw(value),
                    None => match name.split_once('.') {
                        Some((id, attribute)) => self.attribute(id, attribute, place),
                        None => self.reference(name, place),
                    },
                },
            })
            .collect();
        self.holes.join(&parts, "", place)
    }

    fn join(&mut self, delimiter: &Node, list: &Node, place: &Node) -> Option<Node> {
        let delimiter = delimiter.as_str()?;
        let list = self.raw(list);
        match &list.value {
            Value::List(items) => Some(self.holes.join(items, delimiter, place)),
            Value::Unknown(why) => Some(Node::unknown(why.clone(), place.origin.clone())),
            _ => None,
        }
    }

    fn select(&mut self, index: &Node, list: &Node) -> Option<Node> {
        let index: usize = match self.value(index).text_fact() {
            Fact::Known { value, .. } => value.trim().parse().ok()?,
            Fact::Unknown { .. } => return None,
        };
        let list = self.raw(list);
        match list.value {
            Value::List(items) => items.into_iter().nth(index),
            Value::Unknown(_) => Some(list),
            _ => None,
        }
    }

    fn split(&mut self, delimiter: &Node, text: &Node, place: &Node) -> Option<Node> {
        let delimiter = delimiter.as_str().filter(|text| !text.is_empty())?;
        let text = self.value(text);
        let value = match &text.value {
            Value::Unknown(why) => Value::Unknown(why.clone()),
            Value::String(text) => Value::List(
                split_around_symbols(text, delimiter)
                    .iter()
                    .map(|part| Node::string(part, place.origin.clone()))
                    .collect(),
            ),
            _ => return None,
        };
        let node = Node::new(value, place.origin.clone());
        self.count(&node);
        Some(node)
    }

    fn choose(&mut self, condition: &str, yes: &Node, no: &Node, place: &Node) -> Node {
        match self.named_condition(condition) {
            Truth::True => self.raw(yes),
            Truth::False => self.raw(no),
            Truth::Unknown(why) => {
                let (yes, no) = (self.raw(yes), self.raw(no));
                if same(&yes, &no) {
                    yes
                } else {
                    Node::unknown(why, place.origin.clone())
                }
            }
        }
    }

    /// An export of the same template; one of another is unknown until all are read.
    fn import(&mut self, call: &Call<'_>) -> Node {
        let place = call.argument;
        let name = match self.argument(call) {
            node if !node.is_unknown() => self.holes.settle(node).text_fact(),
            node => return node,
        };
        let Fact::Known { value: name, .. } = name else {
            return Node::unknown(call.why(), place.origin.clone());
        };
        if self.exports.is_none() {
            // Set first: a name that imports would come back here.
            self.exports = Some(HashMap::new());
            let template = self.template;
            let exports = template
                .exports
                .iter()
                .filter_map(|(name, value)| {
                    let name = self.value(name);
                    Some((name.as_str()?.to_owned(), *value))
                })
                .collect();
            self.exports = Some(exports);
        }
        let value = self
            .exports
            .as_ref()
            .and_then(|exports| exports.get(&name).copied());
        let Some(value) = value else {
            return Node::unknown(
                Why::not_given(format!("the export `{name}` of another stack")),
                place.origin.clone(),
            )
            .with_object(import_id(&name));
        };
        let key = format!("the export `{name}`");
        match self.enter(&key, place) {
            Ok(()) => {
                let value = self.raw(value);
                self.leave(&key);
                value
            }
            Err(why) => Node::unknown(why, place.origin.clone()),
        }
    }
}

/// Resource and attribute of a `Fn::GetAtt`, in its text form or its list form.
fn attribute_name<'n>(argument: &'n Node, items: &'n [Node]) -> Option<(&'n str, &'n str)> {
    match items {
        [] => argument.as_str()?.split_once('.'),
        [id, attribute] => Some((id.as_str()?, attribute.as_str()?)),
        _ => None,
    }
}

/// Splits text, taking each symbol, which holds colons, as one character.
fn split_around_symbols(text: &str, delimiter: &str) -> Vec<String> {
    const STAND_INS: [(&str, &str); 3] = [
        (symbol::ACCOUNT, "\u{e010}"),
        (symbol::PARTITION, "\u{e011}"),
        (symbol::REGION, "\u{e012}"),
    ];
    let swap = |text: &str, back: bool| {
        STAND_INS
            .iter()
            .fold(text.to_owned(), |text, (symbol, stand_in)| {
                if back {
                    text.replace(stand_in, symbol)
                } else {
                    text.replace(symbol, stand_in)
                }
            })
    };
    swap(text, false)
        .split(delimiter)
        .map(|part| swap(part, true))
        .collect()
}

/// Whether two nodes say the same, wherever they stand.
pub(super) fn same(left: &Node, right: &Node) -> bool {
    if left.object != right.object || left.tag != right.tag {
        return false;
    }
    match (&left.value, &right.value) {
        (Value::List(left), Value::List(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(l, r)| same(l, r))
        }
        (Value::Map(left), Value::Map(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(l, r)| same(&l.0, &r.0) && same(&l.1, &r.1))
        }
        (Value::Unknown(_), _) => false,
        (left, right) => left == right,
    }
}
