//! A resource's arguments: what the plan knows, and in place of what it leaves out what [`follow`]
//! finds.
//!
//! [`follow`]: super::follow

use rolecall_facts::{Origin, Why};

use super::configuration::is_expression;
use super::instances::Instance;
use super::wanted::Wanted;
use super::{Place, Plan};
use crate::tree::{Node, Value};

/// One argument under evaluation.
#[derive(Clone, Copy)]
struct Argument<'p> {
    /// The innermost name, which says what kind of value it takes.
    name: &'p str,
    depth: usize,
}

impl<'a> Plan<'a> {
    /// All arguments of an instance. One that is neither known nor written in the configuration is
    /// the provider's to fill in, and left out.
    pub(super) fn body(&self, instance: &Instance<'a>, depth: usize) -> Node {
        let unknown = instance.after_unknown();
        let mut names: Vec<&Node> = instance.values.entries().map(|(name, _)| name).collect();
        for (name, _) in unknown.into_iter().flat_map(Node::entries) {
            if instance
                .values
                .entry(name.as_str().unwrap_or_default())
                .is_none()
            {
                names.push(name);
            }
        }
        let entries = names
            .into_iter()
            .filter_map(|name| {
                let value = self.argument(instance, name.as_str()?, depth)?;
                Some((name.clone(), value))
            })
            .collect();
        let origin = instance.place.origin.clone().with_address(instance.address);
        Node::new(Value::Map(entries), origin)
    }

    /// One argument of an instance.
    pub(super) fn argument(
        &self,
        instance: &Instance<'a>,
        name: &str,
        depth: usize,
    ) -> Option<Node> {
        let resource = self
            .configuration
            .resource(&instance.module.call_path(), &instance.local);
        let place = Place {
            module: &instance.module,
            key: &instance.key,
            for_each: resource.and_then(|resource| resource.get("for_each_expression")),
        };
        let value = instance.values.get(name);
        let unknown = instance
            .after_unknown()
            .and_then(|unknown| unknown.get(name));
        let expression = resource.and_then(|resource| resource.at(&["expressions", name]));
        let argument = Argument { name, depth };
        let mut node = self.complete(instance, &place, argument, value, unknown, expression)?;
        set_address(&mut node, instance.address);
        Some(node)
    }

    fn complete(
        &self,
        instance: &Instance<'a>,
        place: &Place<'a, '_>,
        argument: Argument<'_>,
        value: Option<&Node>,
        unknown: Option<&Node>,
        expression: Option<&'a Node>,
    ) -> Option<Node> {
        let open = unknown.map_or(0, count_unknown);
        if open == 0 {
            return self.known(place, argument, value?, expression);
        }
        let Some(expression) = expression else {
            // Computed by the provider, or inside a dynamic block, which plans do not describe.
            return value.map(|value| {
                let why = after_apply(argument.name, instance.address);
                merge(Some(value), unknown, &instance.place.origin, &mut || {
                    why.clone()
                })
            });
        };
        if is_expression(expression) {
            let mut found = self.fill(instance, place, argument, expression, open);
            let mut fill = || {
                found
                    .next()
                    .unwrap_or_else(|| after_apply(argument.name, ""))
            };
            return Some(merge(value, unknown, &instance.place.origin, &mut fill));
        }
        if expression.items().is_empty() && !matches!(expression.value, Value::Map(_)) {
            return value.cloned();
        }
        let Some(value) = value else {
            let why = after_apply(argument.name, instance.address);
            return Some(merge(None, unknown, &instance.place.origin, &mut || {
                why.clone()
            }));
        };
        Some(self.blocks(instance, place, argument, value, unknown, expression))
    }

    /// A known value; a name or ARN is tied to the object it comes from.
    fn known(
        &self,
        place: &Place<'a, '_>,
        argument: Argument<'_>,
        value: &Node,
        expression: Option<&'a Node>,
    ) -> Option<Node> {
        let mut node = value.clone();
        let Some(expression) = expression else {
            return Some(node);
        };
        match &mut node.value {
            Value::String(text)
                if is_expression(expression) && Wanted::by(argument.name).is_identity() =>
            {
                node.object = self.object_of(place, expression, text, argument.depth);
            }
            Value::List(items) if !is_expression(expression) => {
                for (item, block) in items.iter_mut().zip(expression.items()) {
                    self.known_block(place, argument, item, block);
                }
            }
            _ => {}
        }
        Some(node)
    }

    fn known_block(
        &self,
        place: &Place<'a, '_>,
        argument: Argument<'_>,
        block: &mut Node,
        expressions: &'a Node,
    ) {
        let Value::Map(entries) = &mut block.value else {
            return;
        };
        for (name, value) in entries {
            let Some(name) = name.as_str() else { continue };
            let argument = Argument { name, ..argument };
            let expression = expressions.get(name);
            if let Some(known) = self.known(place, argument, value, expression) {
                *value = known;
            }
        }
    }

