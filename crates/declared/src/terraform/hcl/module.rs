//! Modules: folders of configuration files, and the local modules they call.

use std::collections::{BTreeMap, HashMap};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use rolecall_facts::Why;

use super::file::{Attribute, Block, Body, Expr};
use crate::read::{canonical, load};
use crate::tree::{Node, json};
use crate::{Diagnostic, Source};

/// How deep modules may call each other, and how many folders are read for one root.
const MAX_DEPTH: usize = 16;
const MAX_FOLDERS: usize = 500;

/// One folder's declarations.
#[derive(Debug, Default)]
pub(super) struct Module {
    pub(super) folder: PathBuf,
    pub(super) variables: HashMap<Box<str>, Block>,
    pub(super) locals: HashMap<Box<str>, Attribute>,
    pub(super) outputs: BTreeMap<Box<str>, Block>,
    pub(super) calls: BTreeMap<Box<str>, Call>,
    pub(super) providers: Vec<Block>,
    /// Resources and data sources, in the order of the files.
    pub(super) resources: Vec<Block>,
    /// By `type.name`, with `data.` before it for data sources.
    by_local: HashMap<String, usize>,
}

/// A `module` block and what it calls.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) block: Block,
    pub(super) callee: Callee,
}

#[derive(Debug)]
pub(super) enum Callee {
    /// An index into [`Modules::all`].
    Local(usize),
    /// A module whose files are not here.
    Unreadable(Why),
}

impl Module {
    pub(super) fn resource(&self, local: &str) -> Option<(usize, &Block)> {
        let index = *self.by_local.get(local)?;
        Some((index, self.resources.get(index)?))
    }

    fn add(&mut self, block: Block) {
        match &*block.kind {
            "variable" => drop(self.variables.insert(block.label(0).into(), block)),
            "output" => drop(self.outputs.insert(block.label(0).into(), block)),
            "provider" => self.providers.push(block),
            "locals" => {
                let locals = block.body.attributes.into_iter();
                self.locals
                    .extend(locals.map(|local| (local.name.clone(), local)));
            }
            "module" => {
                let callee = Callee::Unreadable(Why::not_given("the module"));
                let call = Call { callee, block };
                self.calls.insert(call.block.label(0).into(), call);
            }
            "resource" | "data" => {
                let data = if &*block.kind == "data" { "data." } else { "" };
                let local = format!("{data}{}.{}", block.label(0), block.label(1));
                self.by_local.insert(local, self.resources.len());
                self.resources.push(block);
            }
            _ => {}
        }
    }

    /// A block of an override file replaces the arguments it names (Terraform documentation,
    /// "Override Files").
    fn override_with(&mut self, block: Block) {
        let known = match &*block.kind {
            "variable" => self.variables.get_mut(block.label(0)),
            "output" => self.outputs.get_mut(block.label(0)),
            "module" => self
                .calls
                .get_mut(block.label(0))
                .map(|call| &mut call.block),
            "resource" | "data" => {
                let data = if &*block.kind == "data" { "data." } else { "" };
                let local = format!("{data}{}.{}", block.label(0), block.label(1));
                let index = self.by_local.get(&local).copied();
                index.and_then(|index| self.resources.get_mut(index))
            }
            _ => None,
        };
        let Some(known) = known else {
            self.add(block);
            return;
        };
        for attribute in block.body.attributes {
            known
                .body
                .attributes
                .retain(|other| other.name != attribute.name);
            known.body.attributes.push(attribute);
        }
        for nested in &block.body.blocks {
            known.body.blocks.retain(|other| other.kind != nested.kind);
        }
        known.body.blocks.extend(block.body.blocks);
    }
}

/// A root module with all modules it reaches; the root is the first.
#[derive(Debug, Default)]
pub(super) struct Modules {
    pub(super) all: Vec<Module>,
    by_folder: HashMap<PathBuf, usize>,
    /// Values for the root's variables, in the order in which Terraform takes them.
    pub(super) inputs: Vec<Attribute>,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// The files that were read.
    pub(super) sources: Vec<Source>,
    /// Where `terraform init` put modules of other sources, by the path of calls, `eks.kms`.
    installed: HashMap<String, PathBuf>,
}

/// A folder whose calls are being looked at, and the name by which it was called.
struct Caller {
    folder: PathBuf,
    name: String,
}

