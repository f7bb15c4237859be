//! Terraform's unit is the folder: grouping files, and which folders are roots.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use memchr::memmem;

use super::walk::File;
use super::{in_parallel, load, planned, walk};
use crate::output::Output;
use crate::{Diagnostic, Source, terraform};

/// Words of which a folder that can matter holds one.
const WORDS: [&str; 6] = [
    "aws_iam_",
    "aws_eks_",
    "kubernetes_manifest",
    "kubectl_manifest",
    "aws-auth",
    "module",
];

/// Whether a file is Terraform's or OpenTofu's own.
pub(super) fn is_terraform(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| {
        [
            ".tf",
            ".tofu",
            ".tf.json",
            ".tofu.json",
            ".tfvars",
            ".tfvars.json",
        ]
        .iter()
        .any(|end| name.ends_with(end))
    })
}

/// A loaded file and its folder.
pub(super) struct Loaded {
    folder: PathBuf,
    source: Result<Option<Source>, Diagnostic>,
}

impl Loaded {
    pub(super) fn file(file: &File) -> Self {
        Self {
            folder: folder_of(&file.path),
            source: load::load(&file.path, |_| true),
        }
    }

    pub(super) fn source(source: Source) -> Self {
        Self {
            folder: folder_of(Path::new(&*source.path)),
            source: Ok(Some(source)),
        }
    }
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Reads every folder that no other folder calls as a module; those are read by their callers, with
/// the values they are called with.
pub(super) fn read(
    files: Vec<Loaded>,
    output: &mut Output,
    sources: &mut BTreeMap<Arc<str>, Source>,
) {
    let mut folders: BTreeMap<PathBuf, Vec<Source>> = BTreeMap::new();
    for file in files {
        match file.source {
            Ok(source) => folders.entry(file.folder).or_default().extend(source),
            Err(diagnostic) => output.diagnostics.push(diagnostic),
        }
    }
    let roots = roots(&folders);
    let all: BTreeMap<PathBuf, Vec<Source>> = folders
        .iter()
        .map(|(folder, sources)| (canonical(folder), sources.clone()))
        .collect();
    folders.retain(|folder, sources| roots.contains(folder) && matters(sources));
    planned::remove(&mut folders, output);
    let parts = in_parallel(folders.into_keys().collect(), |folder| {
        let mut part = Output::default();
        let used = terraform::read_folder(&folder, &all, &mut part);
        (part, used)
    });
    for (part, used) in parts {
        output.append(part);
        sources.extend(
            used.into_iter()
                .map(|source| (Arc::clone(&source.path), source)),
        );
    }
}

fn matters(sources: &[Source]) -> bool {
    sources.iter().any(|source| {
        WORDS
            .iter()
            .any(|word| memmem::find(source.text.as_bytes(), word.as_bytes()).is_some())
    })
}

/// The folders that are read for themselves. Where folders call each other in a circle and nobody
/// else calls them, the first is taken, so that none is lost.
fn roots(folders: &BTreeMap<PathBuf, Vec<Source>>) -> BTreeSet<PathBuf> {
    let real: BTreeMap<PathBuf, &PathBuf> = folders
        .keys()
        .map(|folder| (canonical(folder), folder))
        .collect();
    let calls: BTreeMap<&PathBuf, BTreeSet<&PathBuf>> = folders
        .iter()
        .map(|(folder, sources)| {
            let called = sources
                .iter()
                .flat_map(|source| local_modules(&source.text))
                .filter_map(|module| real.get(&canonical(&folder.join(module))).copied())
                .filter(|called| *called != folder)
                .collect();
            (folder, called)
        })
        .collect();
    let called: BTreeSet<&PathBuf> = calls.values().flatten().copied().collect();
    let mut roots = BTreeSet::new();
    let mut reached: BTreeSet<&PathBuf> = BTreeSet::new();
    let uncalled = folders.keys().filter(|folder| !called.contains(folder));
    for root in uncalled.chain(folders.keys()) {
        if reached.contains(root) {
            continue;
        }
        roots.insert(root.clone());
        let mut next = vec![root];
        while let Some(folder) = next.pop() {
            if reached.insert(folder) {
                next.extend(calls.get(folder).into_iter().flatten().copied());
            }
        }
    }
    roots
}

/// The real path; for what is on no disk, the path without `.` and `..`.
pub(crate) fn canonical(path: &Path) -> PathBuf {
    path.canonicalize()
        .unwrap_or_else(|_| walk::without_dots(path))
}

/// The local paths that `source` arguments name. A look at the text is enough here: a path too many,
/// from a comment say, only matters if a folder of that name exists.
fn local_modules(text: &str) -> impl Iterator<Item = &str> {
    memmem::find_iter(text.as_bytes(), "source").filter_map(|at| {
        let line = text.get(..at)?.rsplit('\n').next()?;
        if line.trim_start().starts_with(['#', '/']) {
            return None;
        }
        let rest = text.get(at + "source".len()..)?;
        let rest = rest.strip_prefix('"').unwrap_or(rest).trim_start();
        let rest = rest
            .strip_prefix(['=', ':'])?
            .trim_start()
            .strip_prefix('"')?;
        let (path, _) = rest.split_once('"')?;
        (path.starts_with("./") || path.starts_with("../")).then_some(path)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn module_paths_are_found_in_both_syntaxes() {
        let text = "module \"a\" {\n  source = \"./modules/a\"\n}\n# source = \"./no\"\nx = { \"source\": \"../b\", source   =   \"hashicorp/x/aws\" }";
        assert_eq!(
            local_modules(text).collect::<Vec<_>>(),
            ["./modules/a", "../b"]
        );
    }

    #[test]
    fn a_called_folder_is_no_root_and_a_circle_has_one() {
        let temp = tempfile::tempdir().unwrap();
        let mut folders = BTreeMap::new();
        for (name, calls) in [
            ("a", "./../b"),
            ("b", "../c"),
            ("c", "../none"),
            ("x", "../y"),
            ("y", "../x"),
        ] {
            let folder = temp.path().join(name);
            std::fs::create_dir(&folder).unwrap();
            let source = Source::new(
                "main.tf",
                &format!("module \"m\" {{\n  source = \"{calls}\"\n}}"),
            );
            folders.insert(folder, vec![source]);
        }
        let roots = roots(&folders);
        let names: Vec<_> = roots
            .iter()
            .filter_map(|root| root.file_name()?.to_str())
            .collect();
        assert_eq!(names, ["a", "x"]);
    }
}
