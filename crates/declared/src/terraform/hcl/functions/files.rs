//! Functions that read files, of the root folder and its modules' folders only.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use rolecall_facts::{Origin, Why};

use super::Arguments;
use crate::Source;
use crate::terraform::hcl::evaluator::Evaluator;
use crate::terraform::hcl::file::File;
use crate::terraform::hcl::module::normal;
use crate::terraform::hcl::scope::{Bound, Instance, Key, Scope};
use crate::terraform::hcl::value::{Eval, Fault, Text, sorted, text};
use crate::terraform::resource::FILE_TAG;
use crate::tree::{Node, Value};

/// The largest file that is read.
const MAX_BYTES: u64 = 1 << 20;

impl<'a> Evaluator<'a> {
    pub(super) fn file_function(
        &self,
        name: &str,
        args: &Arguments<'_>,
        scope: &Scope<'a, '_>,
    ) -> Option<Eval> {
        match name {
            "file" | "templatefile" | "fileexists" => {}
            "fileset" => return Some(self.fileset(args)),
            "abspath" | "pathexpand" => return Some(args.get(0).cloned()),
            "basename" | "dirname" => return Some(part_of_path(name, args)),
            "templatestring" => return Some(self.template_string(args, scope)),
            _ => return None,
        }
        Some(self.read(name, args, scope))
    }

    fn read(&self, name: &str, args: &Arguments<'_>, scope: &Scope<'a, '_>) -> Eval {
        let path = match text(args.get(0)?)? {
            Text::Known(path) => path,
            Text::Open(part) => return Ok(args.open(&part)),
        };
        let content = self.file_text(&path);
        if name == "fileexists" {
            return Ok(args.node(Value::Bool(content.is_ok())));
        }
        let content = match content {
            Ok(content) => content,
            Err(problem) => {
                return Ok(unreadable(&path, &problem, args));
            }
        };
        if name == "file" {
            let shown = self.shown_path(&path);
            self.files.borrow_mut().push(Source::new(&shown, &content));
            let mut text = args.string(&content);
            text.tag = Some(format!("{FILE_TAG}{shown}").into());
            return Ok(text);
        }
        let vars = args.get(1)?;
        if vars.is_unknown() {
            return Ok(args.open(vars));
        }
        self.template_with(&content, vars, scope.instance, args.origin)
    }

    fn template_string(&self, args: &Arguments<'_>, scope: &Scope<'a, '_>) -> Eval {
        let (template, vars) = (args.get(0)?, args.get(1)?);
        match text(template)? {
            Text::Known(text) => self.template_with(&text, vars, scope.instance, args.origin),
            Text::Open(part) => Ok(args.open(&part)),
        }
    }

    /// Renders a template with names for the entries of a map.
    pub(in crate::terraform::hcl) fn template_with(
        &self,
        text: &str,
        vars: &Node,
        instance: &Rc<Instance<'a>>,
        origin: &Origin,
    ) -> Eval {
        let Value::Map(entries) = &vars.value else {
            return Err(Fault::new("template variables that are not a map"));
        };
        let entries = sorted(entries);
        self.with_names(&entries, None, &mut |bound| {
            let path = origin.as_file().map_or("-", |file| &file.path);
            let file = File::new(&Source::new(path, text));
            let scope = Scope {
                instance,
                key: &Key::None,
                bound,
                file: &file,
                closed: true,
            };
            // Places in a template file are not those of the configuration file.
            Ok(self.template_text(text, &scope, origin)?.moved_to(origin))
        })
    }

    /// Binds names one inside the other, as each lives on the stack.
    fn with_names(
        &self,
        entries: &[(&str, &Node)],
        outer: Option<&Bound<'_>>,
        then: &mut dyn FnMut(Option<&Bound<'_>>) -> Eval,
    ) -> Eval {
        let Some(((name, value), rest)) = entries.split_first() else {
            return then(outer);
        };
        let bound = Bound { name, value, outer };
        self.deeper(|| self.with_names(rest, Some(&bound), then))
    }

    /// A path as the walk over the root folder would name it.
    fn shown_path(&self, path: &str) -> String {
        let root = Path::new(self.root);
        let path = normal(&self.folder.join(path));
        let inside = path
            .strip_prefix(&self.folder)
            .map(|inside| root.join(inside));
        inside.unwrap_or(path).to_string_lossy().into_owned()
    }

    /// A real path, which may not lie outside of the folders of the configuration.
    pub(super) fn path_inside(&self, path: &str) -> Result<PathBuf, String> {
        let path = self.folder.join(path);
        let real = |path: &Path| path.canonicalize().map_err(|error| error.to_string());
        let path = real(&path)?;
        let folders = self.modules.all.iter().map(|module| module.folder.clone());
        let mut folders = folders.chain(std::iter::once(self.folder.clone()));
        let inside = |folder: PathBuf| real(&folder).is_ok_and(|folder| path.starts_with(folder));
        if folders.any(inside) {
            Ok(path)
        } else {
            Err("it lies outside of the configuration".to_owned())
        }
    }

    fn file_text(&self, path: &str) -> Result<String, String> {
        let path = self.path_inside(path)?;
        let metadata = std::fs::metadata(&path).map_err(|error| error.to_string())?;
        if !metadata.is_file() || metadata.len() > MAX_BYTES {
            return Err("it is not a file, or larger than 1 MiB".to_owned());
        }
        std::fs::read_to_string(&path).map_err(|error| error.to_string())
    }
}

pub(super) fn unreadable(path: &str, problem: &str, args: &Arguments<'_>) -> Node {
    let why = Why::ReadFailed(format!("`{path}` ({problem})").into());
    Node::unknown(why, args.origin.clone())
}

fn part_of_path(name: &str, args: &Arguments<'_>) -> Eval {
    let path = match text(args.get(0)?)? {
        Text::Known(path) => path,
        Text::Open(part) => return Ok(args.open(&part)),
    };
    let path = Path::new(&path);
    let part = if name == "basename" {
        path.file_name().map(Path::new)
    } else {
        path.parent()
    };
    let part = part.unwrap_or(Path::new("."));
    Ok(args.string(&part.to_string_lossy()))
}
