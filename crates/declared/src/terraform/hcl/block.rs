//! The arguments and inner blocks of a block, with what `dynamic` makes.

use std::rc::Rc;

use rolecall_facts::Origin;

use super::evaluator::Evaluator;
use super::expression::{dynamic_blocks, walk};
use super::file::{Attribute, Block, Body, Expr};
use super::scope::{Bound, Instance, Key, Scope};
use super::value::{Eval, open_here};
use crate::tree::{Node, Value};

/// Arguments that are about the block and not the object.
pub(super) const META: [&str; 6] = [
    "count",
    "for_each",
    "provider",
    "depends_on",
    "lifecycle",
    "provisioner",
];

impl<'a> Evaluator<'a> {
    pub(super) fn argument_or_unknown(
        &self,
        instance: &Rc<Instance<'a>>,
        body: &Body,
        key: &Key,
        name: &str,
    ) -> Option<Node> {
        match self.argument(instance, body, key, name) {
            Ok(value) => value,
            Err(fault) => {
                let origin = body.attribute(name).map(Attribute::origin);
                let nowhere = Origin::file(&self.root.into(), 1, 1, 0);
                Some(fault.into_unknown(origin.unwrap_or(nowhere)))
            }
        }
    }

    /// An argument or the blocks of a name, as written.
    pub(super) fn argument(
        &self,
        instance: &Rc<Instance<'a>>,
        body: &Body,
        key: &Key,
        name: &str,
    ) -> Eval<Option<Node>> {
        let scope = |file| Scope {
            instance,
            key,
            bound: None,
            file,
            closed: false,
        };
        if let Some(attribute) = body.attribute(name) {
            let scope = scope(&attribute.file);
            let mut value = self.attribute_value(attribute, &scope)?;
            value.origin = attribute.origin();
            return Ok(Some(value));
        }
        let mut blocks = Vec::new();
        let mut origin = None;
        for block in &body.blocks {
            let is_dynamic = &*block.kind == "dynamic" && block.label(0) == name;
            if *block.kind == *name || is_dynamic {
                origin.get_or_insert_with(|| block.origin.clone());
                self.add_block(block, is_dynamic, instance, key, None, &mut blocks)?;
            }
        }
        Ok(origin.map(|origin| Node::new(Value::List(blocks), origin)))
    }

    fn add_block(
        &self,
        block: &Block,
        is_dynamic: bool,
        instance: &Rc<Instance<'a>>,
        key: &Key,
        bound: Option<&Bound<'_>>,
        blocks: &mut Vec<Node>,
    ) -> Eval<()> {
        if is_dynamic {
            return self.dynamic(block, instance, key, bound, blocks);
        }
        let body = self.deeper(|| self.body(&block.body, instance, key, bound, &block.origin))?;
        blocks.push(body);
        Ok(())
    }

    /// A dynamic block makes one block for each element.
    fn dynamic(
        &self,
        block: &Block,
        instance: &Rc<Instance<'a>>,
        key: &Key,
        bound: Option<&Bound<'_>>,
        blocks: &mut Vec<Node>,
    ) -> Eval<()> {
        let Some(for_each) = block.body.attribute("for_each") else {
            return Ok(());
        };
        let content = block
            .body
            .blocks
            .iter()
            .find(|inner| &*inner.kind == "content");
        let Some(content) = content else {
            return Ok(());
        };
        let iterator = block.body.attribute("iterator").and_then(iterator_name);
        let iterator = iterator.unwrap_or_else(|| block.label(0).to_owned());
        let scope = Scope {
            instance,
            key,
            bound,
            file: &for_each.file,
            closed: false,
        };
        let collection = match self.attribute_value(for_each, &scope) {
            Ok(collection) => collection,
            Err(fault) => fault.into_unknown(block.origin.clone()),
        };
        for (element_key, value) in walk(&collection)? {
            let Some((element_key, value)) = element_key.zip(value) else {
                blocks.push(open_here(&collection, &block.origin));
                return Ok(());
            };
            let entries = vec![
                (Node::string("key", block.origin.clone()), element_key),
                (
                    Node::string("value", block.origin.clone()),
                    self.copy(value)?,
                ),
            ];
            let element = Node::new(Value::Map(entries), block.origin.clone());
            let inner = Bound {
                name: &iterator,
                value: &element,
                outer: bound,
            };
            let body = self.deeper(|| {
                self.body(&content.body, instance, key, Some(&inner), &content.origin)
            })?;
            blocks.push(body);
        }
        Ok(())
    }

    /// A block's arguments and inner blocks. An argument at fault is unknown, so that the others
    /// are still read.
    pub(super) fn body(
        &self,
        body: &Body,
        instance: &Rc<Instance<'a>>,
        key: &Key,
        bound: Option<&Bound<'_>>,
        origin: &Origin,
    ) -> Eval {
        let mut entries: Vec<(Node, Node)> = Vec::new();
        for attribute in &body.attributes {
            if META.contains(&&*attribute.name) {
                continue;
            }
            if let ("dynamic", Expr::Json(blocks)) = (&*attribute.name, &attribute.expr) {
                entries.extend(dynamic_blocks(blocks));
                continue;
            }
            let scope = Scope {
                instance,
                key,
                bound,
                file: &attribute.file,
                closed: false,
            };
            let at = attribute.origin();
            let value = match self.attribute_value(attribute, &scope) {
                Ok(value) => Node {
                    origin: at,
                    ..value
                },
                Err(fault) => fault.into_unknown(at),
            };
            entries.push((Node::string(&attribute.name, value.origin.clone()), value));
        }
        for block in &body.blocks {
            let is_dynamic = &*block.kind == "dynamic";
            let name = if is_dynamic {
                block.label(0)
            } else {
                &block.kind
            };
            if META.contains(&name) {
                continue;
            }
            let place = entries
                .iter()
                .position(|(known, _)| known.as_str() == Some(name));
            let place = place.unwrap_or_else(|| {
                let list = Node::new(Value::List(Vec::new()), block.origin.clone());
                entries.push((Node::string(name, block.origin.clone()), list));
                entries.len() - 1
            });
            let mut blocks = Vec::new();
            self.add_block(block, is_dynamic, instance, key, bound, &mut blocks)?;
            if let Some((
                _,
                Node {
                    value: Value::List(list),
                    ..
                },
            )) = entries.get_mut(place)
            {
                list.extend(blocks);
            }
        }
        Ok(Node::new(Value::Map(entries), origin.clone()))
    }
}

/// `iterator = x` names the loop's variable.
fn iterator_name(attribute: &Attribute) -> Option<String> {
    match &attribute.expr {
        Expr::Native(expression) => expression
            .as_variable()
            .map(|name| name.as_str().to_owned())
            .or_else(|| expression.as_str().map(str::to_owned)),
        Expr::Json(node) => node.as_str().map(str::to_owned),
    }
}
