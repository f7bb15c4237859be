//! Configurations: the `.tf`, `.tofu` and `.tf.json` files of a root module and of the local modules
//! it calls.
//!
//! Everything is evaluated on demand and once ([`evaluator`]), into nodes that may be unknown. Three
//! outcomes are kept apart: a value, an unknown value with its reason, and a fault, which is what
//! Terraform would stop at and `try` catches.

mod block;
mod data;
mod evaluator;
mod expression;
mod file;
mod functions;
mod instances;
mod module;
mod provider;
mod references;
mod resource;
mod scope;
mod select;
mod template;
mod traversal;
mod value;
mod variable;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use rolecall_facts::Why;

use super::resource::{Change, Declared, Gap, KINDS, Resource};
use crate::output::Output;
use crate::tree::{Node, Value};
use crate::{Diagnostic, Source};

pub(crate) use module::installed;
pub(crate) use references::Locals;

use evaluator::Evaluator;
use module::{Call, Callee, Modules};
use resource::{Expansion, PLAN_HELP, address, resource_block};
use scope::{Instance, Key};

/// Evaluation follows references through the whole configuration, and is given a stack to match.
const STACK_BYTES: usize = 256 << 20;

/// Reads the root module of a folder with the local modules it calls; returns the files that were
/// read. `folders` holds the files of all folders that were given, by real path; the folder of a
/// module that is not among them is read from disk.
pub(crate) fn read_folder(
    dir: &Path,
    folders: &BTreeMap<PathBuf, Vec<Source>>,
    out: &mut Output,
) -> Vec<Source> {
    let mut modules = Modules::load(dir, folders);
    let root = dir.to_string_lossy();
    out.diagnostics.append(&mut modules.diagnostics);
    let read = std::thread::scope(|threads| {
        let evaluate = || evaluate(&modules, &root, dir);
        let thread = std::thread::Builder::new()
            .stack_size(STACK_BYTES)
            .spawn_scoped(threads, evaluate);
        thread.ok().and_then(|thread| thread.join().ok())
    });
    match read {
        Some((read, files)) => {
            out.append(read);
            modules.sources.extend(files);
        }
        None => {
            let origin = Source::new(&root, "").at(1, 1, 0);
            let message = "the configuration could not be evaluated";
            out.diagnostics.push(Diagnostic::error(message, origin));
        }
    }
    modules.sources
}

/// What a root module declares, and the files that its functions read.
fn evaluate(modules: &Modules, root: &str, dir: &Path) -> (Output, Vec<Source>) {
    let evaluator = Evaluator::new(modules, root, module::normal(dir));
    let mut declared = Declared::default();
    if let Ok(instance) = evaluator.instance(0, None) {
        evaluator.read_providers(&instance);
        evaluator.collect(&instance, None, &mut declared);
    }
    let mut out = Output::default();
    declared.read_into(&mut out);
    let files = evaluator.files.take();
    out.diagnostics.extend(evaluator.into_diagnostics());
    (out, files)
}

impl<'a> Evaluator<'a> {
    /// Adds what a module instance and those it calls declare. `uncertain` says why it is open
    /// whether the module is called at all.
    fn collect(
        &self,
        instance: &Rc<Instance<'a>>,
        uncertain: Option<&Why>,
        declared: &mut Declared,
    ) {
        for (index, block) in instance.module.resources.iter().enumerate() {
            if &*block.kind != "resource" || !KINDS.contains(&block.label(0)) {
                continue;
            }
            match self.keys(instance, index) {
                Ok(keys) => {
                    if let Expansion::Open(Key::Open(why)) = &*keys {
                        let address = address(instance, block, &Key::None);
                        self.say_open(&address, why, &block.origin);
                    }
                    for key in all(&keys) {
                        self.add(instance, index, key, uncertain, declared);
                    }
                }
                Err(fault) => {
                    let why = Rc::new(fault.into_unknown(block.origin.clone()));
                    let address = address(instance, block, &Key::None);
                    self.say_open(&address, &why, &block.origin);
                    self.add(instance, index, &Key::Open(why), uncertain, declared);
                }
            }
        }
        for (name, call) in &instance.module.calls {
            self.collect_call(instance, name, call, uncertain, declared);
        }
    }

