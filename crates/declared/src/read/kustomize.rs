//! Patches of kustomize: parts of objects that mean something only once they are applied.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use memchr::memmem;
use rolecall_facts::Origin;

use super::walk::{self, File};
use super::{load, sniff};
use crate::tree::{Node, yaml};
use crate::{Diagnostic, Source};

/// Kinds of which a patch matters.
const KINDS: [&str; 3] = ["NodePool", "NodeClass", "EC2NodeClass"];

/// Takes patch files out of those to look at, unless the user named them, and says once for each
/// kustomization with a patch that matters that it has to be built first (Kubernetes documentation,
/// "Declarative Management of Kubernetes Objects Using Kustomize").
pub(super) fn leave_out_patches(files: &mut Vec<File>) -> Vec<Diagnostic> {
    let mut notes = BTreeMap::new();
    let mut patches = HashSet::new();
    for file in files.iter().filter(|file| is_kustomization(&file.path)) {
        let has_patches = |bytes: &[u8]| memmem::find(bytes, b"patch").is_some();
        let Ok(Some(source)) = load::load(&file.path, has_patches) else {
            continue;
        };
        let folder = file.path.parent().unwrap_or(Path::new(""));
        for patch in patches_of(&source) {
            let path = patch
                .path
                .map(|path| walk::without_dots(&folder.join(path)));
            if patch.matters || path.as_deref().is_some_and(matters) {
                notes.entry(folder.to_owned()).or_insert(patch.origin);
            }
            patches.extend(path);
        }
    }
    if !patches.is_empty() {
        files.retain(|file| file.named() || !patches.contains(&file.path));
    }
    let note = |(folder, origin): (PathBuf, Origin)| {
        let folder = match folder.as_os_str().is_empty() {
            true => ".".to_owned(),
            false => folder.display().to_string(),
        };
        Diagnostic::note("patches of kustomize are read only after building", origin).with_help(
            format!("build it first: kubectl kustomize {folder} | rolecall check -"),
        )
    };
    notes.into_iter().map(note).collect()
}

fn is_kustomization(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    matches!(name, Some("kustomization.yaml" | "kustomization.yml"))
}

fn matters(path: &Path) -> bool {
    matches!(load::load(path, sniff::is_interesting), Ok(Some(_)))
}

struct Patch {
    path: Option<PathBuf>,
    /// Whether the kustomization itself shows that it matters.
    matters: bool,
    origin: Origin,
}

fn patches_of(source: &Source) -> Vec<Patch> {
    let (documents, _) = yaml::parse(source);
    let mut patches = Vec::new();
    for document in &documents {
        let lists = ["patches", "patchesStrategicMerge", "patchesJson6902"];
        for patch in lists
            .iter()
            .filter_map(|key| document.get(key))
            .flat_map(Node::items)
        {
            // A strategic merge patch may stand as text in place of a path.
            let text = patch.as_str().or_else(|| patch.get("patch")?.as_str());
            let inline = text.filter(|text| text.contains(':') && text.contains('\n'));
            let path = patch.get("path").and_then(Node::as_str);
            let target = patch.at(&["target", "kind"]).and_then(Node::as_str);
            patches.push(Patch {
                path: path
                    .or_else(|| patch.as_str().filter(|_| inline.is_none()))
                    .map(PathBuf::from),
                matters: target.is_some_and(|kind| KINDS.contains(&kind))
                    || inline.is_some_and(sniff::is_document_interesting),
                origin: patch.origin.clone(),
            });
        }
    }
    patches
}
