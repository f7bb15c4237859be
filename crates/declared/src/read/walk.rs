//! Which files there are to look at.

use std::collections::HashSet;
use std::fs::FileType;
use std::path::{Component, Path, PathBuf};

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
    /// Whether the user only named a folder above it.
    found: bool,
    /// The same for the same file, however it was reached.
    identity: PathBuf,
}

impl File {
    /// Whether the user named the file itself.
    pub(super) fn named(&self) -> bool {
        !self.found
    }
}

/// Walks all paths. A file that is reached twice, through links or overlapping paths, is looked at
/// once; of Terraform files, which belong to their folder, only the same path counts as the same.
pub(super) fn walk(paths: &[PathBuf]) -> Walked {
    let mut walked = Walked::default();
    for path in paths {
        if folders::is_terraform(path) && path.is_file() {
            // Terraform's unit is the folder: what a file means depends on its neighbours.
            let folder = path.parent().filter(|path| !path.as_os_str().is_empty());
            let folder = folder.unwrap_or(Path::new("."));
            walk_folder(folder, Some(1), &mut walked, folders::is_terraform);
        } else if path.as_os_str() == "-" || !path.is_dir() {
            walked.files.push(File {
                path: plain(path),
                found: false,
                identity: path.canonicalize().unwrap_or_else(|_| path.clone()),
            });
        } else {
            walk_folder(path, None, &mut walked, has_known_extension);
        }
    }
    // Named files come first, so that a file keeps the path its user typed.
    walked
        .files
        .sort_by(|a, b| (a.found, &a.path).cmp(&(b.found, &b.path)));
    let mut seen = HashSet::new();
    walked
        .files
        .retain_mut(|file| seen.insert(std::mem::take(&mut file.identity)));
    walked.files.sort();
    walked
}

fn walk_folder(root: &Path, depth: Option<usize>, walked: &mut Walked, wanted: fn(&Path) -> bool) {
    let walk = WalkBuilder::new(root)
        .follow_links(true)
        .max_depth(depth)
        .require_git(false)
        // What a user set up for other programs must not change what is found.
        .git_global(false)
        .git_exclude(false)
        .ignore(false)
        .build();
    let mut identities = Identities {
        root,
        real_root: real(root),
        links: Vec::new(),
    };
    for entry in walk {
        match entry {
            Ok(entry) if is(&entry, FileType::is_file) => {
                if wanted(entry.path()) {
                    walked.files.push(File {
                        path: plain(entry.path()),
                        found: true,
                        identity: identities.of(&entry),
                    });
                }
            }
            Ok(entry) => {
                if entry.path_is_symlink() && is(&entry, FileType::is_dir) {
                    identities.links.push(entry.into_path());
                }
            }
            Err(error) => walked.diagnostics.extend(explain(&error, root)),
        }
    }
}

fn is(entry: &DirEntry, kind: fn(&FileType) -> bool) -> bool {
    entry.file_type().as_ref().is_some_and(kind)
}

fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// Tells files apart, asking the file system only where links are involved.
struct Identities<'a> {
    root: &'a Path,
    real_root: PathBuf,
    /// The links to folders met so far, which come before what is below them.
    links: Vec<PathBuf>,
}

impl Identities<'_> {
    fn of(&self, entry: &DirEntry) -> PathBuf {
        let path = entry.path();
        if entry.path_is_symlink() && !folders::is_terraform(path) {
            return real(path);
        }
        let below_link = self.links.iter().any(|link| path.starts_with(link));
        match (path.parent(), path.file_name()) {
            (Some(folder), Some(name)) if below_link => real(folder).join(name),
            _ => match path.strip_prefix(self.root) {
                Ok(below) => self.real_root.join(below),
                Err(_) => real(path),
            },
        }
    }
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

/// The path without `.` and `..`.
pub(super) fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if plain.file_name().is_some() => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
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
