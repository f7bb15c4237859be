//! A folder and the plan made of it say the same twice; the plan says it better.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::output::{Output, PlanContents};
use crate::tree::Node;
use crate::{Diagnostic, Source};

/// What a plan or state is of.
pub(super) fn contents(source: &Source, plan: &Node) -> PlanContents {
    let text = |node: &Node, key: &str| node.get(key).and_then(Node::as_str).map(str::to_owned);
    let modules = [
        ["configuration", "root_module"],
        ["planned_values", "root_module"],
        ["values", "root_module"],
    ];
    let mut addresses = BTreeSet::new();
    for module in modules.iter().filter_map(|path| plan.at(path)) {
        let resources = module.get("resources").map(Node::items);
        for resource in resources.unwrap_or_default() {
            if let (Some(kind), Some(name)) = (text(resource, "type"), text(resource, "name")) {
                addresses.insert(format!("{kind}.{name}"));
            }
        }
        let calls = module
            .get("module_calls")
            .into_iter()
            .flat_map(Node::entries);
        addresses.extend(calls.filter_map(|(name, _)| Some(format!("module.{}", name.as_str()?))));
        let children = module.get("child_modules").map(Node::items);
        for child in children.unwrap_or_default() {
            if let Some(address) = text(child, "address") {
                // `module.pool["a"]` is an instance of the call `module.pool`.
                let call = address.split('[').next().unwrap_or(&address);
                addresses.insert(call.to_owned());
            }
        }
    }
    PlanContents {
        path: Arc::clone(&source.path),
        addresses,
    }
}

/// Removes the folders that a plan speaks for, each with a note.
///
/// A plan speaks for a folder when at least half of the folder's resources and module calls are in
/// it, and it lies in that folder, or no other folder fits it: environments made of one pattern hold
/// the same addresses, and a plan of one says nothing about the next.
pub(super) fn remove(folders: &mut BTreeMap<PathBuf, Vec<Source>>, output: &mut Output) {
    for plan in &output.plans {
        let own_folder = Path::new(&*plan.path).parent().unwrap_or(Path::new(""));
        let fits: Vec<PathBuf> = folders
            .iter()
            .filter(|(_, sources)| speaks_for(plan, sources))
            .map(|(folder, _)| folder.clone())
            .collect();
        let is_own = |folder: &&PathBuf| folder.strip_prefix(".").unwrap_or(folder) == own_folder;
        let folder = match (fits.iter().find(is_own), fits.as_slice()) {
            (Some(own), _) => own,
            (None, [only]) => only,
            _ => continue,
        };
        let Some(source) = folders
            .remove(folder)
            .and_then(|sources| sources.into_iter().next())
        else {
            continue;
        };
        let message = format!(
            "this folder is not read, because `{}` is a plan or state of it",
            plan.path
        );
        output.diagnostics.push(
            Diagnostic::note(message, source.at(1, 1, 0))
                .with_help("name only the folder to have it read without the plan"),
        );
    }
}

fn speaks_for(plan: &PlanContents, sources: &[Source]) -> bool {
    let declared: BTreeSet<String> = sources
        .iter()
        .flat_map(|source| blocks(&source.text))
        .collect();
    let planned = declared
        .iter()
        .filter(|address| plan.addresses.contains(*address))
        .count();
    planned > 0 && planned * 2 >= declared.len()
}

/// The resource and module blocks of a file, by a look at the lines that begin one.
fn blocks(text: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    for line in text.lines() {
        let line = line.trim_start();
        let mut labels = line.split('"').skip(1).step_by(2);
        let labels = (labels.next(), labels.next());
        if let ("resource", (Some(kind), Some(name))) = (word(line), labels) {
            blocks.push(format!("{kind}.{name}"));
        } else if let ("module", (Some(name), _)) = (word(line), labels) {
            blocks.push(format!("module.{name}"));
        }
    }
    blocks
}

fn word(line: &str) -> &str {
    line.split([' ', '\t', '"']).next().unwrap_or_default()
}
