//! Local values, which plans do not list, from the configuration beside the plan.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::configuration::Configuration;
use crate::terraform::address::Step;
use crate::terraform::hcl::{self, Locals};
use crate::tree::Node;

/// The configuration's folders, read when a reference leads into one.
pub(super) struct LocalValues {
    /// The folder of the plan, taken for the root module's.
    root: PathBuf,
    installed: RefCell<Option<Rc<HashMap<String, PathBuf>>>>,
    /// By call path.
    read: RefCell<HashMap<String, Rc<Locals>>>,
}

impl LocalValues {
    pub(super) fn beside(plan: &str) -> Self {
        let folder = Path::new(plan).parent().unwrap_or(Path::new(""));
        Self {
            root: Path::new(".").join(folder),
            installed: RefCell::default(),
            read: RefCell::default(),
        }
    }

    /// What a local value of a module refers to.
    pub(super) fn references(
        &self,
        configuration: &Configuration<'_>,
        call_path: &str,
        name: &str,
        part: &[Step<'_>],
    ) -> Option<Vec<String>> {
        let known = self.read.borrow().get(call_path).cloned();
        let locals = match known {
            Some(locals) => locals,
            None => {
                let folder = self.folder(configuration, call_path);
                let locals = folder.map_or_else(Locals::default, |path| Locals::of_folder(&path));
                let locals = Rc::new(locals);
                let mut read = self.read.borrow_mut();
                read.insert(call_path.to_owned(), Rc::clone(&locals));
                locals
            }
        };
        locals.references(name, part)
    }

    /// The folder of a module: beside its caller's for a local one, where `terraform init` put it for
    /// any other.
    fn folder(&self, configuration: &Configuration<'_>, call_path: &str) -> Option<PathBuf> {
        let mut folder = self.root.clone();
        let mut so_far = String::new();
        for name in call_path.split('.').filter(|name| !name.is_empty()) {
            let call = configuration.call(&so_far, name)?;
            let source = call.get("source").and_then(Node::as_str)?;
            if !so_far.is_empty() {
                so_far.push('.');
            }
            so_far.push_str(name);
            folder = if source.starts_with("./") || source.starts_with("../") {
                folder.join(source)
            } else {
                self.installed().get(&so_far)?.clone()
            };
        }
        Some(folder)
    }

    fn installed(&self) -> Rc<HashMap<String, PathBuf>> {
        let mut installed = self.installed.borrow_mut();
        let found = installed.get_or_insert_with(|| Rc::new(hcl::installed(&self.root)));
        Rc::clone(found)
    }
}