impl Modules {
    /// Reads a root module and the local modules it calls.
    pub(super) fn load(folder: &Path, folders: &BTreeMap<PathBuf, Vec<Source>>) -> Self {
        let mut modules = Self::default();
        let files = folders.get(&canonical(folder));
        let mut values: Vec<&Source> = files
            .into_iter()
            .flatten()
            .filter(|source| is_loaded_tfvars(&source.path))
            .collect();
        // `terraform.tfvars` first, then the others by name; the last value counts.
        values.sort_by_key(|source| {
            let name = file_name(&source.path).to_owned();
            (!name.starts_with("terraform.tfvars"), name)
        });
        for source in values {
            modules.sources.push(source.clone());
            match Body::parse(source) {
                Ok(body) => modules.inputs.extend(body.attributes),
                Err(problem) => modules.diagnostics.push(problem),
            }
        }
        if let Some(files) = files {
            let folder = normal(folder);
            modules.installed = installed(&folder);
            modules.add_folder(
                folder,
                String::new(),
                files.clone(),
                folders,
                &mut Vec::new(),
            );
        }
        modules
    }

    fn add_folder(
        &mut self,
        folder: PathBuf,
        name: String,
        mut sources: Vec<Source>,
        folders: &BTreeMap<PathBuf, Vec<Source>>,
        callers: &mut Vec<Caller>,
    ) -> usize {
        let index = self.all.len();
        let real = canonical(&folder);
        self.by_folder.insert(real.clone(), index);
        self.all.push(Module::default());
        prefer_tofu(&mut sources);
        sources.sort_by(|a, b| {
            let key = |source: &Source| (is_override(&source.path), Arc::clone(&source.path));
            key(a).cmp(&key(b))
        });
        let mut module = Module {
            folder: folder.clone(),
            ..Module::default()
        };
        for source in sources {
            match Body::parse(&source) {
                Ok(body) if is_override(&source.path) => {
                    body.blocks
                        .into_iter()
                        .for_each(|block| module.override_with(block));
                }
                Ok(body) => body.blocks.into_iter().for_each(|block| module.add(block)),
                Err(problem) => self.diagnostics.push(problem),
            }
            self.sources.push(source);
        }
        callers.push(Caller { folder: real, name });
        for (name, call) in &mut module.calls {
            call.callee = self.callee(name, call, &folder, folders, callers);
        }
        callers.pop();
        if let Some(place) = self.all.get_mut(index) {
            *place = module;
        }
        index
    }

    fn callee(
        &mut self,
        name: &str,
        call: &Call,
        folder: &Path,
        folders: &BTreeMap<PathBuf, Vec<Source>>,
        callers: &mut Vec<Caller>,
    ) -> Callee {
        let source = call.block.body.attribute("source").and_then(literal);
        let child = match &source {
            Some(source) if is_local(source) => Some(normal(&folder.join(&**source))),
            _ => self.installed.get(&call_path(callers, name)).cloned(),
        };
        let Some(child) = child else {
            let source = source.as_deref().unwrap_or("not a literal");
            let detail = format!(
                "`module.{name}` (its source `{source}` is not among the files, a plan from \
                 `terraform show -json` would tell)"
            );
            return Callee::Unreadable(Why::not_evaluated(detail));
        };
        let real = canonical(&child);
        if callers.iter().any(|caller| caller.folder == real) {
            let message = format!("module `{name}` calls a module that it is part of");
            self.diagnostics
                .push(Diagnostic::error(message, call.block.origin.clone()));
            let detail = format!("`module.{name}`, which is part of itself,");
            return Callee::Unreadable(Why::not_evaluated(detail));
        }
        if let Some(known) = self.by_folder.get(&real) {
            return Callee::Local(*known);
        }
        if callers.len() >= MAX_DEPTH || self.all.len() >= MAX_FOLDERS {
            let detail = format!("`module.{name}`, one of too many or too deeply nested modules,");
            return Callee::Unreadable(Why::not_evaluated(detail));
        }
        let sources = match folders.get(&real) {
            Some(sources) => sources.clone(),
            None => match self.read_from_disk(&child) {
                Ok(sources) => sources,
                Err(error) => {
                    let message = format!("the folder of module `{name}` cannot be read: {error}");
                    self.diagnostics
                        .push(Diagnostic::error(message, call.block.origin.clone()));
                    let detail = format!("`module.{name}`");
                    return Callee::Unreadable(Why::ReadFailed(detail.into()));
                }
            },
        };
        Callee::Local(self.add_folder(child, name.to_owned(), sources, folders, callers))
    }

