//! The items of a list in YAML, and where they stand.

use saphyr_parser::{Event, Parser, StrInput};
use serde_json::{Value, json};

/// Lists of lists of lists are no mapping of roles.
const MAX_DEPTH: usize = 16;

/// A list and the places of its items, in bytes.
pub(super) struct Items {
    pub(super) list: Vec<Item>,
    /// Whether it is written in brackets.
    pub(super) is_flow: bool,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// An item of the list.
pub(super) struct Item {
    /// Where it begins: in a list of lines, at the beginning of the line of its dash.
    pub(super) start: usize,
    /// Behind its last byte: in a list of lines, behind its last line that is no comment.
    pub(super) end: usize,
    /// The column of its dash.
    pub(super) indentation: usize,
    /// Keys and values as pairs; text only, whatever YAML would make of it.
    pub(super) content: Value,
    pub(super) role_arn: Option<String>,
    /// Where the value of `rolearn` begins.
    pub(super) role_at: usize,
}

impl Item {
    pub(super) fn is_of(&self, role_arn: &str) -> bool {
        self.role_arn.as_deref() == Some(role_arn)
    }

    /// A field by name; keys match in any letter case, as the authenticator's do.
    pub(super) fn field(&self, name: &str) -> Option<&Value> {
        let mut pairs = self.content.as_array()?.iter();
        let pair = pairs.rfind(|pair| names(pair, name))?;
        pair.get(1)
    }

    /// The content with another role, where it is of this one.
    pub(super) fn renamed(&self, from: &str, to: &str) -> Value {
        let mut content = self.content.clone();
        if self.is_of(from) {
            for pair in content.as_array_mut().into_iter().flatten() {
                if names(pair, "rolearn")
                    && let Some(value) = pair.get_mut(1)
                {
                    *value = json!(to);
                }
            }
        }
        content
    }
}

fn names(pair: &Value, name: &str) -> bool {
    let key = pair.get(0).and_then(Value::as_str);
    key.is_some_and(|key| key.eq_ignore_ascii_case(name))
}

impl Items {
    pub(super) fn of<'a>(&'a self, role_arn: &'a str) -> impl Iterator<Item = &'a Item> {
        self.list.iter().filter(|item| item.is_of(role_arn))
    }

    pub(super) fn contents(&self) -> Vec<Value> {
        self.list.iter().map(|item| item.content.clone()).collect()
    }

    /// Reads a list.
    ///
    /// # Errors
    /// Why the text is not one that can be edited.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let mut items = Self {
            list: Vec::new(),
            is_flow: false,
            start: 0,
            end: 0,
        };
        let Some(root) = tree(text)? else {
            return Ok(items);
        };
        let Shape::List(nodes) = root.shape else {
            return Err("it is not a list".to_owned());
        };
        (items.start, items.end) = (root.start, root.end);
        items.is_flow = byte(text, root.start) == Some(b'[');
        for node in nodes {
            items.list.push(item(text, node, items.is_flow)?);
        }
        if !items.is_flow {
            let ends: Vec<usize> = items.list.iter().skip(1).map(|item| item.start).collect();
            let ends = ends.into_iter().chain([text.len()]);
            for (item, end) in items.list.iter_mut().zip(ends) {
                item.end = without_comments(text, item.start, end);
            }
        }
        Ok(items)
    }
}

fn item(text: &str, node: Node, is_flow: bool) -> Result<Item, String> {
    let mut item = Item {
        start: node.start,
        end: node.end,
        indentation: 0,
        content: content(&node.shape),
        role_arn: None,
        role_at: 0,
    };
    if let Shape::Map(pairs) = &node.shape {
        for (key, value) in pairs {
            let is_role =
                matches!(&key.shape, Shape::Text(key) if key.eq_ignore_ascii_case("rolearn"));
            if let (true, Shape::Text(role)) = (is_role, &value.shape) {
                item.role_arn = Some(role.clone());
                item.role_at = value.start;
            }
        }
    }
    if !is_flow {
        let before = text.get(..node.start).unwrap_or_default().trim_end();
        let dash = before
            .strip_suffix('-')
            .ok_or("an item's dash is not right before the item")?
            .len();
        let line = text.get(..dash).and_then(|text| text.rfind('\n'));
        item.start = line.map_or(0, |line| line + 1);
        item.indentation = dash - item.start;
    }
    Ok(item)
}

