//! The evaluator's memory and its limits.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::path::PathBuf;
use std::rc::Rc;

use rolecall_facts::{ObjectId, Origin, Reference, Why};

use super::module::Modules;
use super::resource::Expansion;
use super::scope::{Caller, Instance, Key};
use super::value::{Eval, Fault, size};
use crate::terraform::environment::Environment;
use crate::tree::Node;
use crate::{Diagnostic, Source};

/// How deep evaluations may nest, through expressions and references together.
const MAX_DEPTH: usize = 1000;
/// How many expressions of one root are evaluated.
const MAX_STEPS: usize = 20_000_000;
/// How many values of one root are made, counting copies.
const MAX_VALUES: usize = 4_000_000;
/// How many module instances one root may have.
const MAX_INSTANCES: usize = 20_000;

/// What is evaluated once and then remembered.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Item<'a> {
    Local(&'a str),
    Variable(&'a str),
    Output(&'a str),
    /// A resource's attribute, by the resource's number, its instance key and the name.
    Attribute(usize, String, String),
    /// How many instances a resource has.
    Resource(usize),
    /// How many instances a module call has.
    Call(&'a str),
}

enum Memory<T> {
    /// Being evaluated: asking for it again is a cycle.
    Open,
    Done(Eval<Rc<T>>),
}

type Remembered<K, T> = RefCell<HashMap<K, Memory<T>>>;
pub(super) type ModuleInstances<'a> = Expansion<Rc<Instance<'a>>>;

/// Evaluates one root module.
pub(super) struct Evaluator<'a> {
    pub(super) modules: &'a Modules,
    /// The scope of object ids: the root folder.
    pub(super) root: &'a str,
    /// The root folder, for `file`.
    pub(super) folder: PathBuf,
    pub(super) environments: RefCell<HashMap<String, Environment>>,
    /// The cluster of each provider of Kubernetes objects.
    pub(super) clusters: RefCell<HashMap<String, Reference<String>>>,
    /// Files that functions read.
    pub(super) files: RefCell<Vec<Source>>,
    values: Remembered<(usize, Item<'a>), Node>,
    expansions: Remembered<(usize, usize), Expansion<Key>>,
    module_instances: Remembered<(usize, &'a str), ModuleInstances<'a>>,
    instances: Cell<usize>,
    depth: Cell<usize>,
    steps: Cell<usize>,
    nodes: Cell<usize>,
    diagnostics: RefCell<Vec<Diagnostic>>,
    said: RefCell<HashSet<String>>,
}

impl<'a> Evaluator<'a> {
    pub(super) fn new(modules: &'a Modules, root: &'a str, folder: PathBuf) -> Self {
        Self {
            modules,
            root,
            folder,
            environments: RefCell::default(),
            clusters: RefCell::default(),
            files: RefCell::default(),
            values: RefCell::default(),
            expansions: RefCell::default(),
            module_instances: RefCell::default(),
            instances: Cell::new(0),
            depth: Cell::new(0),
            steps: Cell::new(0),
            nodes: Cell::new(0),
            diagnostics: RefCell::default(),
            said: RefCell::default(),
        }
    }

    pub(super) fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics.into_inner()
    }

    /// Adds a diagnostic, once.
    pub(super) fn say(&self, diagnostic: Diagnostic) {
        if self.said.borrow_mut().insert(diagnostic.to_string()) {
            self.diagnostics.borrow_mut().push(diagnostic);
        }
    }

    pub(super) fn id(&self, address: &str) -> ObjectId {
        ObjectId::new(self.root, address)
    }

    /// A new instance of a module.
    pub(super) fn instance(
        &self,
        index: usize,
        caller: Option<Caller<'a>>,
    ) -> Eval<Rc<Instance<'a>>> {
        let number = self.instances.get();
        if number >= MAX_INSTANCES {
            return Err(self.too_much("module instances"));
        }
        self.instances.set(number + 1);
        let module = self
            .modules
            .all
            .get(index)
            .ok_or_else(|| Fault::new("a module that was not read"))?;
        let path = match &caller {
            None => crate::terraform::address::ModulePath::default(),
            Some(caller) => {
                let name = caller.call.block.label(0);
                caller.instance.path.child(name, &caller.key.suffix())
            }
        };
        Ok(Rc::new(Instance {
            number,
            module,
            path,
            caller,
        }))
    }

    /// Runs an evaluation one level deeper, within the limits.
    pub(super) fn deeper<T>(&self, evaluate: impl FnOnce() -> Eval<T>) -> Eval<T> {
        let (depth, steps) = (self.depth.get(), self.steps.get());
        if depth >= MAX_DEPTH {
            return Err(self.too_much("levels of references"));
        }
        if steps >= MAX_STEPS || self.nodes.get() >= MAX_VALUES {
            return Err(self.too_much("values"));
        }
        self.steps.set(steps + 1);
        self.depth.set(depth + 1);
        let result = evaluate();
        self.depth.set(depth);
        result
    }

    /// Counts a value that is copied, so that a file cannot make more of them than memory holds.
    pub(super) fn copy(&self, node: &Node) -> Eval {
        self.count(size(node))?;
        Ok(node.clone())
    }

    pub(super) fn count(&self, nodes: usize) -> Eval<()> {
        let total = self.nodes.get().saturating_add(nodes);
        self.nodes.set(total);
        if total >= MAX_VALUES {
            return Err(self.too_much("values"));
        }
        Ok(())
    }

    fn too_much(&self, what: &str) -> Fault {
        let message = format!("the configuration has too many {what} to evaluate");
        let origin = Origin::file(&self.root.into(), 1, 1, 0);
        self.say(Diagnostic::error(message.clone(), origin));
        Fault::new(message)
    }

    /// Evaluates an item once. Asked for while it is being evaluated, it is part of a cycle.
    pub(super) fn once(
        &self,
        instance: &Instance<'a>,
        item: Item<'a>,
        origin: &Origin,
        evaluate: impl FnOnce() -> Eval,
    ) -> Eval<Rc<Node>> {
        let key = (instance.number, item.clone());
        let name = || describe(instance, &item);
        self.remember(&self.values, key, name, origin, evaluate)
    }

    /// The instances of a resource of a module, by the resource's number.
    pub(super) fn expansion_once(
        &self,
        instance: &Instance<'a>,
        resource: usize,
        origin: &Origin,
        evaluate: impl FnOnce() -> Eval<Expansion<Key>>,
    ) -> Eval<Rc<Expansion<Key>>> {
        let key = (instance.number, resource);
        let name = || describe(instance, &Item::Resource(resource));
        self.remember(&self.expansions, key, name, origin, evaluate)
    }

    /// The instances that a module call makes.
    pub(super) fn modules_once(
        &self,
        instance: &Instance<'a>,
        call: &'a str,
        origin: &Origin,
        evaluate: impl FnOnce() -> Eval<ModuleInstances<'a>>,
    ) -> Eval<Rc<ModuleInstances<'a>>> {
        let key = (instance.number, call);
        let name = || describe(instance, &Item::Call(call));
        self.remember(&self.module_instances, key, name, origin, evaluate)
    }

    fn remember<K: Clone + Eq + Hash, T>(
        &self,
        memory: &Remembered<K, T>,
        key: K,
        name: impl Fn() -> String,
        origin: &Origin,
        evaluate: impl FnOnce() -> Eval<T>,
    ) -> Eval<Rc<T>> {
        match memory.borrow().get(&key) {
            Some(Memory::Done(result)) => return result.clone(),
            Some(Memory::Open) => return Err(self.cycle(&name(), origin)),
            None => {}
        }
        memory.borrow_mut().insert(key.clone(), Memory::Open);
        let result = self.deeper(evaluate).map(Rc::new);
        let done = Memory::Done(result.clone());
        memory.borrow_mut().insert(key, done);
        result
    }

    fn cycle(&self, name: &str, origin: &Origin) -> Fault {
        let message = format!("`{name}` refers to itself, in a cycle");
        self.say(Diagnostic::error(message.clone(), origin.clone()));
        Fault::new(message)
    }

    pub(super) fn unknown(&self, detail: &str, origin: &Origin) -> Node {
        Node::unknown(Why::not_evaluated(detail), origin.clone())
    }
}

fn describe(instance: &Instance<'_>, item: &Item<'_>) -> String {
    let resource = |index: &usize| {
        instance
            .module
            .resources
            .get(*index)
            .map_or_else(String::new, |block| {
                let data = if &*block.kind == "data" { "data." } else { "" };
                format!("{data}{}.{}", block.label(0), block.label(1))
            })
    };
    let local = match item {
        Item::Local(name) => format!("local.{name}"),
        Item::Variable(name) => format!("var.{name}"),
        Item::Output(name) => format!("output.{name}"),
        Item::Attribute(index, key, name) => format!("{}{key}.{name}", resource(index)),
        Item::Resource(index) => resource(index),
        Item::Call(name) => format!("module.{name}"),
    };
    instance.path.address_of(&local)
}