    fn collect_call(
        &self,
        instance: &Rc<Instance<'a>>,
        name: &'a str,
        call: &'a Call,
        uncertain: Option<&Why>,
        declared: &mut Declared,
    ) {
        if let Callee::Unreadable(why) = &call.callee {
            let inputs = self.body(
                &call.block.body,
                instance,
                &Key::None,
                None,
                &call.block.origin,
            );
            declared.gaps.push(Gap {
                why: why.clone(),
                inputs: inputs.into_iter().collect(),
            });
            if may_matter(name, call) {
                let message = format!("what this module makes is not known: {why}");
                let note = Diagnostic::note(message, call.block.origin.clone());
                self.say(note.with_help(PLAN_HELP));
            }
            return;
        }
        match self.module_instances(instance, name, call) {
            Ok(children) => {
                if let Expansion::Open(child) = &*children {
                    let why = child.caller.as_ref().map(|caller| &caller.key);
                    if let Some(Key::Open(why)) = why {
                        let address = instance.path.address_of(&format!("module.{name}"));
                        self.say_open(&address, why, &call.block.origin);
                        let why = why.text_fact().why().cloned();
                        self.collect(child, why.as_ref().or(uncertain), declared);
                    }
                    return;
                }
                for child in all(&children) {
                    self.collect(child, uncertain, declared);
                }
            }
            Err(fault) => {
                let message = format!("`module.{name}`: {}", fault.message);
                self.say(Diagnostic::note(message, call.block.origin.clone()));
            }
        }
    }

    fn add(
        &self,
        instance: &Rc<Instance<'a>>,
        index: usize,
        key: &Key,
        uncertain: Option<&Why>,
        declared: &mut Declared,
    ) {
        let Ok(block) = resource_block(instance, index) else {
            return;
        };
        let address = address(instance, block, key);
        let mut body = self
            .body(&block.body, instance, key, None, &block.origin)
            .unwrap_or_else(|_| Node::new(Value::Map(Vec::new()), block.origin.clone()));
        if let Value::Map(arguments) = &mut body.value {
            for (name, value) in arguments {
                if !DOCUMENTS.contains(&name.as_str().unwrap_or_default()) {
                    write_encoded(value);
                }
            }
        }
        set_address(&mut body, &address);
        let open = match key {
            Key::Open(why) => why.text_fact().why().cloned(),
            _ => None,
        };
        declared.resources.push(Resource {
            kind: block.label(0).into(),
            id: self.id(&address),
            address: address.into(),
            body,
            environment: self.environment(instance, block),
            cluster: self.cluster(instance, block),
            change: Change::Kept,
            uncertain: open.or_else(|| uncertain.cloned()),
        });
    }
}

/// Whether a module that cannot be read is worth a word: most make networks, buckets and databases.
fn may_matter(name: &str, call: &Call) -> bool {
    const WORDS: [&str; 9] = [
        "eks",
        "iam",
        "irsa",
        "role",
        "karpenter",
        "node",
        "cluster",
        "kube",
        "access",
    ];
    let source = call
        .block
        .body
        .attribute("source")
        .and_then(module::literal);
    WORDS
        .iter()
        .any(|word| name.contains(word) || source.as_ref().is_none_or(|s| s.contains(word)))
}

/// All instances of an expansion.
fn all<T>(expansion: &Expansion<T>) -> Vec<&T> {
    match expansion {
        Expansion::One(only) | Expansion::Open(only) => vec![only],
        Expansion::Count(all) => all.iter().collect(),
        Expansion::Each(all) => all.iter().map(|(_, item)| item).collect(),
    }
}

/// Arguments that hold a document, which is read as the value it was written as.
const DOCUMENTS: [&str; 5] = [
    "assume_role_policy",
    "inline_policy",
    "manifest",
    "policy",
    "yaml_body",
];

/// Writes the text that encoded values stand for, where all of it is known.
fn write_encoded(node: &mut Node) {
    if value::is_encoded(node) {
        if let Ok(value::Text::Known(text)) = value::text(node) {
            *node = Node::string(&text, node.origin.clone());
        }
        return;
    }
    if let Value::Map(entries) = &mut node.value {
        entries
            .iter_mut()
            .for_each(|(_, value)| write_encoded(value));
    }
}

fn set_address(node: &mut Node, address: &str) {
    if node
        .origin
        .as_file()
        .is_some_and(|file| file.address.is_none())
    {
        node.origin = node.origin.clone().with_address(address);
    }
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