/// The end of an item's last line: comments and empty lines after it belong to nobody.
fn without_comments(text: &str, start: usize, end: usize) -> usize {
    let region = text.get(start..end).unwrap_or_default();
    let mut kept = 0;
    let mut at = 0;
    for line in region.split_inclusive('\n') {
        at += line.len();
        let line = line.trim();
        if !(line.is_empty() || line.starts_with('#')) {
            kept = at;
        }
    }
    start + kept
}

fn byte(text: &str, at: usize) -> Option<u8> {
    text.as_bytes().get(at).copied()
}

struct Node {
    shape: Shape,
    start: usize,
    end: usize,
}

enum Shape {
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
}

fn content(shape: &Shape) -> Value {
    match shape {
        Shape::Text(text) => json!(text),
        Shape::List(nodes) => nodes.iter().map(|node| content(&node.shape)).collect(),
        Shape::Map(pairs) => {
            let pairs = pairs.iter();
            pairs
                .map(|(key, value)| json!([content(&key.shape), content(&value.shape)]))
                .collect()
        }
    }
}

/// The one document of a text; none where it holds nothing.
fn tree(text: &str) -> Result<Option<Node>, String> {
    // The parser counts characters.
    let mut bytes: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    bytes.push(text.len());
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(text.len());
    let mut open: Vec<(Node, Vec<Node>)> = Vec::new();
    let mut root = None;
    let mut documents = 0;
    let mut parser: Parser<'_, StrInput<'_>> = Parser::new_from_str(text);
    while let Some(next) = parser.next_event() {
        let (event, span) = next.map_err(|error| format!("it is not YAML: {error}"))?;
        let (start, end) = (byte(span.start.index()), byte(span.end.index()));
        let anchor = match &event {
            Event::Scalar(_, _, anchor, tag) => *anchor != 0 || tag.is_some(),
            Event::SequenceStart(anchor, tag) | Event::MappingStart(anchor, tag) => {
                *anchor != 0 || tag.is_some()
            }
            Event::Alias(_) => true,
            _ => false,
        };
        if anchor {
            return Err("it uses anchors, aliases or tags".to_owned());
        }
        let finished = match event {
            Event::DocumentStart(_) => {
                documents += 1;
                if documents > 1 {
                    return Err("it holds more than one document".to_owned());
                }
                continue;
            }
            Event::Scalar(value, ..) => Node {
                shape: Shape::Text(value.into_owned()),
                start,
                end,
            },
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                if open.len() >= MAX_DEPTH {
                    return Err("it nests too deeply".to_owned());
                }
                let shape = match event {
                    Event::SequenceStart(..) => Shape::List(Vec::new()),
                    _ => Shape::Map(Vec::new()),
                };
                open.push((Node { shape, start, end }, Vec::new()));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some((mut node, parts)) = open.pop() else {
                    continue;
                };
                node.end = end;
                match &mut node.shape {
                    Shape::List(list) => *list = parts,
                    Shape::Map(pairs) => {
                        let mut parts = parts.into_iter();
                        while let (Some(key), Some(value)) = (parts.next(), parts.next()) {
                            pairs.push((key, value));
                        }
                    }
                    Shape::Text(_) => {}
                }
                node
            }
            _ => continue,
        };
        match open.last_mut() {
            Some((_, parts)) => parts.push(finished),
            None => root = Some(finished),
        }
    }
    let is_nothing = |node: &Node| matches!(&node.shape, Shape::Text(text) if matches!(text.as_str(), "" | "~" | "null"));
    Ok(root.filter(|root| !is_nothing(root)))
}
