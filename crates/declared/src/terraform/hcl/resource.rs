//! Blocks that make objects: how many a `count` or `for_each` makes, and their arguments.

use std::rc::Rc;

use rolecall_facts::{Origin, Why};

use super::evaluator::{Evaluator, Item, ModuleInstances};
use super::file::{Block, Body};
use super::module::{Call, Callee};
use super::scope::{Bound, Caller, Instance, Key, Scope};
use super::value::{Eval, Fault, RESOURCE_TAG, Text, as_index, open_here, sorted, text};
use crate::Diagnostic;
use crate::terraform::identity;
use crate::tree::{Node, Value};

/// The instances that a block makes.
#[derive(Debug)]
pub(super) enum Expansion<T> {
    /// One, without a key.
    One(T),
    Count(Vec<T>),
    Each(Vec<(Rc<str>, T)>),
    /// Unknown how many; this stands for each of them.
    Open(T),
}

/// How many instances one block may make.
const MAX_INSTANCES: usize = 10_000;

/// Arguments that are about the block and not the object.
const META: [&str; 6] = [
    "count",
    "for_each",
    "provider",
    "depends_on",
    "lifecycle",
    "provisioner",
];

impl<'a> Evaluator<'a> {
    /// The keys of a resource's instances.
    pub(super) fn keys(
        &self,
        instance: &Rc<Instance<'a>>,
        index: usize,
    ) -> Eval<Rc<Expansion<Key>>> {
        let block = resource_block(instance, index)?;
        self.expansion_once(instance, index, &block.origin, || {
            self.expand(&block.body, instance)
        })
    }

