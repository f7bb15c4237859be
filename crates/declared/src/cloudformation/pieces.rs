//! Text that is put together of known and unknown parts, as `Fn::Sub` and `Fn::Join` do.
//!
//! A part that is unknown, or that names an object, stands in the text as a hole: a number between
//! two private-use characters. So a manifest that CDK joins of literal JSON and references can be
//! parsed as JSON first, and a string in it that is nothing but one hole gets the whole node back,
//! with its object. A policy document keeps what is known of a string around its unknown parts.

use rolecall_facts::{Fact, PolicyDocument, Why, symbol};
use serde_json::Value as Json;

use crate::tree::{Node, Value};

const OPEN: char = '\u{e000}';
const CLOSE: char = '\u{e001}';

/// How long a text that is put together may get, in bytes: the limit of a whole template (AWS
/// CloudFormation User Guide, "Quotas").
const MAX_TEXT: usize = 1 << 20;

/// Whether a text holds a hole, or the character that would be taken for the beginning of one.
pub(super) fn has_hole(text: &str) -> bool {
    text.contains(OPEN)
}

/// The parts that stand in texts as holes.
#[derive(Default)]
pub(super) struct Holes(Vec<Node>);

enum Segment<'a> {
    Text(&'a str),
    Hole(&'a Node),
}

impl Holes {
    /// Puts parts together. Parts that are left out (`AWS::NoValue`) are not there.
    pub(super) fn join(&mut self, parts: &[Node], delimiter: &str, whole: &Node) -> Node {
        let mut text = String::new();
        let present = parts.iter().filter(|part| part.value != Value::Null);
        for (index, part) in present.enumerate() {
            if index > 0 {
                text.push_str(delimiter);
            }
            match &part.value {
                Value::String(piece) | Value::Number(piece) if part.object.is_none() => {
                    text.push_str(piece);
                }
                Value::Bool(flag) => text.push_str(if *flag { "true" } else { "false" }),
                _ => text.push_str(&self.dig(part)),
            }
            if text.len() > MAX_TEXT {
                return Node::unknown(too_long(), whole.origin.clone());
            }
        }
        Node::string(&text, whole.origin.clone())
    }

    /// Makes a hole of a part, which is settled first.
    fn dig(&mut self, part: &Node) -> String {
        let mut settled = self.settle(part.clone());
        if matches!(settled.value, Value::List(_) | Value::Map(_)) {
            settled.value = Value::Unknown(Why::not_evaluated("a list or map in place of text"));
        }
        self.0.push(settled);
        format!("{OPEN}{}{CLOSE}", self.0.len() - 1)
    }

    fn segments<'a>(&'a self, text: &'a str) -> Vec<Segment<'a>> {
        let mut segments = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(OPEN) {
            let hole = after.split_once(CLOSE).and_then(|(number, after)| {
                let index: usize = number.parse().ok()?;
                Some((self.0.get(index)?, after))
            });
            if !before.is_empty() {
                segments.push(Segment::Text(before));
            }
            match hole {
                Some((node, after)) => {
                    segments.push(Segment::Hole(node));
                    rest = after;
                }
                None => rest = after,
            }
        }
        if !rest.is_empty() {
            segments.push(Segment::Text(rest));
        }
        segments
    }

    /// Fills the holes: a text that is one hole becomes that node, one with an unknown part is
    /// unknown.
    pub(super) fn settle(&self, mut node: Node) -> Node {
        node.value = match node.value {
            Value::String(text) if has_hole(&text) => {
                let segments = self.segments(&text);
                if let [Segment::Hole(part)] = segments.as_slice() {
                    // Where the part stands says more than where the whole text begins.
                    node.origin = part.origin.clone();
                    node.object = part.object.clone();
                    part.value.clone()
                } else {
                    fill(&segments)
                }
            }
            Value::List(items) => {
                Value::List(items.into_iter().map(|item| self.settle(item)).collect())
            }
            Value::Map(entries) => Value::Map(
                entries
                    .into_iter()
                    .map(|(key, value)| (self.settle(key), self.settle(value)))
                    .collect(),
            ),
            other => other,
        };
        node
    }

    /// A policy document: a map, or text that holds JSON. What is unknown becomes numbered symbols,
    /// and the text around it stays.
    pub(super) fn document(&self, node: &Node) -> Fact<PolicyDocument> {
        let origin = node.origin.clone();
        let mut unknown = Vec::new();
        let text = match &node.value {
            Value::Unknown(why) => return Fact::unknown_at(why.clone(), origin),
            Value::String(text) => self.symbols(text, &mut unknown),
            _ => self.json(node, &mut unknown).to_string(),
        };
        Fact::known(
            PolicyDocument {
                text: text.into(),
                unknown,
            },
            origin,
        )
    }

    fn symbols(&self, text: &str, unknown: &mut Vec<Why>) -> String {
        let mut filled = String::new();
        for segment in self.segments(text) {
            let piece = match segment {
                Segment::Text(text) => Ok(text.to_owned()),
                Segment::Hole(part) => shown(part).ok_or_else(|| reason(part)),
            };
            match piece {
                Ok(piece) if filled.len() + piece.len() <= MAX_TEXT => filled.push_str(&piece),
                piece => {
                    unknown.push(piece.err().unwrap_or_else(too_long));
                    filled.push_str(&symbol::unknown(unknown.len() - 1));
                }
            }
        }
        filled
    }

    /// The node as JSON, with symbols for what is unknown.
    pub(super) fn json(&self, node: &Node, unknown: &mut Vec<Why>) -> Json {
        match &node.value {
            Value::String(text) if has_hole(text) => Json::String(self.symbols(text, unknown)),
            Value::List(items) => {
                Json::Array(items.iter().map(|item| self.json(item, unknown)).collect())
            }
            Value::Map(entries) => Json::Object(
                entries
                    .iter()
                    .map(|(key, value)| {
                        let key = self.symbols(key.as_str().unwrap_or_default(), unknown);
                        (key, self.json(value, unknown))
                    })
                    .collect(),
            ),
            _ => node.to_json(unknown),
        }
    }

    /// The node as JSON text in which the holes stay, for a text that is parsed again.
    pub(super) fn json_text(&mut self, node: &Node) -> Json {
        match &node.value {
            Value::List(items) => {
                Json::Array(items.iter().map(|item| self.json_text(item)).collect())
            }
            Value::Map(entries) => Json::Object(
                entries
                    .iter()
                    .map(|(key, value)| {
                        let key = key.as_str().unwrap_or_default().to_owned();
                        (key, self.json_text(value))
                    })
                    .collect(),
            ),
            Value::Unknown(_) => Json::String(self.dig(node)),
            Value::String(_) if node.object.is_some() => Json::String(self.dig(node)),
            _ => node.to_json(&mut Vec::new()),
        }
    }
}

fn fill(segments: &[Segment<'_>]) -> Value {
    let mut text = String::new();
    for segment in segments {
        match segment {
            Segment::Text(piece) => text.push_str(piece),
            Segment::Hole(part) => match shown(part) {
                Some(piece) => text.push_str(&piece),
                None => return Value::Unknown(reason(part)),
            },
        }
        if text.len() > MAX_TEXT {
            return Value::Unknown(too_long());
        }
    }
    Value::String(text.into())
}

fn too_long() -> Why {
    Why::not_evaluated("a text longer than 1 MB")
}

fn shown(part: &Node) -> Option<String> {
    part.text_fact().value().cloned()
}

fn reason(part: &Node) -> Why {
    part.text_fact()
        .why()
        .cloned()
        .unwrap_or_else(|| Why::not_evaluated("a part of a text"))
}