    /// Blocks with open parts. Sets of blocks come in another order than they are written, so each
    /// is paired with expressions whose constants it has.
    fn blocks(
        &self,
        instance: &Instance<'a>,
        place: &Place<'a, '_>,
        argument: Argument<'_>,
        value: &Node,
        unknown: Option<&Node>,
        expression: &'a Node,
    ) -> Node {
        let mut node = value.clone();
        match &mut node.value {
            Value::List(items) => {
                let unknown_items = unknown.map_or(&[][..], Node::items);
                for (index, item) in items.iter_mut().enumerate() {
                    let written = expression.items();
                    let fits = |block: &&Node| has_constants(item, block);
                    let block = written.get(index).filter(fits);
                    let block = block.or_else(|| written.iter().find(fits));
                    let unknown = unknown_items.get(index);
                    if let Some(whole) =
                        self.complete(instance, place, argument, Some(item), unknown, block)
                    {
                        *item = whole;
                    }
                }
            }
            Value::Map(entries) => {
                complete_names(entries, unknown);
                for (name, value) in entries.iter_mut() {
                    let Some(name) = name.as_str() else { continue };
                    let argument = Argument { name, ..argument };
                    let unknown = unknown.and_then(|unknown| unknown.get(name));
                    let known = Some(&*value).filter(|value| value.value != Value::Null);
                    let expression = expression.get(name);
                    let whole =
                        self.complete(instance, place, argument, known, unknown, expression);
                    if let Some(whole) = whole {
                        *value = whole;
                    }
                }
            }
            _ => {}
        }
        node
    }

    /// Values for the open parts of one expression: where it has as many open parts as open sources,
    /// they are taken in order.
    fn fill(
        &self,
        instance: &Instance<'a>,
        place: &Place<'a, '_>,
        argument: Argument<'_>,
        expression: &'a Node,
        open: usize,
    ) -> std::vec::IntoIter<Node> {
        let wanted = Wanted::by(argument.name);
        let found = match self.open_sources(place, expression, wanted, argument.depth) {
            Ok(sources) if sources.len() == open => sources,
            Ok(_) => vec![after_apply(argument.name, instance.address); open],
            Err(why) => {
                let detail = format!("`{}` of `{}` ({why})", argument.name, instance.address);
                let unknown = Node::unknown(Why::after_apply(detail), NOWHERE.clone());
                vec![unknown; open]
            }
        };
        found.into_iter()
    }
}

/// Stands for a place until [`merge`] gives the value one.
static NOWHERE: std::sync::LazyLock<Origin> =
    std::sync::LazyLock::new(|| Origin::file(&"".into(), 0, 0, 0));

fn after_apply(name: &str, address: &str) -> Node {
    let detail = format!("`{name}` of `{address}`");
    Node::unknown(Why::after_apply(detail), NOWHERE.clone())
}

/// How many parts `after_unknown` marks.
fn count_unknown(unknown: &Node) -> usize {
    match &unknown.value {
        Value::Bool(true) => 1,
        Value::List(items) => items.iter().map(count_unknown).sum(),
        Value::Map(entries) => entries.iter().map(|(_, value)| count_unknown(value)).sum(),
        _ => 0,
    }
}

/// The known value with every part that `unknown` marks filled in.
fn merge(
    value: Option<&Node>,
    unknown: Option<&Node>,
    origin: &Origin,
    fill: &mut dyn FnMut() -> Node,
) -> Node {
    let origin = value.map_or(origin, |value| &value.origin);
    let Some(unknown) = unknown else {
        return value
            .cloned()
            .unwrap_or_else(|| Node::new(Value::Null, origin.clone()));
    };
    match &unknown.value {
        Value::Bool(true) => Node {
            origin: origin.clone(),
            ..fill()
        },
        Value::List(marks) => {
            let known = value.map_or(&[][..], Node::items);
            let length = known.len().max(marks.len());
            let items = (0..length)
                .map(|index| merge(known.get(index), marks.get(index), origin, fill))
                .collect();
            Node::new(Value::List(items), origin.clone())
        }
        Value::Map(_) => {
            let mut entries: Vec<(Node, Node)> = match value.map(|value| &value.value) {
                Some(Value::Map(entries)) => entries.clone(),
                _ => Vec::new(),
            };
            complete_names(&mut entries, Some(unknown));
            for (name, value) in &mut entries {
                let mark = name.as_str().and_then(|name| unknown.get(name));
                let known = Some(&*value).filter(|value| value.value != Value::Null);
                *value = merge(known, mark, origin, fill);
            }
            Node::new(Value::Map(entries), origin.clone())
        }
        _ => value
            .cloned()
            .unwrap_or_else(|| Node::new(Value::Null, origin.clone())),
    }
}

/// Adds the names that only `unknown` has, with null for a value.
fn complete_names(entries: &mut Vec<(Node, Node)>, unknown: Option<&Node>) {
    for (name, mark) in unknown.into_iter().flat_map(Node::entries) {
        let is_there = entries.iter().any(|(known, _)| known.value == name.value);
        if !is_there && count_unknown(mark) > 0 {
            entries.push((name.clone(), Node::new(Value::Null, name.origin.clone())));
        }
    }
}

/// Whether a block has the constants that its expressions write.
fn has_constants(block: &Node, expressions: &Node) -> bool {
    expressions.entries().all(|(name, expression)| {
        let constant = expression.get("constant_value");
        let value = name.as_str().and_then(|name| block.get(name));
        match (constant, value) {
            (Some(constant), Some(value)) => {
                constant.to_json(&mut Vec::new()) == value.to_json(&mut Vec::new())
            }
            _ => true,
        }
    })
}

fn set_address(node: &mut Node, address: &str) {
    let origin = std::mem::replace(&mut node.origin, NOWHERE.clone());
    node.origin = origin.with_address(address);
    match &mut node.value {
        Value::List(items) => items.iter_mut().for_each(|item| set_address(item, address)),
        Value::Map(entries) => {
            for (_, value) in entries {
                set_address(value, address);
            }
        }
        _ => {}
    }
}
