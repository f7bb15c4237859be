//! `data.aws_iam_policy_document`: from its blocks to the policy document it renders.

use rolecall_facts::Origin;

use super::resource::blocks;
use crate::Source;
use crate::tree::{Node, Value, json};

/// Marks a value that stands for its own JSON text, as `jsonencode` makes it. Keeping the value lets
/// a document be known in part.
pub(crate) const JSON_TAG: &str = "terraform-json";

/// The document that a data source of these arguments renders.
pub(crate) fn render(body: &Node) -> Node {
    let mut statements = Vec::new();
    for name in ["source_json", "source_policy_documents"] {
        merge_documents(&mut statements, body.get(name));
    }
    for block in body
        .get("statement")
        .into_iter()
        .flat_map(blocks_or_unknown)
    {
        merge(&mut statements, statement(block));
    }
    for name in ["override_json", "override_policy_documents"] {
        merge_documents(&mut statements, body.get(name));
    }
    let origin = body.origin.clone();
    let version = body
        .get("version")
        .cloned()
        .unwrap_or_else(|| Node::string("2012-10-17", origin.clone()));
    let mut document = map(
        vec![
            ("Version", version),
            (
                "Statement",
                Node::new(Value::List(statements), origin.clone()),
            ),
        ],
        origin,
    );
    document.tag = Some(JSON_TAG.into());
    document
}

fn blocks_or_unknown(node: &Node) -> impl Iterator<Item = &Node> {
    node.is_unknown()
        .then_some(node)
        .into_iter()
        .chain(blocks(node))
}

fn map(entries: Vec<(&str, Node)>, origin: Origin) -> Node {
    let entries = entries
        .into_iter()
        .map(|(key, value)| (Node::string(key, value.origin.clone()), value))
        .collect();
    Node::new(Value::Map(entries), origin)
}

fn merge_documents(statements: &mut Vec<Node>, documents: Option<&Node>) {
    let Some(documents) = documents else { return };
    let documents = match &documents.value {
        Value::List(items) => items.as_slice(),
        _ => std::slice::from_ref(documents),
    };
    for document in documents {
        for statement in statements_of(document) {
            merge(statements, statement);
        }
    }
}

/// The statements of a document given as text or value; one unknown statement where it is unknown.
fn statements_of(document: &Node) -> Vec<Node> {
    let parsed;
    let document = match &document.value {
        Value::String(text) if text.trim().is_empty() => return Vec::new(),
        Value::String(text) => match json::parse(&Source::new("-", text)) {
            Ok(value) => {
                parsed = value.moved_to(&document.origin);
                &parsed
            }
            Err(problem) => {
                let why = rolecall_facts::Why::not_evaluated(format!(
                    "a policy document that is not JSON ({})",
                    problem.message
                ));
                return vec![Node::unknown(why, document.origin.clone())];
            }
        },
        _ => document,
    };
    if document.is_unknown() {
        return vec![document.clone()];
    }
    document
        .get("Statement")
        .into_iter()
        .flat_map(blocks_or_unknown)
        .cloned()
        .collect()
}

/// Adds a statement; one with the same `Sid` is replaced, as the provider does it.
fn merge(statements: &mut Vec<Node>, statement: Node) {
    let sid = |node: &Node| node.get("Sid").and_then(Node::as_str).map(str::to_owned);
    let new = sid(&statement).filter(|sid| !sid.is_empty());
    match statements
        .iter_mut()
        .find(|known| new.is_some() && sid(known) == new)
    {
        Some(known) => *known = statement,
        None => statements.push(statement),
    }
}

fn statement(block: &Node) -> Node {
    if block.is_unknown() {
        return block.clone();
    }
    let origin = block.origin.clone();
    let mut entries = Vec::new();
    if let Some(sid) = block.get("sid") {
        entries.push(("Sid", sid.clone()));
    }
    let effect = block.get("effect").cloned();
    entries.push((
        "Effect",
        effect.unwrap_or_else(|| Node::string("Allow", origin.clone())),
    ));
    for (argument, element) in [
        ("actions", "Action"),
        ("not_actions", "NotAction"),
        ("resources", "Resource"),
        ("not_resources", "NotResource"),
    ] {
        if let Some(list) = block.get(argument).filter(|list| !is_empty(list)) {
            entries.push((element, with_variables(list.clone())));
        }
    }
    for (argument, element) in [
        ("principals", "Principal"),
        ("not_principals", "NotPrincipal"),
    ] {
        if let Some(principals) = block.get(argument).filter(|list| !is_empty(list)) {
            entries.push((element, principal(principals)));
        }
    }
    if let Some(conditions) = block.get("condition").filter(|list| !is_empty(list)) {
        entries.push(("Condition", condition(conditions)));
    }
    map(entries, origin)
}

fn is_empty(node: &Node) -> bool {
    matches!(&node.value, Value::List(items) if items.is_empty())
}

/// `&{aws:username}` is written for `${aws:username}`, which Terraform would take for its own.
fn with_variables(mut node: Node) -> Node {
    match &mut node.value {
        Value::String(text) if text.contains("&{") => *text = text.replace("&{", "${").into(),
        Value::List(items) => {
            *items = std::mem::take(items)
                .into_iter()
                .map(with_variables)
                .collect();
        }
        _ => {}
    }
    node
}

fn principal(blocks_node: &Node) -> Node {
    let mut entries: Vec<(Node, Node)> = Vec::new();
    for block in blocks_or_unknown(blocks_node) {
        let (Some(kind), Some(identifiers)) = (block.get("type"), block.get("identifiers")) else {
            return unknown_part(block);
        };
        if kind.is_unknown() {
            return kind.clone();
        }
        let identifiers = with_variables(identifiers.clone());
        if kind.as_str() == Some("*") {
            return Node::string("*", kind.origin.clone());
        }
        add(&mut entries, kind, identifiers);
    }
    Node::new(Value::Map(entries), blocks_node.origin.clone())
}

fn condition(blocks_node: &Node) -> Node {
    let mut tests: Vec<(Node, Node)> = Vec::new();
    for block in blocks_or_unknown(blocks_node) {
        let (Some(test), Some(variable), Some(values)) = (
            block.get("test"),
            block.get("variable"),
            block.get("values"),
        ) else {
            return unknown_part(block);
        };
        if let Some(unknown) = [test, variable].into_iter().find(|part| part.is_unknown()) {
            return unknown.clone();
        }
        let values = with_variables(values.clone());
        let same = tests
            .iter_mut()
            .find(|(known, _)| known.value == test.value);
        match same.map(|(_, variables)| &mut variables.value) {
            Some(Value::Map(variables)) => add(variables, variable, values),
            _ => {
                let variables = Value::Map(vec![(variable.clone(), values)]);
                tests.push((test.clone(), Node::new(variables, block.origin.clone())));
            }
        }
    }
    Node::new(Value::Map(tests), blocks_node.origin.clone())
}

/// Adds a list under a key; a key that is there already gets the items on top.
fn add(entries: &mut Vec<(Node, Node)>, key: &Node, values: Node) {
    match entries
        .iter_mut()
        .find(|(known, _)| known.value == key.value)
    {
        Some((_, known)) => match (&mut known.value, values.value) {
            (Value::List(items), Value::List(more)) => items.extend(more),
            (_, more) => known.value = more,
        },
        None => entries.push((key.clone(), values)),
    }
}

fn unknown_part(block: &Node) -> Node {
    if block.is_unknown() {
        return block.clone();
    }
    let why = rolecall_facts::Why::not_evaluated("a block of the policy document");
    Node::unknown(why, block.origin.clone())
}