    /// The files of a module's folder that was not among the given ones.
    fn read_from_disk(&mut self, folder: &Path) -> std::io::Result<Vec<Source>> {
        let mut sources = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if !is_configuration(&path.to_string_lossy()) || !path.is_file() {
                continue;
            }
            match load(&path, |_| true) {
                Ok(source) => sources.extend(source),
                Err(problem) => self.diagnostics.push(problem),
            }
        }
        Ok(sources)
    }
}

/// The path of calls from the root to a module, `eks.kms`.
fn call_path(callers: &[Caller], name: &str) -> String {
    let names = callers.iter().skip(1).map(|caller| caller.name.as_str());
    names.chain([name]).collect::<Vec<_>>().join(".")
}

/// The manifest that `terraform init` writes beside the modules it downloads. What it lists is read
/// like a local module; without it, or where a folder is gone, those modules stay unread.
pub(crate) fn installed(root: &Path) -> HashMap<String, PathBuf> {
    let manifest = root.join(".terraform/modules/modules.json");
    let source = manifest
        .is_file()
        .then(|| load(&manifest, |_| true).ok().flatten());
    let Some(node) = source
        .flatten()
        .and_then(|source| json::parse(&source).ok())
    else {
        return HashMap::new();
    };
    let modules = node.get("Modules").map_or(&[][..], Node::items);
    modules
        .iter()
        .filter_map(|module| {
            let key = module.get("Key").and_then(Node::as_str)?;
            let folder = normal(&root.join(module.get("Dir").and_then(Node::as_str)?));
            folder.is_dir().then(|| (key.to_owned(), folder))
        })
        .collect()
}

/// The text of a literal string.
pub(super) fn literal(attribute: &Attribute) -> Option<Arc<str>> {
    match &attribute.expr {
        Expr::Native(expression) => expression.as_str().map(Into::into),
        Expr::Json(node) => node.as_str().map(Into::into),
    }
}

fn is_local(source: &str) -> bool {
    source.starts_with("./") || source.starts_with("../") || source == "." || source == ".."
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// Whether a values file is taken without being named on the command line.
fn is_loaded_tfvars(path: &str) -> bool {
    let name = file_name(path);
    matches!(name, "terraform.tfvars" | "terraform.tfvars.json")
        || name.ends_with(".auto.tfvars")
        || name.ends_with(".auto.tfvars.json")
}

/// Whether a file is part of a module, by its name.
pub(super) fn is_configuration(path: &str) -> bool {
    [".tf", ".tofu", ".tf.json", ".tofu.json"]
        .iter()
        .any(|ending| path.ends_with(ending))
}

fn stem(path: &str) -> &str {
    let name = file_name(path);
    let name = name.strip_suffix(".json").unwrap_or(name);
    name.strip_suffix(".tofu")
        .or_else(|| name.strip_suffix(".tf"))
        .unwrap_or(name)
}

fn is_override(path: &str) -> bool {
    let stem = stem(path);
    stem == "override" || stem.ends_with("_override")
}

/// OpenTofu reads `main.tofu` in place of `main.tf` (OpenTofu documentation, "Files").
fn prefer_tofu(sources: &mut Vec<Source>) {
    let key = |path: &str| (stem(path).to_owned(), path.ends_with(".json"));
    let tofu: Vec<(String, bool)> = sources
        .iter()
        .filter(|source| file_name(&source.path).contains(".tofu"))
        .map(|source| key(&source.path))
        .collect();
    sources.retain(|source| {
        is_configuration(&source.path)
            && (file_name(&source.path).contains(".tofu") || !tofu.contains(&key(&source.path)))
    });
}

/// A path without `.` and, where that is possible without looking at the disk, without `..`.
pub(super) fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => match normal.components().next_back() {
                Some(Component::Normal(_)) => {
                    normal.pop();
                }
                _ => normal.push(".."),
            },
            other => normal.push(other),
        }
    }
    if normal.as_os_str().is_empty() {
        normal.push(".");
    }
    normal
}