    /// The instances of a module call.
    pub(super) fn module_instances(
        &self,
        instance: &Rc<Instance<'a>>,
        name: &'a str,
        call: &'a Call,
    ) -> Eval<Rc<ModuleInstances<'a>>> {
        let Callee::Local(index) = call.callee else {
            return Err(Fault::new(format!("`module.{name}`")));
        };
        self.modules_once(instance, name, &call.block.origin, || {
            let new = |key: Key| {
                let instance = Rc::clone(instance);
                self.instance(
                    index,
                    Some(Caller {
                        instance,
                        call,
                        key,
                    }),
                )
            };
            Ok(match self.expand(&call.block.body, instance)? {
                Expansion::One(key) => Expansion::One(new(key)?),
                Expansion::Open(key) => Expansion::Open(new(key)?),
                Expansion::Count(keys) => {
                    Expansion::Count(keys.into_iter().map(new).collect::<Eval<_>>()?)
                }
                Expansion::Each(keys) => {
                    let all = keys.into_iter().map(|(name, key)| Ok((name, new(key)?)));
                    Expansion::Each(all.collect::<Eval<_>>()?)
                }
            })
        })
    }

    fn expand(&self, body: &Body, instance: &Rc<Instance<'a>>) -> Eval<Expansion<Key>> {
        let argument = |name: &str| {
            let attribute = body.attribute(name)?;
            let scope = Scope {
                instance,
                key: &Key::None,
                bound: None,
                file: &attribute.file,
                closed: false,
            };
            let value = self.attribute_value(attribute, &scope);
            Some(value.unwrap_or_else(|fault| fault.into_unknown(attribute.origin())))
        };
        if let Some(count) = argument("count") {
            return Ok(match as_index(&count)? {
                Some(count) => {
                    let count = usize::try_from(count).unwrap_or(0);
                    self.within_limit(count)?;
                    Expansion::Count((0..count).map(Key::Count).collect())
                }
                None => Expansion::Open(Key::Open(Rc::new(count))),
            });
        }
        let Some(for_each) = argument("for_each") else {
            return Ok(Expansion::One(Key::None));
        };
        match &for_each.value {
            Value::Map(entries) => {
                self.within_limit(entries.len())?;
                let keys = sorted(entries).into_iter().map(|(name, value)| {
                    let key: Rc<str> = name.into();
                    let value = Rc::new(self.copy(value)?);
                    Ok((Rc::clone(&key), Key::Each { key, value }))
                });
                Ok(Expansion::Each(keys.collect::<Eval<_>>()?))
            }
            Value::List(items) => {
                self.within_limit(items.len())?;
                let mut keys: Vec<(Rc<str>, Key)> = Vec::with_capacity(items.len());
                for item in items {
                    let Text::Known(name) = text(item)? else {
                        return Ok(Expansion::Open(Key::Open(Rc::new(item.clone()))));
                    };
                    let key: Rc<str> = name.into();
                    let value = Rc::new(item.clone());
                    keys.push((Rc::clone(&key), Key::Each { key, value }));
                }
                keys.sort_by(|(a, _), (b, _)| a.cmp(b));
                keys.dedup_by(|(a, _), (b, _)| a == b);
                Ok(Expansion::Each(keys))
            }
            Value::Unknown(_) => Ok(Expansion::Open(Key::Open(Rc::new(for_each)))),
            _ => Err(Fault::new("a `for_each` that is neither a map nor a set")),
        }
    }

    fn within_limit(&self, count: usize) -> Eval<()> {
        if count > MAX_INSTANCES {
            let message = format!("a block that makes {count} instances");
            return Err(Fault::new(message));
        }
        self.count(count)
    }

    /// One attribute of a resource or data source.
    pub(super) fn attribute(
        &self,
        instance: &Rc<Instance<'a>>,
        index: usize,
        key: &Key,
        name: &str,
        origin: &Origin,
    ) -> Eval<Rc<Node>> {
        let item = Item::Attribute(index, key.suffix(), name.to_owned());
        self.once(instance, item, origin, || {
            let block = resource_block(instance, index)?;
            if &*block.kind == "data" {
                return self.data(instance, index, key, name, origin);
            }
            let mut node = self.managed(instance, index, key, name, origin)?;
            if identity::names_its_resource(name) {
                node.object = Some(self.id(&address(instance, block, key)));
            }
            // An instance of which it is open whether it is made has no certain value.
            if let Key::Open(why) = key {
                let object = node.object.take();
                node = open_here(why, &node.origin);
                node.object = object;
            }
            Ok(node)
        })
    }

    fn managed(
        &self,
        instance: &Rc<Instance<'a>>,
        index: usize,
        key: &Key,
        name: &str,
        origin: &Origin,
    ) -> Eval {
        let block = resource_block(instance, index)?;
        let written = self.argument(instance, &block.body, key, name)?;
        if let Some(value) = written.filter(|value| value.value != Value::Null) {
            return Ok(value);
        }
        let environment = self.environment(instance, block);
        let mut argument = |name: &str| self.argument_or_unknown(instance, &block.body, key, name);
        let computed =
            identity::computed(block.label(0), name, &environment, origin, &mut argument);
        Ok(computed.unwrap_or_else(|| {
            let address = address(instance, block, key);
            let why = Why::after_apply(format!("`{name}` of `{address}`"));
            Node::unknown(why, origin.clone())
        }))
    }

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
                let origin = body.attribute(name).map(super::file::Attribute::origin);
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
        for (element_key, value) in super::expression::walk(&collection)? {
            let Some((element_key, value)) = element_key.zip(value) else {
                blocks.push(open_here(&collection, &block.origin));
                return Ok(());
            };
            let is_list = matches!(collection.value, Value::List(_));
            let element_key = if is_list {
                self.copy(value)?
            } else {
                element_key
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

    /// A resource as a value: its arguments and what names it.
    pub(super) fn whole(
        &self,
        instance: &Rc<Instance<'a>>,
        index: usize,
        key: &Key,
        origin: &Origin,
    ) -> Eval {
        let block = resource_block(instance, index)?;
        if let Key::Open(why) = key {
            return Ok(open_here(why, origin));
        }
        let mut names: Vec<&str> = vec!["id", "arn", "name"];
        let written = block
            .body
            .attributes
            .iter()
            .map(|attribute| &*attribute.name);
        let blocks = block.body.blocks.iter().map(|inner| match &*inner.kind {
            "dynamic" => inner.label(0),
            kind => kind,
        });
        for name in written.chain(blocks) {
            if !META.contains(&name) && !names.contains(&name) {
                names.push(name);
            }
        }
        if &*block.kind == "data" {
            names.extend(super::data::computed_names(block.label(0)));
        }
        let mut entries = Vec::with_capacity(names.len());
        for name in names {
            let value = match self.attribute(instance, index, key, name, origin) {
                Ok(value) => self.copy(&value)?,
                Err(fault) => fault.into_unknown(origin.clone()),
            };
            entries.push((Node::string(name, origin.clone()), value));
        }
        let mut node = Node::new(Value::Map(entries), origin.clone());
        node.tag = Some(RESOURCE_TAG.into());
        Ok(node)
    }

    /// Says that it is unknown how many objects a block makes.
    pub(super) fn say_open(&self, address: &str, why: &Node, origin: &Origin) {
        let reason = why
            .text_fact()
            .why()
            .map(ToString::to_string)
            .unwrap_or_default();
        let message = format!("it is not known how many of `{address}` are made: {reason}");
        self.say(Diagnostic::note(message, origin.clone()).with_help(PLAN_HELP));
    }
}

/// What to do where a configuration alone does not say enough.
pub(super) const PLAN_HELP: &str = "make a plan and give it as JSON: `terraform plan -out plan.bin && terraform show -json plan.bin > plan.json`";

pub(super) fn resource_block<'a>(instance: &Instance<'a>, index: usize) -> Eval<&'a Block> {
    instance
        .module
        .resources
        .get(index)
        .ok_or_else(|| Fault::new("a resource that is not declared"))
}

/// The address of an instance of a resource.
pub(super) fn address(instance: &Instance<'_>, block: &Block, key: &Key) -> String {
    let data = if &*block.kind == "data" { "data." } else { "" };
    let local = format!(
        "{data}{}.{}{}",
        block.label(0),
        block.label(1),
        key.suffix()
    );
    instance.path.address_of(&local)
}

/// `iterator = x` names the loop's variable.
fn iterator_name(attribute: &super::file::Attribute) -> Option<String> {
    match &attribute.expr {
        super::file::Expr::Native(expression) => expression
            .as_variable()
            .map(|name| name.as_str().to_owned())
            .or_else(|| expression.as_str().map(str::to_owned)),
        super::file::Expr::Json(node) => node.as_str().map(str::to_owned),
    }
}
