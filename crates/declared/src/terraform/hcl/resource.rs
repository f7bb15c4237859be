//! Blocks that make objects: how many a `count` or `for_each` makes, and their arguments.

use std::rc::Rc;

use rolecall_facts::{Origin, Why};

use super::block::META;
use super::evaluator::{Evaluator, Item, ModuleInstances};
use super::file::{Block, Body};
use super::module::{Call, Callee};
use super::scope::{Caller, Instance, Key, Scope};
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
            if identity::names_its_resource(block.label(0), name) {
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
