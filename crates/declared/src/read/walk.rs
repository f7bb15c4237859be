//! Which files there are to look at.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use ignore::{DirEntry, Error, WalkBuilder};
use rolecall_facts::Origin;

use super::folders;
use crate::Diagnostic;

/// The files to look at, sorted, and what could not be walked.
#[derive(Debug, Default)]
pub(super) struct Walked {
    pub(super) files: Vec<File>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// A file to look at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct File {
    /// As the user would type it.
    pub(super) path: PathBuf,
    /// Whether the user did type it, and did not only name a folder above it.
    pub(super) named: bool,
}

/// Walks all paths. A file that is reached twice, through links or overlapping paths, is looked at
/// once; of Terraform files, which belong to their folder, only the same path counts as the same.
pub(super) fn walk(paths: &[PathBuf]) -> Walked {
    let mut walked = Walked::default();
    for path in paths {
        if folders::is_terraform(path) && path.is_file() {
            // Terraform's unit is the folder: what a file means depends on its neighbours.
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            walk_folder(
                folder.unwrap_or(Path::new(".")),
                Some(1),
                &mut walked,
                folders::is_terraform,
            );
        } else if path.as_os_str() == "-" || !path.is_dir() {
            walked.files.push(File {
                path: plain(path),
                named: true,
            });
        } else {
            walk_folder(path, None, &mut walked, has_known_extension);
        }
    }
    walked.files.sort();
    let mut identity = Identity::default();
    let mut seen = HashSet::new();
    // Named files come first, so that a file keeps the path its user typed.
    walked.files.sort_by_key(|file| !file.named);
    walked
        .files
        .retain(|file| seen.insert(identity.of(&file.path)));
    walked.files.sort();
    walked
}

fn walk_folder(path: &Path, depth: Option<usize>, walked: &mut Walked, wanted: fn(&Path) -> bool) {
    let walk = WalkBuilder::new(path)
        .follow_links(true)
        .max_depth(depth)
        .require_git(false)
        // A user's own git settings must not change what is found in a repository.
        .git_global(false)
        .build();
    for entry in walk {
        match entry {
            Ok(entry) => {
                if is_file(&entry) && wanted(entry.path()) {
                    walked.files.push(File {
                        path: plain(entry.path()),
                        named: false,
                    });
                }
            }
            Err(error) => walked.diagnostics.extend(explain(&error, path)),
        }
    }
}

fn is_file(entry: &DirEntry) -> bool {
    entry.file_type().is_some_and(|kind| kind.is_file())
}

/// Whether a file found in a folder may hold facts.
fn has_known_extension(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| {
        ["yaml", "yml", "json", "template"]
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    }) || folders::is_terraform(path)
}

/// The path without a leading `./`.
fn plain(path: &Path) -> PathBuf {
    path.strip_prefix(".").unwrap_or(path).to_owned()
}

/// What a failed step of the walk means to the user; nothing where it could not have mattered.
fn explain(error: &Error, root: &Path) -> Option<Diagnostic> {
    let path = path_of(error).unwrap_or(root);
    let origin = Origin::file(&plain(path).to_string_lossy().into(), 1, 1, 0);
    if let Some((ancestor, child)) = loop_of(error) {
        let message = format!(
            "the link `{}` leads back to `{}` and is not followed",
            plain(child).display(),
            plain(ancestor).display()
        );
        let origin = Origin::file(&plain(child).to_string_lossy().into(), 1, 1, 0);
        return Some(Diagnostic::note(message, origin));
    }
    let io = error.io_error()?;
    if path.is_symlink() {
        return has_known_extension(path)
            .then(|| Diagnostic::note("the link points at nothing that can be read", origin));
    }
    Some(
        Diagnostic::error(format!("cannot be read: {io}"), origin)
            .with_help("give read permission, or name only the files to be checked"),
    )
}

fn path_of(error: &Error) -> Option<&Path> {
    match error {
        Error::WithPath { path, .. } => Some(path),
        Error::WithLineNumber { err, .. } | Error::WithDepth { err, .. } => path_of(err),
        Error::Loop { child, .. } => Some(child),
        _ => None,
    }
}

fn loop_of(error: &Error) -> Option<(&Path, &Path)> {
    match error {
        Error::Loop { ancestor, child } => Some((ancestor, child)),
        Error::WithPath { err, .. }
        | Error::WithLineNumber { err, .. }
        | Error::WithDepth { err, .. } => loop_of(err),
        _ => None,
    }
}

/// Tells files apart, with one look at the file system per folder and link.
#[derive(Default)]
struct Identity {
    folders: HashMap<PathBuf, PathBuf>,
}

impl Identity {
    fn of(&mut self, path: &Path) -> PathBuf {
        let link_counts_as_itself = folders::is_terraform(path);
        if !link_counts_as_itself && path.is_symlink() {
            return path.canonicalize().unwrap_or_else(|_| path.to_owned());
        }
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let real = self
            .folders
            .entry(folder.to_owned())
            .or_insert_with(|| folder.canonicalize().unwrap_or_else(|_| folder.to_owned()));
        path.file_name()
            .map_or_else(|| path.to_owned(), |name| real.join(name))
    }
}
